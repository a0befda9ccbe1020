/**
 * subscriptions/listen of the modern era: one answer that stays open, and on it what changes of what was asked for.
 *
 * The SDK has a layer for it that does not know tasks; this one does. It is the same over HTTP and over a pipe: it is
 * given a way to send. A change is looked up when it is told, so a listener that is slow is told less often and always
 * the newest. How many may listen is bounded, in all and for each caller.
 */
import type { ClientCapabilities, JSONRPCRequest, RequestId, ServerCapabilities } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { EventStream } from './events/stream.ts';
import { implementationOf, type Caller, type Changed, type McpParts } from './parts.ts';
import { delegationOfUri } from './resources.ts';
import { canElicit, detailedTaskOf, TASKS_EXTENSION } from './tasks/task.ts';

const LISTENERS_MAX = 1024;
const LISTENERS_OF_CALLER_MAX = 16;
const NAMED_MAX = 500;
const SUBSCRIPTION_ID = 'io.modelcontextprotocol/subscriptionId';
const SERVER_INFO = 'io.modelcontextprotocol/serverInfo';

const named = z.array(z.string().max(500)).max(NAMED_MAX).optional();
const filterShape = z.looseObject({
  toolsListChanged: z.boolean().optional(),
  promptsListChanged: z.boolean().optional(),
  resourcesListChanged: z.boolean().optional(),
  resourceSubscriptions: named,
  taskIds: named,
});

type Filter = z.output<typeof filterShape>;

const LISTS = { tools: 'toolsListChanged', prompts: 'promptsListChanged', resources: 'resourcesListChanged' } as const;

/** The way to whoever listens. */
export interface Ear {
  caller: Caller;
  /** Of the client, as it declared them with the request. */
  capabilities: ClientCapabilities | undefined;
  say: (message: Record<string, unknown>) => void;
  /** The answer: nothing follows it. */
  finish: (message: Record<string, unknown>) => void;
}

interface Listener {
  id: RequestId;
  ear: Ear;
  honoured: Filter;
  leave: () => void;
  /** What is being told, and whether it has changed again since. */
  telling: Map<string, boolean>;
}

export class Listening {
  readonly #parts: McpParts;
  readonly #capabilities: ServerCapabilities;
  readonly #listeners = new Set<Listener>();
  readonly #streams = new Map<EventStream, Ear>();

  constructor(parts: McpParts, capabilities: ServerCapabilities) {
    this.#parts = parts;
    this.#capabilities = capabilities;
  }

  get size(): number {
    return this.#listeners.size + this.#streams.size;
  }

  /** Returns how to leave, without a word. */
  open(request: JSONRPCRequest, ear: Ear): () => void {
    const { id, method, params } = request;
    const ears = [...[...this.#listeners].map((one) => one.ear), ...this.#streams.values()];
    const own = ears.filter(({ caller }) => caller.identity === ear.caller.identity);
    if (ears.length >= LISTENERS_MAX || own.length >= LISTENERS_OF_CALLER_MAX) {
      ear.finish(refusal(id, -32_603, 'there are too many subscriptions open; close one and try again'));
      return () => {};
    }
    if (method === 'events/stream' && this.#parts.log !== undefined) {
      return this.#follow({ ...this.#parts, log: this.#parts.log }, request, ear);
    }
    const asked = filterShape.safeParse(params?.['notifications']);
    if (!asked.success) {
      ear.finish(refusal(id, -32_602, 'params.notifications is missing or is no filter'));
      return () => {};
    }
    const honoured = this.#honoured(asked.data, ear);
    const listener: Listener = { id, ear, honoured, leave: () => {}, telling: new Map() };
    say(listener, 'notifications/subscriptions/acknowledged', { notifications: honoured });
    if (Object.keys(honoured).length === 0) {
      this.#finish(listener);
      return () => {};
    }
    this.#join(listener);
    return () => this.#drop(listener);
  }

  announce(changed: Changed): void {
    for (const listener of this.#listeners) {
      if (typeof changed === 'object') {
        tellResource(listener, changed.uri);
      } else if (listener.honoured[LISTS[changed]] === true) {
        say(listener, `notifications/${changed}/list_changed`, {});
      }
    }
  }

  close(): void {
    for (const listener of this.#listeners) {
      this.#finish(listener);
    }
    for (const stream of this.#streams.keys()) {
      stream.finish();
    }
    this.#streams.clear();
  }

  /** Whether this request is answered here. */
  takes({ method }: Pick<JSONRPCRequest, 'method'>): boolean {
    return method === 'subscriptions/listen' || (method === 'events/stream' && this.#parts.log !== undefined);
  }

  #follow(parts: ConstructorParameters<typeof EventStream>[0], { id, params }: JSONRPCRequest, ear: Ear): () => void {
    const stream = new EventStream(parts, ear, id);
    this.#streams.set(stream, ear);
    const leave = (): void => {
      stream.end();
      this.#streams.delete(stream);
    };
    void this.#begin(stream, params);
    return leave;
  }

  async #begin(stream: EventStream, params: unknown): Promise<void> {
    if (!(await stream.begin(params))) {
      this.#streams.delete(stream);
    }
  }

  #join(listener: Listener): void {
    this.#listeners.add(listener);
    const { resourceSubscriptions: uris = [], taskIds: tasks = [] } = listener.honoured;
    if (uris.length > 0 || tasks.length > 0) {
      listener.leave = this.#parts.watch(listener.ear.caller, (id) => this.#changed(listener, id));
    }
    // What changed before anybody listened is not told by any change.
    for (const task of tasks) {
      void this.#tellTask(listener, task);
    }
  }

