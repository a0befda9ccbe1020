/**
 * Events of a streamed task, decoded, and the folding of them into the task they describe.
 *
 * Artifacts come in pieces: each is appended to its artifact's list of parts, so that a thousand pieces cost a
 * thousand steps and not a million. A task event is a snapshot and replaces what was known.
 */
import type { Part } from '../core/delegation/index.ts';
import { asRecord, nameAt, isWithinDepth, type Json, member, recordAt } from './json.ts';
import { artifactId, partsOf, textOf } from './parts.ts';
import { markOf, readResult, type Reading, type RemoteTask, saidIn } from './read.ts';
import { readState, type RemoteState } from './states.ts';

export type StreamReading =
  | Reading
  | { kind: 'status'; context?: string; state: RemoteState; said: Part[]; mark: string }
  | { kind: 'artifact'; id: string; parts: Part[]; append: boolean };

/** The result inside one event of a stream. */
export function readEvent(value: unknown): StreamReading {
  const result = asRecord(value);
  if (result === undefined || !isWithinDepth(result)) {
    return readResult(value);
  }
  const kind = member(result, 'kind');
  const artifact = recordAt(result, 'artifactUpdate') ?? (kind === 'artifact-update' ? result : undefined);
  if (artifact !== undefined) {
    return readArtifactUpdate(artifact);
  }
  const status = recordAt(result, 'statusUpdate') ?? (kind === 'status-update' ? result : undefined);
  return status === undefined ? readResult(result) : readStatusUpdate(status);
}

function readArtifactUpdate(update: Json): StreamReading {
  const artifact = recordAt(update, 'artifact') ?? {};
  return {
    kind: 'artifact',
    id: artifactId(artifact) ?? '',
    parts: partsOf(artifact),
    append: member(update, 'append') === true,
  };
}

function readStatusUpdate(update: Json): StreamReading {
  const status = recordAt(update, 'status');
  const context = nameAt(update, 'contextId', 'context_id');
  const state = readState(status === undefined ? undefined : member(status, 'state'));
  const said = saidIn(status);
  return {
    kind: 'status',
    ...(context === undefined ? {} : { context }),
    state,
    said,
    mark: markOf({ status, state, said, size: '' }),
  };
}

/** The task as the stream tells it. */
export class Collector {
  readonly #id: string;
  readonly #artifacts = new Map<string, Part[]>();
  #snapshot: RemoteTask | undefined = undefined;
  #state: RemoteState = 'unknown';
  #said: Part[] = [];
  #pieces = 0;
  #size = 0;

  constructor(id: string) {
    this.#id = id;
  }

  get state(): RemoteState {
    return this.#state;
  }

  /** Roughly, in characters of text and of inline files. */
  get size(): number {
    return this.#size;
  }

  get said(): string {
    return textOf(this.#said);
  }

  add(reading: StreamReading): void {
    if (reading.kind === 'task') {
      this.#snapshot = reading.task;
      this.#state = reading.task.state;
      this.#said = reading.task.said;
      this.#artifacts.clear();
      this.#size = sizeOf(reading.task.made);
    } else if (reading.kind === 'status') {
      this.#state = reading.state;
      this.#said = reading.said;
    } else if (reading.kind === 'artifact') {
      this.#addArtifact(reading);
    }
  }

  #addArtifact(update: Extract<StreamReading, { kind: 'artifact' }>): void {
    const known = this.#artifacts.get(update.id);
    this.#pieces += 1;
    this.#size += sizeOf(update.parts);
    if (known === undefined || !update.append) {
      this.#artifacts.set(update.id, [...update.parts]);
      return;
    }
    for (const part of update.parts) {
      known.push(part);
    }
  }

  task(): RemoteTask {
    const snapshot = this.#snapshot;
    return {
      id: this.#id,
      ...(snapshot?.context === undefined ? {} : { context: snapshot.context }),
      state: this.#state,
      made: [...(snapshot?.made ?? []), ...[...this.#artifacts.values()].flat()],
      said: this.#said,
      mark: `${this.#pieces}#${this.#state}||${this.said}`,
      ...(snapshot?.usage === undefined ? {} : { usage: snapshot.usage }),
    };
  }
}

function sizeOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + weightOf(part), 0);
}

function weightOf(part: Part): number {
  if (part.kind === 'text') {
    return part.text.length;
  }
  return part.kind === 'file' ? (part.bytes?.length ?? 0) : 0;
}
