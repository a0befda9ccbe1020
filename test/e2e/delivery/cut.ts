/**
 * The network between two processes: passes on what comes, until it is cut; then every connection is reset and no new
 * one is made, until it is whole again.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class Cut {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (from) => this.#join(from, port));
  }

  static async before(port: number): Promise<Cut> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Cut(server, port);
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) {
      socket.resetAndDestroy();
    }
  }

  mend(): void {
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #join(from: Socket, port: number): void {
    if (this.#isCut) {
      from.resetAndDestroy();
      return;
    }
    const to = connect(port, '127.0.0.1');
    for (const [socket, other] of [
      [from, to],
      [to, from],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => {
        // Its end is what the other side sees.
      });
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}
