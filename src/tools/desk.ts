/**
 * Where an agent does its business: everything that a tool may ask of the platform, in the shapes of the HTTP API.
 *
 * A tool knows nothing but this. Over HTTP it is a client with a key (`platform-desk.ts`), inside the platform the same
 * calls without the network; either way the platform checks who asks, and for what.
 */
import type { Status } from '../core/delegation/index.ts';

export interface Receipt {
  delegation_id: string;
  target_id: string;
  state: Status;
  position?: number;
  eta_ms?: number;
  next_action: string;
  idempotent_hit?: boolean;
}

/** Where it stands after something was done to it. */
export interface Standing {
  delegation_id: string;
  status: Status;
  position?: number;
  eta_ms?: number;
  next_action: string;
  /** Whether this very call asked for it. */
  cancel_requested?: boolean;
}

export interface Delegated {
  delegation_id: string;
  target_id: string;
  batch_id?: string;
  status: Status;
  reason?: string;
  error?: string;
  waiting_for?: { cause: string; until?: string };
  position?: number;
  eta_ms?: number;
  next_action: string;
  task: string;
  question?: string;
  progress?: { message?: string; percent?: number };
  result?: { text: string; truncated?: boolean; length: number; sha256: string };
  created_at: string;
  settled_at?: string;
  version: number;
}

export interface Row {
  delegation_id: string;
  target_id: string;
  summary: string;
  status: Status;
  reason?: string;
  error?: string;
  response_preview?: string;
  response_truncated: boolean;
  next_action: string;
  created_at: string;
  settled_at?: string;
  version: number;
}

export interface Peer {
  id: string;
  name: string;
  role: string | null;
  status: string;
  agent_card: Record<string, unknown> | null;
  parent_id?: string | null;
  active_tasks: number;
  capacity: number;
  queued: number;
  usual_ms?: number;
}

/** Why nobody is there. */
export type Alone = 'alone' | 'not_allowed';

export interface Seat {
  id: string;
  name: string;
  role: string | null;
  parent_id: string | null;
  tier: number;
  status: string;
  capacity: number;
  running: number;
  queued: number;
  limits?: Record<string, number>;
}

export interface Result {
  delegation_id: string;
  status: Status;
  text: string;
  length: number;
  sha256: string;
}

export interface Asked {
  target_id: string;
  task: string;
  context?: string | undefined;
  conversation_id?: string | undefined;
  priority?: 'critical' | 'task' | 'info' | undefined;
}

export interface Looking {
  /** Until it has ended or asks something, or so long. */
  waitMs?: number;
  /** Its caller is told by this: an ending, or a question, is not told again. */
  collect?: boolean;
  signal?: AbortSignal | undefined;
}

export interface Unread {
  id: string;
  kind: 'settled' | 'asked' | 'batch';
  /** Of the delegation, or of the batch. */
  task_id: string;
  status: string;
}

export interface Attachment {
  uri: string;
  name: string;
  mimeType?: string;
  size?: number;
}

export interface Memory {
  id: string;
  workspace_id: string;
  content: string;
  scope: string;
  created_at: string;
}

/** What not every desk has: there may be no person to speak to. */
export type Service = 'say';

export interface Desk {
  /** Whose desk it is. */
  readonly workspace: string;
  /** A tool that needs one of these is not offered here. */
  readonly lacks?: readonly Service[];
  delegate(asked: Asked, idempotencyKey?: string): Promise<Receipt>;
  delegateBatch(
    tasks: readonly Asked[],
    idempotencyKey?: string,
  ): Promise<{ batch_id: string; delegations: Receipt[] }>;
  /** Undefined where there is none that this workspace may see. */
  look(id: string, looking?: Looking): Promise<Delegated | undefined>;
  /** Whether all of a batch has ended; told, so that it is not told again. */
  batch(id: string, looking: { collect: boolean }): Promise<{ batch_id: string; status: string }>;
  list(filter: { limit: number; batch?: string; status?: Status }): Promise<Row[]>;
  result(id: string): Promise<Result>;
  cancel(id: string, reason?: string): Promise<Standing>;
  answer(id: string, text: string): Promise<Standing>;
  peers(words?: string): Promise<{ peers: Peer[]; why?: Alone }>;
  seat(): Promise<Seat>;
  unread(limit: number, signal?: AbortSignal): Promise<Unread[]>;
  acknowledge(ids: readonly string[]): Promise<void>;
  say(message: string, attachments: readonly Attachment[]): Promise<void>;
  upload(file: { name: string; bytes: Uint8Array }): Promise<Attachment>;
  remember(
    content: string,
    scope: string,
  ): Promise<{ id: string; scope: string; redacted?: { kind: string; count: number }[] }>;
  recall(query: { words?: string; scope?: string; limit: number }): Promise<Memory[]>;
}

/** What the platform refused, in its own words, or that it could not be reached. */
export class DeskError extends Error {
  override readonly name = 'DeskError';
  readonly code: string;
  readonly fix: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(refused: { code: string; message: string; fix?: string | undefined; retryAfterMs?: number | undefined }) {
    super(refused.message);
    this.code = refused.code;
    this.fix = refused.fix;
    this.retryAfterMs = refused.retryAfterMs;
  }
}
