/**
 * How a delegation stands, and its ending with the whole of what came back, held against the hash it was kept with (D5).
 *
 * An ending that was read and taken is not told again (D7): it is collected only once it is here, whole.
 */
import { hash } from 'node:crypto';
import { isSettled, STATUSES, type Part, type Reason, type Status } from '../core/delegation/index.ts';
import { DeskError } from '../tools/index.ts';
import type { Patience } from './again.ts';
import type { Ending } from './errand.ts';
import { ask, lasting, once, pathOf, type Place } from './place.ts';

export interface Seen {
  status: Status;
  to: string;
  question?: string;
  ending?: Ending;
}

interface Delegated {
  delegation_id: string;
  target_id: string;
  status: Status;
  reason?: Reason;
  error?: string;
  question?: string;
  result?: Kept & { truncated?: boolean };
  usage?: { input_tokens?: number; output_tokens?: number; cost_usd?: number } | null;
}

interface Kept {
  text: string;
  parts?: readonly Part[];
  length: number;
  sha256: string;
}

export async function look(place: Place, id: string, patience: Patience): Promise<Seen> {
  return lasting(place, { patience }, async (signal) => lookOnce(place, id, signal));
}

async function lookOnce(place: Place, id: string, signal: AbortSignal): Promise<Seen> {
  const call = { method: 'GET', path: pathOf(place, id), query: { view: 'brief' }, signal, check: isStanding } as const;
  const found = await once<Delegated>(place, call);
  const { status, target_id: to, question } = found;
  const seen = { status, to, ...(question === undefined ? {} : { question }) };
  return isSettled(status) ? { ...seen, ending: await endingOf(place, { ...found, delegation_id: id }, signal) } : seen;
}

function isStanding({ status, target_id: to }: Record<string, unknown>): boolean {
  return typeof to === 'string' && STATUSES.some((known) => known === status);
}

/** Its caller has it: neither an ending nor a question is told again. */
export async function collect(place: Place, path: string, patience: Patience): Promise<void> {
  await ask(place, { method: 'GET', path, query: { view: 'brief', collect: 1 } }, patience);
}

/** The same at the end, where a refusal changes nothing: what came is here. False where it was closed meanwhile. */
export async function collected(place: Place, path: string): Promise<boolean> {
  try {
    await collect(place, path, 'stubborn');
    return true;
  } catch {
    return !place.closed.aborted;
  }
}

/** For whoever may not ask any more, or of something that is not there: it may have ended in any way. */
export function unknownEnding(id: string, error: unknown): Ending {
  const said = error instanceof Error ? error.message : String(error);
  return { id, status: 'failed', reason: 'outcome_unknown', error: `the platform does not tell its ending: ${said}` };
}

async function endingOf(place: Place, found: Delegated, signal: AbortSignal): Promise<Ending> {
  const { delegation_id: id, status, reason, error } = found;
  const kept =
    found.result === undefined ? undefined : await wholeOf(found.result, async () => readWhole(place, id, signal));
  return {
    id,
    status: status as Ending['status'],
    ...(kept === undefined ? {} : { text: kept.text, sha256: kept.sha256 }),
    ...(kept?.parts === undefined ? {} : { parts: kept.parts }),
    ...(reason === undefined ? {} : { reason }),
    ...(error === undefined ? {} : { error }),
    ...usageOf(found.usage),
  };
}

function usageOf(usage: Delegated['usage']): Pick<Ending, 'usage'> {
  if (usage === undefined || usage === null) {
    return {};
  }
  const { input_tokens: inputTokens, output_tokens: outputTokens, cost_usd: costUsd } = usage;
  return {
    usage: {
      ...(inputTokens === undefined ? {} : { inputTokens }),
      ...(outputTokens === undefined ? {} : { outputTokens }),
      ...(costUsd === undefined ? {} : { costUsd }),
    },
  };
}

/** D5: what is not what was kept is not handed on. */
async function wholeOf(shown: Kept & { truncated?: boolean }, read: () => Promise<Kept>): Promise<Kept> {
  const kept = shown.truncated === true ? await read() : shown;
  if (kept.sha256 !== shown.sha256 || typeof kept.text !== 'string' || hash('sha256', kept.text) !== kept.sha256) {
    throw new DeskError({
      code: 'broken_result',
      message: 'what came back is not what was kept: its hash is another',
      fix: 'Something between here and the platform changes what it carries.',
    });
  }
  return kept;
}

async function readWhole(place: Place, id: string, signal: AbortSignal): Promise<Kept> {
  const path = pathOf(place, id, '/result');
  try {
    return await once<Kept>(place, { method: 'GET', path, signal });
  } catch (error) {
    if (error instanceof DeskError && error.code === 'answer_too_large') {
      return readPieces(place, path, signal);
    }
    throw error;
  }
}

/** So many that no way of writing them as JSON is too large for one answer. */
const PIECE_CHARACTERS = 2 * 1024 * 1024;

/** The text alone: only text that is written very long in JSON comes to this. */
async function readPieces(place: Place, path: string, signal: AbortSignal): Promise<Kept> {
  const pieces: string[] = [];
  for (let offset = 0; ; offset += PIECE_CHARACTERS) {
    const query = { offset, limit: PIECE_CHARACTERS };
    const piece = await once<Kept & { characters: number }>(place, { method: 'GET', path, query, signal });
    pieces.push(piece.text);
    if (piece.characters !== PIECE_CHARACTERS) {
      return { text: pieces.join(''), length: piece.length, sha256: piece.sha256 };
    }
  }
}
