/**
 * One unit as it is kept: what was asked, beside the text that the line has, as data.
 *
 * The closures of a runner are never kept. Its id is the one of the line under the prefix that its callers know.
 */
import type { Part } from '../../core/delegation/index.ts';

/** The one callee of this door; its runs look their closures up. */
export const UNIT = 'async_delegation';

export interface Unit {
  goal: string;
  goals: readonly string[];
  is_batch: boolean;
  context: string | null;
  toolsets: readonly string[] | null;
  role: string | null;
  model: string | null;
  session_key: string;
}

const OURS = 'deleg_';
const THEIRS = 'dlg_';

export function outsideId(id: string): string {
  return `${OURS}${id.slice(THEIRS.length)}`;
}

/** Whoever has the id of the line may use that one as well. */
export function insideId(id: string): string {
  return id.startsWith(OURS) ? `${THEIRS}${id.slice(OURS.length)}` : id;
}

const SESSION = 'key:';

/** Every key is a name, the empty one too. */
export function sessionOf(key: string): string {
  return `${SESSION}${key}`;
}

const GOAL_CHARACTERS = 40;

export function labelOf(goals: readonly string[]): string {
  const short = goals.map((goal) => [...goal].slice(0, GOAL_CHARACTERS).join(''));
  return `${goals.length} parallel subagents: ${short.join('; ')}`;
}

/** What this door has kept of it, or what there is to say of a task that came another way. */
export function unitOf({ task, parts = [] }: { task: string; parts?: readonly Part[] }): Unit {
  const [first] = parts;
  const data = first?.kind === 'data' ? (first.data as Partial<Unit>) : {};
  return {
    goal: data.goal ?? task,
    goals: data.goals ?? [task],
    is_batch: data.is_batch === true,
    context: data.context ?? null,
    toolsets: data.toolsets ?? null,
    role: data.role ?? null,
    model: data.model ?? null,
    session_key: data.session_key ?? '',
  };
}
