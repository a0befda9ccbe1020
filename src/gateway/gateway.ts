/**
 * What the HTTP face needs to know of the platform behind it, and nothing more.
 */
import type { Limits } from '../core/delegation/index.ts';
import type { Program, ProgramWish } from '../core/workspace/index.ts';
import type { Line } from '../flow/index.ts';
import type { Endpoint } from '../mcp/index.ts';
import type { Keyring } from './auth/keyring.ts';

export interface Gateway {
  line: Line;
  limits: Limits;
  keyring: Keyring;
  /** Without keys, on loopback only: the path, or else X-Workspace-ID, says who calls. */
  open: boolean;
  version: string;
  /** The MCP face; absent where none is served. */
  mcp?: Endpoint;
  /** Where others reach this platform; the addresses of workspaces begin with it. */
  baseUrl: string;
  /** Why an agent's address may not be called; undefined when it may. */
  checkUrl: (url: string) => string | undefined;
  /** What a wished program amounts to on this machine, or why it cannot be one. */
  readProgram: (wish: ProgramWish) => Program | { why: string };
  startedAt: number;
  /** True from the moment the platform begins to stop. */
  isStopping: () => boolean;
  onFault: (error: unknown) => void;
}

/** The seat of the person who runs the platform; made at the first start. */
export const OPERATOR = 'operator';
export const DEFAULT_ORG = 'default';
