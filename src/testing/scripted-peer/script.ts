/**
 * The scripted peer behind its port: reads a request, knows its tasks, and has the chosen behaviour performed.
 *
 * A message that was taken on once is answered alike when it comes again and not done twice, as a peer must that
 * takes the message id for what it is; `dedupe: false` makes it a peer that does not.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../core/ports/index.ts';
import { type Arrival, type Behave, type Behaviour, choose, type PeerVersion } from './behaviour.ts';
import { Exchange, record, textIn, word } from './exchange.ts';
import { Ledger } from './ledger.ts';
import { perform } from './perform.ts';
import { type Body, task } from './speech.ts';
import { events, type PeerTask, type Stage } from './tasks.ts';

export interface ScriptedPeerOptions {
  clock: Clock;
  behave: Behave;
  port?: number;
  /** The versions it understands; it says -32601 to the others. */
  speaks?: readonly PeerVersion[];
  dedupe?: boolean;
  /** Its name in its card. */
  name?: string;
}

type Chosen = Exclude<Behaviour, { do: 'first' }>;

export class Script {
  readonly stage: Stage;
  readonly #options: ScriptedPeerOptions;
  readonly #chosen = new Map<string, Chosen>();
  behave: Behave;
  url = '';

  constructor(options: ScriptedPeerOptions) {
    this.#options = options;
    this.behave = options.behave;
    this.stage = { clock: options.clock, ledger: new Ledger(), tasks: new Map() };
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'GET') {
      const version = (this.#options.speaks ?? []).includes('0.3') ? '0.3' : '1.0';
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(this.card(version)));
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      this.#receive(request, response, chunks).catch(() => response.destroy());
    });
  }

  card(version: PeerVersion = '1.0'): Record<string, unknown> {
    const about = { name: this.#options.name ?? 'scripted peer', description: 'does what it is told', version: '1' };
    const more = { capabilities: { streaming: true }, skills: [], defaultInputModes: [], defaultOutputModes: [] };
    return version === '1.0'
      ? {
          ...about,
          ...more,
          supportedInterfaces: [{ url: this.url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
        }
      : { ...about, ...more, url: this.url, protocolVersion: '0.3.0', preferredTransport: 'JSONRPC' };
  }

  async #receive(request: IncomingMessage, response: ServerResponse, chunks: Buffer[]): Promise<void> {
    const body = record(JSON.parse((chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))?.toString('utf8') ?? ''));
    const rpc = { id: body['id'], method: word(body['method']), params: record(body['params']) };
    const exchange = new Exchange(request, response, rpc);
    this.stage.ledger.requests += 1;
    if (this.#options.speaks?.includes(exchange.version) === false) {
      exchange.error(-32_601, 'Method not found');
      return;
    }
    switch (rpc.method) {
      case 'message/send':
      case 'SendMessage':
        return this.#send(exchange);
      case 'tasks/get':
      case 'GetTask':
        return this.#get(exchange);
      case 'tasks/cancel':
      case 'CancelTask':
        return this.#cancel(exchange);
      case 'tasks/resubscribe':
      case 'SubscribeToTask':
        return this.#stream(exchange);
      case 'ListTasks':
        return this.#list(exchange);
      default:
        exchange.error(-32_601, 'Method not found');
    }
  }

  async #send(exchange: Exchange): Promise<void> {
    const message = record(exchange.rpc.params['message']);
    const messageId = word(message['messageId']);
    if (this.#answer(exchange, message)) {
      return;
    }
    const times = this.stage.ledger.arrive(messageId);
    const arrival: Arrival = {
      messageId,
      text: textIn(message),
      times,
      version: exchange.version,
      method: exchange.rpc.method,
      params: exchange.rpc.params,
      headers: exchange.request.headers,
    };
    if (this.#options.dedupe !== false && this.#repeat(exchange, arrival)) {
      return;
    }
    const chosen = await choose(this.behave, arrival);
    this.#chosen.set(messageId, chosen);
    perform(this.stage, exchange, arrival, chosen);
  }

  /** A message that was taken on before is answered alike and not done again. */
  #repeat(exchange: Exchange, arrival: Arrival): boolean {
    const { messageId } = arrival;
    const known = this.stage.tasks.get(`task-${messageId}`);
    if (known !== undefined) {
      this.#show(exchange, known, true);
      return true;
    }
    const before = this.#chosen.get(messageId);
    if (before === undefined || this.stage.ledger.get(messageId) === undefined) {
      return false;
    }
    const again: Chosen = before.do === 'answer' || before.do === 'artifacts' ? { ...before, afterMs: 0 } : before;
    const chosen: Chosen = before.do === 'drop' || before.do === 'hang' ? { do: 'answer' } : again;
    this.stage.ledger.whenEnded(messageId, () => {
      perform({ ...this.stage, ledger: new Ledger() }, exchange, arrival, chosen);
    });
    return true;
  }

  /** A message to a task of ours that waits for one. */
  #answer(exchange: Exchange, message: Body): boolean {
    const asked = this.stage.tasks.get(word(message['taskId']));
    if (asked === undefined || !asked.step.state.endsWith('-required')) {
      return false;
    }
    this.stage.ledger.arrive(word(message['messageId']));
    asked.continue([{ state: 'completed', artifacts: [`${asked.step.note ?? ''} ${textIn(message)}`] }]);
    this.#show(exchange, asked, true);
    return true;
  }

  #get(exchange: Exchange): void {
    const found = this.#find(exchange);
    if (found === undefined) {
      return;
    }
    if (found.look()) {
      this.#show(exchange, found, false);
    } else {
      exchange.drop();
    }
  }

  #cancel(exchange: Exchange): void {
    this.stage.ledger.cancel(word(exchange.rpc.params['id']));
    const found = this.#find(exchange);
    if (found === undefined) {
      return;
    }
    if (found.script.uncancellable === true) {
      exchange.error(-32_002, 'Task cannot be canceled');
      return;
    }
    found.continue([{ state: 'canceled' }]);
    this.#show(exchange, found, false);
  }

  #list(exchange: Exchange): void {
    const context = exchange.rpc.params['contextId'];
    const found = [...this.stage.tasks.values()].filter((entry) => entry.context === context);
    const tasks = found.map((entry) => task('1.0', entry.spoken()));
    exchange.result({ tasks, nextPageToken: '', pageSize: 50, totalSize: tasks.length });
  }

  #stream(exchange: Exchange): void {
    const found = this.#find(exchange);
    if (found === undefined) {
      return;
    }
    exchange.response.writeHead(200, { 'content-type': 'text/event-stream' });
    const source = events(exchange.version, found);
    let told = 0;
    const { clock } = this.stage;
    function tell(): void {
      const next = source.next();
      if (next.done === true) {
        exchange.response.end();
        return;
      }
      told += 1;
      const data = JSON.stringify({ jsonrpc: '2.0', id: exchange.rpc.id, result: next.value });
      exchange.response.write(`data: ${data}\n\n`);
      if (told === found?.script.streamCut) {
        clock.after(1, () => exchange.drop());
      } else {
        clock.after(found?.script.stepMs ?? 1, tell);
      }
    }
    tell();
  }

  #find(exchange: Exchange): PeerTask | undefined {
    const found = this.stage.tasks.get(word(exchange.rpc.params['id']));
    if (found === undefined || found.script.forgotten === true) {
      exchange.error(-32_001, 'Task not found');
      return undefined;
    }
    return found;
  }

  #show(exchange: Exchange, shown: PeerTask, isSend: boolean): void {
    const body = task(exchange.version, shown.spoken());
    exchange.result(isSend && exchange.version === '1.0' ? { task: body } : body);
  }
}