  #changed(listener: Listener, id: string): void {
    for (const uri of listener.honoured.resourceSubscriptions ?? []) {
      if (delegationOfUri(uri)?.id === id) {
        tellResource(listener, uri);
      }
    }
    if (listener.honoured.taskIds?.includes(id) === true) {
      void this.#tellTask(listener, id);
    }
  }

  /** One at a time for each task; what changes meanwhile is told by the next. */
  async #tellTask(listener: Listener, id: string): Promise<void> {
    const { ear, telling } = listener;
    if (telling.has(id)) {
      telling.set(id, true);
      return;
    }
    telling.set(id, false);
    try {
      const seen = await ear.caller.desk.look(id);
      if (seen !== undefined) {
        const viewed = { caller: ear.caller, canAsk: canElicit(ear.capabilities) };
        const task = await detailedTaskOf(this.#parts, viewed, seen);
        if (this.#listeners.has(listener)) {
          say(listener, 'notifications/tasks', task);
        }
      }
    } catch (error) {
      this.#parts.onFault(error);
    }
    const again = telling.get(id) === true;
    telling.delete(id);
    if (again && this.#listeners.has(listener)) {
      await this.#tellTask(listener, id);
    }
  }

  /** Of what was asked for, what there is. */
  #honoured(asked: Filter, { capabilities }: Ear): Filter {
    const own = this.#capabilities;
    const honoured: Filter = {};
    for (const [list, field] of Object.entries(LISTS) as [keyof typeof LISTS, (typeof LISTS)[keyof typeof LISTS]][]) {
      if (asked[field] === true && own[list]?.listChanged === true) {
        honoured[field] = true;
      }
    }
    const { resourceSubscriptions: uris = [], taskIds: tasks = [] } = asked;
    if (uris.length > 0 && own.resources?.subscribe === true) {
      honoured.resourceSubscriptions = [...new Set(uris)];
    }
    if (tasks.length > 0 && capabilities?.extensions?.[TASKS_EXTENSION] !== undefined) {
      honoured.taskIds = [...new Set(tasks)];
    }
    return honoured;
  }

  #finish(listener: Listener): void {
    this.#drop(listener);
    const _meta = { [SUBSCRIPTION_ID]: listener.id, [SERVER_INFO]: implementationOf(this.#parts) };
    listener.ear.finish({ jsonrpc: '2.0', id: listener.id, result: { resultType: 'complete', _meta } });
  }

  #drop(listener: Listener): void {
    this.#listeners.delete(listener);
    listener.leave();
  }
}

function tellResource(listener: Listener, uri: string): void {
  if (listener.honoured.resourceSubscriptions?.includes(uri) === true) {
    say(listener, 'notifications/resources/updated', { uri });
  }
}

function say({ id, ear }: Listener, method: string, params: Record<string, unknown>): void {
  ear.say({ jsonrpc: '2.0', method, params: { ...params, _meta: { [SUBSCRIPTION_ID]: id } } });
}

function refusal(id: RequestId, code: number, message: string): Record<string, unknown> {
  return { jsonrpc: '2.0', id, error: { code, message } };
}
