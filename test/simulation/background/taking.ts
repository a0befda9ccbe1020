/**
 * Waiting, and what comes of it: whatever is handed to somebody who waits is theirs, and is what it really was.
 */
import type { Asking, Ending, Handle, Waited, WaitMode } from '../../../src/background/index.ts';
import { isIn, type Entry } from './ledger.ts';
import { CALLEES } from './plan.ts';
import type { Stage } from './stage.ts';
import type { Tenure } from './tenure.ts';
import { wrongMade } from './typed.ts';

export async function taking(
  stage: Stage,
  tenure: Tenure,
  handles: readonly Pick<Handle, 'id'>[],
  wait: () => Promise<readonly (Ending | undefined)[]>,
): Promise<void> {
  // One whose key was used before has another id a moment later.
  const ids = handles.map(({ id }) => id);
  for (const id of ids) {
    tenure.waits.set(id, (tenure.waits.get(id) ?? 0) + 1);
  }
  let endings: readonly (Ending | undefined)[] = [];
  try {
    endings = await wait();
  } finally {
    for (const id of ids) {
      const left = (tenure.waits.get(id) ?? 1) - 1;
      if (left === 0) {
        tenure.waits.delete(id);
      } else {
        tenure.waits.set(id, left);
      }
    }
  }
  for (const ending of endings.filter((one) => one !== undefined)) {
    stage.world.say(`taken: ${stage.ledger.byId.get(ending.id)?.name ?? ending.id} ${ending.status}`);
    judge(stage, ending, tenure);
  }
}

function judge({ ledger, rows }: Stage, ending: Ending, tenure: Tenure): void {
  const entry = ledger.byId.get(ending.id);
  const isTold = ending.error?.includes('it is told at the next start') === true;
  if (isTold && tenure.isClosing) {
    return;
  }
  // Whoever asked may have died before it heard that it was accepted.
  if (entry === undefined || rows.byId(ending.id) === undefined) {
    if (ending.reason !== 'rejected' && !isTold) {
      ledger.complain('right ending', `${entry?.name ?? ending.id} was refused, and is ${ending.status}`);
    }
    return;
  }
  if (ending.reason === 'rejected' && ending.id !== entry.id) {
    // Asked for twice under one key, refused once.
    return;
  }
  const settled = ledger.settled.get(ending.id)?.status;
  if (settled !== ending.status) {
    ledger.complain('right ending', `${entry.name} is ${settled ?? 'alive'}, and taken as ${JSON.stringify(ending)}`);
  }
  const wrong = ending.status === 'completed' ? wrongMade(entry.to, entry.plan, ending) : undefined;
  if (wrong !== undefined) {
    ledger.complain(CALLEES[entry.to].isTyped === true ? 'typed' : 'right ending', `${entry.name}: ${wrong}`);
  }
  entry.taken.push(ending);
}

interface Wish {
  mode: WaitMode;
  handles: readonly Handle[];
  /** It may have been over before there were enough. */
  isOver: boolean;
}

export function judgeWaited({ ledger }: Stage, { endings, open }: Waited, { mode, handles, isOver }: Wish): void {
  const first = typeof mode === 'object' ? mode.first : 1;
  const enough = mode === 'all' ? handles.length : Math.min(first, handles.length);
  if (!isOver && endings.length < enough) {
    ledger.complain('enough endings', `${endings.length} of ${handles.length} came for ${JSON.stringify(mode)}`);
  }
  if (endings.length + open.length !== handles.length) {
    ledger.complain('enough endings', `${endings.length} ended, ${open.length} are open, of ${handles.length}`);
  }
}

/** What may not wait is at work at once, and what is wrong is not taken. */
export function judgeAdmission(
  { ledger, bounds }: Stage,
  asking: Asking,
  { entry, isWrong }: { entry: Entry; isWrong: boolean },
): void {
  const { admission, name } = entry;
  if (isWrong && isIn(admission)) {
    ledger.complain('typed', `${name} was given a word for a number, and is taken`);
  }
  const full = asking.full ?? bounds.opening.full ?? 'queue';
  const isHeld = asking.startAt !== undefined || asking.conversation !== undefined;
  if (full !== 'queue' && !isHeld && admission?.kind === 'accepted' && admission.state !== 'running') {
    ledger.complain('refused never runs', `${name} may not wait, and is ${admission.state}`);
  }
}
