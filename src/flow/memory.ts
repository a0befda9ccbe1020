/**
 * Beside the line: what an agent keeps, and what it finds again.
 *
 * Secrets are taken out here, before anything is stored, hashed or told; everything that depends on rows is decided in
 * the commit (`core/apply/memory.ts`). Who may read what is known before the search, so no row is asked for its reader.
 */
import { hash } from 'node:crypto';
import { ErrandError } from '../core/error.ts';
import {
  redact,
  refuseReading,
  sightOf,
  soughtIn,
  type Memory,
  type MemoryHead,
  type Redaction,
  type Scope,
  type Sight,
} from '../core/memory/index.ts';
import type { MemoryFilter } from '../core/ports/index.ts';
import type { Workspace } from '../core/workspace/index.ts';
import { failureOf } from './answer-of.ts';
import type { Line } from './line.ts';

export interface Remembering {
  workspace: string;
  actor: string;
  scope: string;
  namespace: string;
  content: string;
}

export async function commitMemory(
  line: Line,
  { content, ...said }: Remembering,
): Promise<{ memory: MemoryHead; redacted: Redaction['redacted'] }> {
  const { memoryBytesMax } = line.limits;
  if (content.length > memoryBytesMax) {
    throw new ErrandError({ code: 'too_large', message: `content: at most ${memoryBytesMax} bytes.` });
  }
  const { text, redacted } = redact(content.toWellFormed());
  const answer = await line.recorder.record({
    ...{ type: 'commit_memory', ...said, content: text, redacted },
    length: Buffer.byteLength(text),
    sha256: hash('sha256', text),
  });
  if (answer.kind !== 'memory') {
    throw failureOf(answer);
  }
  return { memory: answer.memory, redacted };
}

export async function forgetMemory(line: Line, said: { workspace: string; actor: string; id: string }): Promise<void> {
  const answer = await line.recorder.record({ type: 'forget_memory', ...said });
  if (answer.kind !== 'memory') {
    throw failureOf(answer);
  }
}

export interface Recalling {
  reader: Workspace;
  scope?: Scope | undefined;
  namespace?: string | undefined;
  question?: string | undefined;
  limit: number;
  /** Where the page before ended. */
  after?: Place | undefined;
}

/** A page goes on below a key: among those that have all that was sought, or among those that have some of it. */
export interface Place {
  has: 'all' | 'some';
  key: number;
}

export interface Recalled {
  memories: Memory[];
  /** Undefined after the last one. */
  next: Place | undefined;
}

/** What has all that is sought, and where that is fewer than asked for, what has some of it; newest first in each. */
export async function recallMemories(line: Line, asked: Recalling): Promise<Recalled> {
  const { reader, question, limit, after } = asked;
  const refused = refuseReading(reader);
  if (refused !== undefined) {
    throw new ErrandError(refused);
  }
  const terms = question === undefined ? undefined : soughtIn(question);
  if (terms?.length === 0) {
    return { memories: [], next: undefined };
  }
  const sight = await lookAround(line, reader, asked.scope);
  const stages = (['all', 'some'] as const).filter(
    (has) => (has === 'all' || (terms?.length ?? 0) > 1) && !(after?.has === 'some' && has === 'all'),
  );
  const memories: Memory[] = [];
  for (const has of stages) {
    const more = limit - memories.length;
    const found = await line.engine.memories({
      ...filterOf(asked, sight),
      ...(terms === undefined ? {} : { sought: { terms, has } }),
      ...(after?.has === has ? { before: after.key } : {}),
      limit: more,
    });
    memories.push(...found);
    if (found.length === more) {
      return { memories, next: { has, key: found.at(-1)?.key ?? 0 } };
    }
  }
  return { memories, next: undefined };
}

function filterOf({ reader, namespace, limit }: Recalling, sight: Sight): MemoryFilter {
  return { org: reader.org, sight, limit, ...(namespace === undefined ? {} : { namespace }) };
}

/** The rule is pure and asks for seats one by one; they are read ahead here, all of one height at once. */
async function lookAround({ engine }: Line, reader: Workspace, scope: Scope | undefined): Promise<Sight> {
  const known = new Map([[reader.id, reader]]);
  const authors = scope === undefined || scope === 'TEAM' ? await engine.teamAuthors(reader.org) : [];
  let unknown = [reader.parent, ...authors];
  while (unknown.length > 0) {
    const wanted = [...new Set(unknown)].filter((id) => id !== null && !known.has(id)) as string[];
    const found = (await Promise.all(wanted.map((id) => engine.workspace(id)))).filter((seat) => seat !== undefined);
    for (const seat of found) {
      known.set(seat.id, seat);
    }
    unknown = found.map(({ parent }) => parent);
  }
  const find = (id: string) => known.get(id);
  const seats = authors.map(find).filter((seat) => seat !== undefined);
  return sightOf(reader, seats, { find, scope });
}
