/**
 * Stands between an engine and its database: when told to, it resets the connection on what the engine sends next, and
 * lets that arrive a moment later all the same. So a commit can come after its sender has asked whether it was made.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Less than this is no commit: the words that begin or end one, and short questions. */
const BYTES_MIN = 600;
const GONE_MS = 200;

export class LateProxy {
  readonly url: string;
  readonly #server: Server;
  #lateMs: number | undefined;
  /** How often something came late. */
  struck = 0;

  private constructor(server: Server, database: URL) {
    this.#server = server;
    const url = new URL(database);
    url.port = String((server.address() as AddressInfo).port);
    this.url = url.href;
    server.on('connection', (from) => this.#join(from, connect(Number(database.port), database.hostname)));
  }

  static async before(database: string): Promise<LateProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new LateProxy(server, new URL(database));
  }

  /** The next thing of any size comes so much later than its connection ends. */
  strike(lateMs: number): void {
    this.#lateMs = lateMs;
  }

  close(): void {
    this.#server.close();
  }

  #join(from: Socket, to: Socket): void {
    for (const socket of [from, to]) {
      socket.on('error', () => {
        // Its end is what the other side sees.
      });
    }
    to.pipe(from);
    to.on('close', () => from.destroy());
    from.on('data', (sent) => {
      const lateMs = sent.length < BYTES_MIN ? undefined : this.#lateMs;
      if (lateMs === undefined) {
        to.write(sent);
        return;
      }
      this.#lateMs = undefined;
      this.struck += 1;
      from.resetAndDestroy();
      setTimeout(() => to.write(sent), lateMs);
    });
    from.on('close', () => setTimeout(() => to.destroy(), GONE_MS));
  }
}
