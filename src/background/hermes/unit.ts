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

type Wish = { [Field in keyof Unit]?: Unit[Field] | null | undefined };

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
  return unitIn({ goal: task, goals: [task], ...(first?.kind === 'data' ? (first.data as Partial<Unit>) : {}) });
}

/** Its fields and no others, of whatever has them. */
export function unitIn(said: Wish): Unit {
  return {
    goal: said.goal ?? '',
    goals: [...(said.goals ?? [])],
    is_batch: said.is_batch === true,
    context: said.context ?? null,
    toolsets: said.toolsets === undefined || said.toolsets === null ? null : [...said.toolsets],
    role: said.role ?? null,
    model: said.model ?? null,
    session_key: said.session_key ?? '',
  };
}
