/**
 * A stage for tests of an engine and of the law above it: seats, delegations and time, moved by one verb each.
 *
 * Everything goes through `engine.apply`, as in the product; a verb fails when the engine answers anything but what
 * it asks for, so that a test says only what it is about.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import type {
  Accept,
  Batch,
  Delegation,
  DelegationCommand,
  OpenBatch,
  Requeue,
  Result,
} from '../core/delegation/index.ts';
import type { CommitMemory, MemoryHead } from '../core/memory/index.ts';
import type { Answer, Command, Commit, Engine, Ids } from '../core/ports/index.ts';
import { blankProfile, type Workspace, type WorkspaceProfile } from '../core/workspace/index.ts';

/** A store that was opened for one test. */
export interface Harness {
  engine: Engine;
  clock: { now(): number; advance(ms: number): void };
  ids: Ids;
  /** Closes the engine and opens the same store again, as the next process would. */
  reopen(): Promise<Harness>;
  /** Closes the engine and takes the store away. */
  close(): Promise<void>;
}

type Fields<T extends Command['type']> = Omit<Extract<Command, { type: T }>, 'type' | 'ref' | 'actor' | 'epoch'>;

export class Scene {
  #harness: Harness;

  constructor(harness: Harness) {
    this.#harness = harness;
  }

  get engine(): Engine {
    return this.#harness.engine;
  }

  get now(): number {
    return this.#harness.clock.now();
  }

  get ids(): Ids {
    return this.#harness.ids;
  }

  advance(ms: number): void {
    this.#harness.clock.advance(ms);
  }

  async reopen(): Promise<void> {
    this.#harness = await this.#harness.reopen();
  }

  async close(): Promise<void> {
    await this.#harness.close();
  }

  /** One command in a commit of its own; what the storage throws is thrown. */
  async do(command: Command): Promise<Answer> {
    const { answers } = await this.engine.apply([command]);
    const [answer] = answers;
    assert.ok(answer !== undefined && answers.length === 1);
    if (answer.kind === 'fault') {
      throw answer.error;
    }
    return answer;
  }

  async commit(...commands: Command[]): Promise<Commit> {
    return this.engine.apply(commands);
  }

  async enrol(id: string, profile: Partial<WorkspaceProfile> = {}, org = 'acme'): Promise<Workspace> {
    const answer = await this.do({
      type: 'enrol',
      id,
      org,
      actor: 'operator',
      person: false,
      profile: { ...blankProfile(id), carrier: 'in_process', ...profile },
    });
    assert.equal(answer.kind, 'workspace');
    return (answer as Extract<Answer, { kind: 'workspace' }>).workspace;
  }

  accept(patch: Partial<Accept> = {}): Accept {
    return { ...ACCEPT, request: { task: 'Write it.' }, ...patch };
  }

  async delegate(patch: Partial<Accept> = {}): Promise<Delegation> {
    return delegationIn(await this.do(this.accept(patch)));
  }

  /** Several tasks as one unit, whatever it comes to. */
  async openBatch(tasks: Partial<Accept>[], idempotency: OpenBatch['idempotency'] = null): Promise<Answer> {
    const accepts = tasks.map((patch) => this.accept(patch));
    return this.do({ type: 'open_batch', caller: 'lead', idempotency, tasks: accepts });
  }

  async read(delegation: { key: number }): Promise<Delegation> {
    const found = await this.engine.delegation({ key: delegation.key });
    assert.ok(found !== undefined, `delegation ${delegation.key} is gone`);
    return found;
  }

  async seat(id: string): Promise<Workspace> {
    const found = await this.engine.workspace(id);
    assert.ok(found !== undefined, `workspace ${id} is gone`);
    return found;
  }

  /** A command on a delegation, under its present epoch. */
  async on<T extends DelegationCommand['type']>(row: { key: number }, type: T, fields: Fields<T>): Promise<Answer> {
    return this.do(await this.command(row, type, fields));
  }

  async command<T extends DelegationCommand['type']>(
    row: { key: number },
    type: T,
    fields: Fields<T>,
  ): Promise<Command> {
    const { key, epoch } = await this.read(row);
    return { ref: { key }, actor: 'platform', epoch, type, ...fields } as unknown as Command;
  }

  async complete(row: { key: number }, text = 'done'): Promise<Delegation> {
    return delegationIn(await this.on(row, 'complete', { result: resultOf(text) }));
  }

  /** Keeps a text as it is; what it comes to is the answer. */
  async remember(content: string, patch: Partial<CommitMemory> = {}): Promise<Answer> {
    const { length, sha256 } = resultOf(content);
    const said = { workspace: 'lead', actor: 'lead', scope: 'LOCAL', namespace: 'general', redacted: [] };
    return this.do({ type: 'commit_memory', ...said, content, length, sha256, ...patch });
  }

  async requeue(row: { key: number }, why: Requeue['why'], patch: Partial<Requeue> = {}): Promise<Delegation> {
    const fields = { why, error: null, retryAfterMs: null, chance: 0.5, ...patch };
    return delegationIn(await this.on(row, 'requeue', fields));
  }
}

const ACCEPT: Omit<Accept, 'request'> = {
  type: 'accept',
  id: null,
  caller: 'lead',
  callee: 'writer',
  actor: 'lead',
  origin: 'delegate',
  delivery: 'at_least_once',
  priority: 50,
  conversation: null,
  deadlineMs: 3_600_000,
  validForMs: null,
  startAt: null,
  parent: null,
  supersedes: null,
  idempotency: null,
};

export function resultOf(text: string): Result {
  return { text, length: Buffer.byteLength(text), sha256: hash('sha256', text) };
}

export function delegationIn(answer: Answer): Delegation {
  assert.ok(answer.kind === 'done', `expected done, got ${describeAnswer(answer)}`);
  return answer.delegation;
}

export function batchIn(answer: Answer): { batch: Batch; delegations: Delegation[] } {
  assert.ok(answer.kind === 'batch', `expected a batch, got ${describeAnswer(answer)}`);
  return answer;
}

export function memoryIn(answer: Answer): MemoryHead {
  assert.ok(answer.kind === 'memory', `expected a memory, got ${describeAnswer(answer)}`);
  return answer.memory;
}

export function refusedWith(answer: Answer): string {
  assert.ok(answer.kind === 'refused', `expected a refusal, got ${describeAnswer(answer)}`);
  return answer.refusal.code;
}

function describeAnswer(answer: Answer): string {
  switch (answer.kind) {
    case 'refused':
      return `refused: ${answer.refusal.code}: ${answer.refusal.message}`;
    case 'fault':
      return `fault: ${answer.error.message}`;
    case 'noop':
    case 'late':
      return `${answer.kind}: ${answer.why}`;
    default:
      return answer.kind;
  }
}
