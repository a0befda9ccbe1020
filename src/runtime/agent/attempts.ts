/**
 * Whether a token is that of an attempt at this agent: its platform is asked, since only it can tell.
 *
 * So an agent and its platform need no secret between them. What was good is taken for good a while longer: the last
 * words about an attempt are said when it is over. What was not is asked again, and nobody can make it ask without end.
 */
import type { Clock } from '../../core/ports/index.ts';
import { platformAt } from '../platform.ts';
import type { Word } from './serving/guard.ts';

const GOOD_MS = 24 * 60 * 60_000;
const KEPT_MAX = 10_000;
const ASKED_AT_ONCE_MAX = 64;
const FORM = /^att_[\w.-]{1,400}$/u;

export function attemptsAt(url: string, workspace: string, clock: Clock): (token: string) => Promise<Word> {
  const good = new Map<string, number>();
  let asked = 0;
  return async (token) => {
    if ((good.get(token) ?? 0) > clock.now()) {
      return 'good';
    }
    if (!FORM.test(token)) {
      return 'bad';
    }
    if (asked >= ASKED_AT_ONCE_MAX) {
      return 'unknown';
    }
    asked += 1;
    try {
      const word = await wordOf(url, workspace, token);
      if (word === 'good') {
        remember(good, token, clock.now() + GOOD_MS);
      }
      return word;
    } catch {
      // Its platform is away: then nobody can say whether this one comes from it.
      return 'unknown';
    } finally {
      asked -= 1;
    }
  };
}

async function wordOf(url: string, workspace: string, token: string): Promise<Word> {
  const { status, body } = await platformAt({ url, token }, workspace).call({ method: 'GET', path: '/me' });
  if (status !== 200) {
    return status === 401 || status === 403 ? 'bad' : 'unknown';
  }
  const said = (body ?? {}) as { workspace_id?: unknown; delegation_id?: unknown };
  return said.workspace_id === workspace && typeof said.delegation_id === 'string' ? 'good' : 'bad';
}

function remember(good: Map<string, number>, token: string, until: number): void {
  good.set(token, until);
  if (good.size > KEPT_MAX) {
    const [oldest = ''] = good.keys();
    good.delete(oldest);
  }
}
