/**
 * The answers of the platform as far as the command line reads them; the wire may say more.
 */
export interface Waits {
  waiting_for?: { cause: string; until?: string; position?: number; ahead_ms?: number };
  position?: number;
  eta_ms?: number;
}

export interface Receipt extends Waits {
  delegation_id: string;
  target_id: string;
  status: string;
  state: string;
  next_action: string;
  idempotent_hit?: boolean;
}

export interface BatchReceipt {
  batch_id: string;
  status: string;
  delegations: Receipt[];
}

export interface Row extends Waits {
  delegation_id: string;
  source_id: string;
  target_id: string;
  summary: string;
  status: string;
  reason?: string;
  error?: string;
  attempts: number;
  priority: string;
  created_at: string;
  dispatched_at?: string;
  settled_at?: string;
}

export interface Detail extends Waits {
  delegation_id: string;
  source_id: string;
  target_id: string;
  batch_id?: string;
  parent_id?: string;
  status: string;
  reason?: string;
  error?: string;
  next_action: string;
  task: string;
  context?: string;
  question?: string;
  progress?: { message?: string; percent?: number };
  result?: { text: string; length: number; sha256: string; truncated?: boolean };
  attempts: number;
  priority: string;
  version: number;
  created_at: string;
  deadline_at?: string;
  dispatched_at?: string;
  settled_at?: string;
  events?: EventLine[];
  children?: Row[];
  late_results?: unknown[];
}

export interface Result {
  delegation_id: string;
  status: string;
  text: string;
  length: number;
  sha256: string;
}

export interface EventLine {
  seq: number;
  id: string;
  type: string;
  at: string;
  workspace_id: string;
  peer_id?: string;
  delegation_id?: string;
  actor: string;
  data: Record<string, unknown>;
}

export interface Notice {
  id: string;
  kind: string;
  delegation_id?: string;
  batch_id?: string;
  target_id?: string;
  status?: string;
  reason?: string;
  error?: string;
  question?: string;
  result?: { text: string; truncated?: boolean; length: number; sha256: string };
  counts?: { size: number; completed: number; failed: number; cancelled: number };
  /** Of a batch: each task's outcome, in the order of the request. */
  results?: Partial<Notice>[];
  created_at: string;
  deliveries: number;
}

export interface Peer {
  id: string;
  name: string;
  role: string | null;
  status: string;
  active_tasks: number;
  capacity: number;
  queued: number;
}

export interface IssuedKey {
  id: string;
  auth_token: string;
  workspace_id?: string;
}

export interface KeyLine {
  id: string;
  name: string;
  prefix: string;
  created_at: string;
  expires_at: string | null;
}

export interface Seat {
  id: string;
  name: string;
  role: string | null;
  parent_id: string | null;
  status: string;
  state: string;
  presence: string;
  carrier: string;
  agent_url: string | null;
  /** Shown to whoever runs the platform. */
  command?: { run: string[]; shell: boolean; directory: string; input: string; dialect: string };
  capacity: number;
  running: number;
  queued: number;
  circuit: 'closed' | { strikes: number; hold_until: string | null };
  last_heartbeat_at?: string;
  tier?: number;
  roles?: readonly string[];
  agent_card?: Record<string, unknown> | null;
  current_task?: string | null;
  usual_ms?: number;
  created_at?: string;
  /** Shown once, when it is made. */
  token?: string;
}

export interface Ready {
  status: string;
  version: string;
  engine?: string;
  open?: boolean;
  now?: string;
  delegations?: { live: number; queued: number; running: number };
  undelivered_notices?: number;
  [more: string]: unknown;
}
