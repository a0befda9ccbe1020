/**
 * Judges a campaign by its ledger: what was accepted is there and has one ending, nothing that may run once ran twice,
 * and of every ending there was one copy for a host that acknowledges.
 *
 * A copy that was in hand when the process was killed may come again, and nothing else may.
 */
import { NEVER_TWICE } from './callees.ts';
import type { Entry, What } from './ledger.ts';

export interface Finding {
  kind: 'lost' | 'double' | 'again' | 'untold' | 'twice' | 'other';
  id: string;
  what: string;
}

export interface Verdict {
  accepted: number;
  settled: number;
  ran: number;
  /** As it is declared: retried or resumed. */
  ranAgain: number;
  unknown: number;
  told: number;
  toldAgain: number;
  waited: number;
  findings: Finding[];
}

/** So often a task may take its process along. */
const ATTEMPTS = 6;

interface Story {
  id: string;
  lines: Entry[];
  isAsked: boolean;
}

export function judge(ledger: readonly Entry[]): Verdict {
  const stories = storiesOf(ledger);
  const all = [...stories.values()];
  const findings = [
    ...keysOf(ledger),
    ...all.flatMap((story) => [...endingOf(story), ...runsOf(story), ...copiesOf(story)]),
  ];
  const count = (what: What): number => all.reduce((sum, { lines }) => sum + of(lines, what).length, 0);
  return {
    accepted: all.filter(({ isAsked }) => isAsked).length,
    settled: count('settled'),
    ran: count('began'),
    ranAgain: all.reduce((sum, { lines }) => sum + Math.max(0, of(lines, 'began').length - 1), 0),
    unknown: all.filter(({ lines }) => of(lines, 'settled')[0]?.reason === 'outcome_unknown').length,
    told: count('told'),
    toldAgain: all.reduce((sum, { lines }) => sum + Math.max(0, of(lines, 'told').length - 1), 0),
    waited: count('waited'),
    findings,
  };
}

function of(lines: readonly Entry[], what: What): Entry[] {
  return lines.filter((line) => line.what === what);
}

/** What the ledger says of each task, in its order. */
function storiesOf(ledger: readonly Entry[]): Map<string, Story> {
  const stories = new Map<string, Story>();
  for (const line of ledger) {
    for (const id of line.ids ?? (line.id === undefined ? [] : [line.id])) {
      const story = stories.get(id) ?? { id, lines: [], isAsked: false };
      stories.set(id, story);
      story.lines.push(line);
      story.isAsked ||= line.what === 'accepted';
    }
  }
  return stories;
}

/** One key is one task, however often it was asked for; and nothing that is asked for is refused. */
function keysOf(ledger: readonly Entry[]): Finding[] {
  const seen = new Map<string, string>();
  const findings: Finding[] = [];
  for (const { what, key = '', ids = [] } of ledger) {
    const said = ids.join(' ');
    if (what === 'refused') {
      findings.push({ kind: 'other', id: key, what: 'it was refused' });
    } else if (what === 'accepted' && (seen.get(key) ?? said) !== said) {
      findings.push({ kind: 'double', id: key, what: `one key, and ${said} beside ${seen.get(key) ?? ''}` });
    }
    if (what === 'accepted') {
      seen.set(key, said);
    }
  }
  return findings;
}

function endingOf({ id, lines, isAsked }: Story): Finding[] {
  const [settled] = of(lines, 'settled');
  if (settled === undefined) {
    return isAsked || of(lines, 'began').length > 0 ? [{ kind: 'lost', id, what: 'it has no ending' }] : [];
  }
  const findings: Finding[] = [];
  if (settled.count !== 1) {
    findings.push({ kind: 'double', id, what: `it was settled ${settled.count ?? 0} times` });
  }
  for (const { status, text, life } of of(lines, 'waited')) {
    if (status !== settled.status || text !== settled.text) {
      findings.push({
        kind: 'double',
        id,
        what: `in life ${life} it was ${status ?? ''}, in the end ${settled.status ?? ''}`,
      });
    }
  }
  const returned = of(lines, 'returned').map(({ text }) => text);
  if (settled.status === 'completed' && !returned.includes(settled.text)) {
    findings.push({ kind: 'other', id, what: `it is said to have made ${settled.text ?? ''}, and never did` });
  }
  return findings;
}

function runsOf({ id, lines }: Story): Finding[] {
  const runs = of(lines, 'began');
  const [settled] = of(lines, 'settled');
  const callee = settled?.callee ?? runs[0]?.callee ?? '';
  const findings: Finding[] = [];
  if (NEVER_TWICE.has(callee) && runs.length > 1) {
    findings.push({ kind: 'again', id, what: `it ran in the lives ${runs.map(({ life }) => life).join(' ')}` });
  }
  if (!NEVER_TWICE.has(callee) && settled?.reason === 'outcome_unknown' && runs.length < ATTEMPTS / 2) {
    findings.push({ kind: 'other', id, what: `${callee} was given up after ${runs.length} runs` });
  }
  const lives = runs.map(({ life }) => life);
  if (new Set(lives).size < lives.length) {
    findings.push({ kind: 'again', id, what: `it ran twice in one life: ${lives.join(' ')}` });
  }
  const steps = runs.map(({ count = 0 }) => count);
  if (steps.some((step, index) => step < (steps[index - 1] ?? 0))) {
    findings.push({ kind: 'other', id, what: `it went back: ${steps.join(' ')}` });
  }
  const end = lines.findIndex(({ what }) => what === 'waited');
  if (end !== -1 && lines.slice(end).some(({ what }) => what === 'began')) {
    findings.push({ kind: 'again', id, what: 'it began after its ending was known' });
  }
  return findings;
}

/** Only what the host itself asked for is told to it. */
function copiesOf({ id, lines, isAsked }: Story): Finding[] {
  const seen = lines.filter(({ what }) => what === 'told' || what === 'waited');
  if (!isAsked) {
    return of(lines, 'told').map(() => ({ kind: 'twice', id, what: 'it is a child, and the host was told of it' }));
  }
  if (seen.length === 0) {
    return [{ kind: 'untold', id, what: 'nobody was told of it' }];
  }
  const findings: Finding[] = [];
  const known = { isSure: false, life: -1 };
  for (const { what, life } of lines) {
    if (what === 'told' && (known.isSure || known.life === life)) {
      findings.push({ kind: 'twice', id, what: `it was told again in life ${life}` });
    }
    if (what === 'waited' && known.life === life && !known.isSure) {
      findings.push({ kind: 'twice', id, what: `it was told and waited for in life ${life}` });
    }
    if (what === 'told') {
      known.life = life;
    }
    known.isSure ||= what === 'waited' || what === 'acknowledged';
  }
  return findings;
}
