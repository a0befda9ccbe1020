/**
 * What a version of the protocol must be able to read and say for a server, as one small interface: the other side of
 * `dialect.ts`.
 *
 * `v03/server.ts` and `v1/server.ts` implement it; their difference is the difference of the versions. Reading decides
 * nothing: who calls, and whether it may, is for whoever serves.
 */
import type { Output } from '../core/ports/index.ts';
import type { Version } from './dialect.ts';
import type { RpcId } from './envelope.ts';
import type { Json } from './json.ts';
import type { V03Error } from './v03/errors.ts';
import type { IncomingMessage, TaskView } from './v03/server.ts';

/** What a method asks for, in whichever version. */
export type Operation = 'send' | 'stream' | 'get' | 'cancel' | 'subscribe' | 'list' | 'push' | 'extendedCard';

export interface ReadFault {
  fault: V03Error;
  why: string;
}

export interface ServerDialect {
  readonly version: Version;
  readonly methods: Readonly<Record<string, Operation>>;
  /** The params of a send or a stream. */
  readSend(params: Json): IncomingMessage | ReadFault;
  /** The answer to a question about a task. */
  task(view: TaskView): Json;
  /** The answer to a message, and the first event of a stream. */
  taken(view: TaskView): Json;
  /** Events of a stream. */
  status(view: TaskView, isFinal: boolean): Json;
  artifact(view: TaskView, result: Output): Json;
  failure(id: RpcId | null, error: V03Error, message: string): Json;
}
