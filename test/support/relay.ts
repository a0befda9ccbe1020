/**
 * Stands between a client and a platform: cuts what is open, is away for a while, leads to another port, and keeps a
 * list of what was asked through it.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class Relay {
  readonly url: string;
  /** The first lines of requests, in the order in which they came. */
  readonly asked: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Map<Socket, string>();
  #port: number | undefined;
  #isMute = false;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (from) => this.#join(from));
  }

  static async open(): Promise<Relay> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Relay(server);
  }

  /** Undefined: nobody is there. */
  lead(url: string | undefined): void {
    this.#port = url === undefined ? undefined : Number(new URL(url).port);
  }

  /** Every connection that is open, or those whose last request has these words in its first line. */
  cut(words = ''): number {
    const cut = [...this.#sockets].filter(([, line]) => line.includes(words));
    for (const [socket] of cut) {
      socket.destroy();
    }
    return cut.length;
  }

  /** What is asked arrives, and its answer is lost. */
  mute(isMute: boolean): void {
    this.#isMute = isMute;
  }

  /** Connections open now whose last request has these words in its first line. */
  open(words: string): number {
    return [...this.#sockets.values()].filter((line) => line.includes(words)).length;
  }

  count(words: string): number {
    return this.asked.filter((line) => line.includes(words)).length;
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(from: Socket): void {
    this.#sockets.set(from, '');
    from.on('close', () => this.#sockets.delete(from));
    if (this.#port === undefined) {
      from.destroy();
      return;
    }
    const to = connect(this.#port, '127.0.0.1');
    for (const socket of [from, to]) {
      socket.on('error', () => {
        // Its end is what the other side sees.
      });
    }
    from.on('data', (bytes) => {
      const [line = ''] = bytes.toString('latin1').split('\r\n', 1);
      if (line.endsWith(' HTTP/1.1')) {
        this.asked.push(line);
        this.#sockets.set(from, line);
      }
      to.write(bytes);
    });
    to.on('data', (bytes) => {
      if (this.#isMute) {
        from.destroy();
      } else {
        from.write(bytes);
      }
    });
    to.on('close', () => from.destroy());
    from.on('close', () => to.destroy());
  }
}
