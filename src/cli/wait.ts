/**
 * Stays with one delegation until its ending, by long polls, and tells of each change on the way.
 */
import type { Client } from './client.ts';
import { harmless } from './paint.ts';
import type { Detail } from './shapes.ts';
import { isSettled } from './survey.ts';
import { waiting } from './words.ts';

const POLL_SECONDS = 30;

export async function awaitEnding(client: Client, id: string, tell: (words: string) => void): Promise<Detail> {
  const path = client.seat(`/delegations/${encodeURIComponent(id)}`);
  let before = '';
  let since: number | undefined;
  for (;;) {
    const query = since === undefined ? {} : { wait: POLL_SECONDS, since };
    const { body: now, at } = await client.call<Detail>(path, { method: 'GET', query });
    if (isSettled(now.status)) {
      return now;
    }
    const words = standing(now, at);
    if (words !== before) {
      tell(words);
      before = words;
    }
    since = now.version;
  }
}

function standing(now: Detail, at: number): string {
  if (now.status === 'input_required') {
    return `asks: ${harmless(now.question ?? '')}\n  errand answer ${now.delegation_id} "…"`;
  }
  const why = waiting(now, at);
  const said = now.progress?.message === undefined ? '' : `: ${harmless(now.progress.message)}`;
  return `${now.status}${why === '' ? '' : `, ${why}`}${said}`;
}
