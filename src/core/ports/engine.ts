/**
 * A place where delegations live. One way to write, `apply`; everything else reads.
 *
 * The rules an engine must keep are numbered in docs/spec/engine.md (E1…) and checked by the exported engine suite.
 * A commit returns only when it is on stable storage (E1), and says what it changed, so that nobody has to poll.
 */
import type {
  Batch,
  Delegation,
  DelegationCommand,
  Accept,
  LateResult,
  LettingGo,
  OpenBatch,
  Ref,
  Request,
  Result,
  Status,
} from '../delegation/index.ts';
import type { Refusal } from '../error.ts';
import type { Memory, MemoryCommand, MemoryHead, Sight, Sought } from '../memory/index.ts';
import type { Key, Message, Workspace, WorkspaceCommand } from '../workspace/index.ts';
import type { Event } from './event.ts';
import type { Files } from './files.ts';
import type { Notice } from './notice.ts';

export type Command = Accept | OpenBatch | DelegationCommand | WorkspaceCommand | MemoryCommand;

/** What one command came to. Refusals are answers, not exceptions. */
export type Answer =
  | { kind: 'done'; delegation: Delegation; fresh: boolean }
  | { kind: 'batch'; batch: Batch; delegations: Delegation[]; fresh: boolean }
  | { kind: 'workspace'; workspace: Workspace; fresh: boolean }
  /** `left`: the callee has gone since it began to ask. */
  | { kind: 'claimed'; delegations: Delegation[]; left?: boolean }
  | { kind: 'notices'; notices: Notice[] }
  | { kind: 'count'; count: number }
  | { kind: 'message'; message: Message }
  | { kind: 'memory'; memory: MemoryHead }
  | { kind: 'noop'; why: string; delegation: Delegation }
  | { kind: 'late'; why: 'already_settled' | 'stale_epoch'; delegation: Delegation }
  | { kind: 'refused'; refusal: Refusal }
  /** The storage could not write it; nothing of it was written. */
  | { kind: 'fault'; error: Error };

/** Work that leaves the process because of a commit: to hand over, or to stop. */
export interface Handover {
  delegation: Delegation;
  /** As this commit has them: they need not be read again. */
  callee?: Workspace | undefined;
  request?: Request | undefined;
}

export interface Stop {
  delegation: Delegation;
  why: LettingGo;
}

export interface Commit {
  /** In the order of the commands. */
  answers: Answer[];
  events: Event[];
  handovers: Handover[];
  stops: Stop[];
  /** The earliest moment at which time alone changes something this commit wrote. */
  dueAt: number | null;
}

export interface Page {
  limit: number;
  /** Keys below this one; newest first. */
  before?: number;
}

export interface DelegationFilter extends Page {
  caller?: string;
  callee?: string;
  /** Either side. */
  party?: string;
  status?: Status;
  batch?: number;
  since?: number;
  /** Words in the task. */
  text?: string;
}

export interface MessageFilter extends Page {
  workspace: string;
}

export interface EventFilter {
  org?: string;
  /** Either side. */
  workspace?: string;
  delegation?: number;
  after?: number;
  before?: number;
  newestFirst?: boolean;
  limit: number;
}

/** Newest first, and nothing but what is in sight; what is sought is found by its terms. */
export interface MemoryFilter extends Page {
  org: string;
  sight: Sight;
  namespace?: string;
  sought?: Sought;
}

export interface Ahead {
  /** 1 for the next one. */
  position: number;
}

export interface Counts {
  live: number;
  queued: number;
  running: number;
  undelivered: number;
}

/** That somebody else has written to the store: how far its log goes now, and what moment time has to look at. */
export interface Elsewhere {
  seq: number;
  dueAt: number | null;
}

export interface Reads {
  delegation(ref: Ref): Promise<Delegation | undefined>;
  delegations(filter: DelegationFilter): Promise<Delegation[]>;
  request(key: number): Promise<Request | undefined>;
  requests(keys: readonly number[]): Promise<Map<number, Request>>;
  result(key: number): Promise<Result | undefined>;
  /** With `charactersMax` only so much of each text, for previews; length and hash stay those of the whole. */
  results(keys: readonly number[], charactersMax?: number): Promise<Map<number, Result>>;
  late(key: number): Promise<LateResult[]>;
  children(key: number): Promise<Delegation[]>;
  ahead(delegation: Delegation): Promise<Ahead | undefined>;
  batch(key: number): Promise<Batch | undefined>;
  events(filter: EventFilter): Promise<Event[]>;
  lastSeq(): Promise<number>;
  workspace(id: string): Promise<Workspace | undefined>;
  workspaces(page: { org?: string; after?: string; limit: number }): Promise<Workspace[]>;
  /** Parents, children and siblings, and nothing else. */
  neighbours(workspace: Workspace, limit: number): Promise<Workspace[]>;
  notice(key: number): Promise<Notice | undefined>;
  unacknowledged(workspace: string, limit: number): Promise<Notice[]>;
  keyByHash(hash: string): Promise<Key | undefined>;
  keys(where: { org: string; workspace: string | null }): Promise<Key[]>;
  /** What time alone changes by `now`, the most overdue first. */
  due(now: number, limit: number): Promise<{ delegations: Delegation[]; workspaces: string[]; next: number | null }>;
  /** Held by somebody else, for a store that only one process can have open. */
  runningOf(others: { than: string; limit: number }): Promise<Delegation[]>;
  counts(): Promise<Counts>;
  message(key: number): Promise<Message | undefined>;
  messages(filter: MessageFilter): Promise<Message[]>;
  memory(key: number): Promise<Memory | undefined>;
  memories(filter: MemoryFilter): Promise<Memory[]>;
  /** The workspaces of an organisation that have written for their team, by their ids in order. */
  teamAuthors(org: string): Promise<string[]>;
}

export interface Engine extends Reads {
  readonly name: string;
  /** Only one process can have this store open: whatever another owner held at opening is free. */
  readonly exclusive: boolean;
  /** The time by which this store goes: the leases and deadlines of all who share it. */
  now(): number;
  /** The same reads behind a wall of the store's own, where it has one: of other organisations nothing is there (E20). */
  within?(org: string): Reads & Pick<Engine, 'files'>;
  apply(commands: readonly Command[]): Promise<Commit>;
  /** Attached files, which do not go through `apply`. */
  readonly files: Files;
  /** So many batches may be under way at once; one, if it does not say. They are made in their order (E6). */
  readonly depth?: number;
  /** Calls back soon after another process has written: a hint that may come late, twice, or for nothing (E16). */
  onElsewhere(heard: (news: Elsewhere) => void): void;
  /** A term of looking after what time does; one process has it at a time (E17). */
  lead(forMs: number): Promise<boolean>;
  /** A value of the store's own, made on first use: the secret behind attempt tokens, the operator's seat. */
  secret(name: string): Promise<string>;
  close(): Promise<void>;
}
