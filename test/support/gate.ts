/**
 * A wall between an agent and its platform that a test opens and closes: closed, it ends what goes through it and takes
 * nobody in. Behind it the platform may be another one each time.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class Gate {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port: number;
  #isOpen = true;
  /** How many knocked, taken in or not. */
  knocks = 0;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.#port = port;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (from) => this.#join(from));
  }

  static async before(url: string): Promise<Gate> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Gate(server, Number(new URL(url).port));
  }

  get connections(): number {
    return this.#sockets.size / 2;
  }

  shut(): void {
    this.#isOpen = false;
    this.cut();
  }

  open(url?: string): void {
    this.#isOpen = true;
    this.#port = url === undefined ? this.#port : Number(new URL(url).port);
  }

  /** Everything that goes through it ends, and may begin again. */
  cut(): void {
    for (const socket of this.#sockets) {
      socket.resetAndDestroy();
    }
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #join(from: Socket): void {
    this.knocks += 1;
    if (!this.#isOpen) {
      from.resetAndDestroy();
      return;
    }
    const to = connect(this.#port, '127.0.0.1');
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
