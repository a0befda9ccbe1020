/**
 * Plays the demo: sets the stage, lets the story happen, proves what was told, and stays up or ends.
 */
import { systemClock } from '../../server/index.ts';
import { EXIT, Failure, type Exit } from '../failure.ts';
import { interruption, untilInterrupted } from '../interrupted.ts';
import type { Out } from '../out.ts';
import { follow } from '../stream.ts';
import { count, span } from '../words.ts';
import { prove, type Claim } from './proof.ts';
import { LEAD, setStage, type Stage, type StageWishes } from './stage.ts';
import { Story } from './story.ts';
import { Teller } from './teller.ts';

const STORY_MS_MAX = 60_000;

interface Playing extends StageWishes {
  out: Out;
  once: boolean;
}

export async function play({ out, once, ...wishes }: Playing): Promise<Exit> {
  const stop = untilInterrupted();
  const teller = new Teller(out);
  const stage = await setStage(wishes);
  try {
    const agents = [...stage.troupe.peers.keys()].join(', ');
    teller.say('up', `a platform at ${stage.url}, with ${agents}, and lead, who delegates`, {
      url: stage.url,
      data: stage.data,
    });
    const story = new Story(stage.lead, teller);
    await perform(stage, { story, teller, stop });
    const holds = await judge(stage, { story, teller, out });
    if (!once && !stop.aborted) {
      invite(out, stage);
      await interruption(stop);
    }
    return holds ? EXIT.done : EXIT.failed;
  } finally {
    await stage.close();
  }
}

/** The story, its inbox and its events, side by side; what fails first ends them all. */
async function perform(stage: Stage, parts: { story: Story; teller: Teller; stop: AbortSignal }): Promise<void> {
  const { story, teller, stop } = parts;
  const over = new AbortController();
  const either = AbortSignal.any([stop, over.signal]);
  const open = Promise.withResolvers<undefined>();
  const heard = listen(stage, { story, teller, signal: either, onOpen: () => open.resolve(undefined) });
  const read = story.readInbox(either);
  const limit = systemClock.after(STORY_MS_MAX, () => over.abort('time'));
  const stopped = interruption(either).then((why) => {
    throw new Failure({
      code: why === 'time' ? 'not_told' : 'interrupted',
      message: why === 'time' ? `the story was not through after ${span(STORY_MS_MAX)}` : 'the story was interrupted',
      exit: EXIT.failed,
    });
  });
  try {
    await Promise.race([open.promise, heard, stopped]);
    const told = story.delegateAll(either);
    await Promise.race([told, stopped, forever(heard), forever(read)]);
  } finally {
    limit.cancel();
    over.abort('over');
    await Promise.allSettled([heard, read, stopped]);
  }
}

/** Ends only by failing. */
async function forever(work: Promise<void>): Promise<never> {
  await work;
  return new Promise<never>(() => {});
}

async function listen(
  stage: Stage,
  parts: { story: Story; teller: Teller; signal: AbortSignal; onOpen: () => void },
): Promise<void> {
  const { story, teller, signal, onOpen } = parts;
  for await (const event of follow(stage.lead, { workspace: LEAD, signal, onOpen })) {
    teller.hear(event);
    if (event.type === 'delegation.dispatched' || event.type === 'delegation.settled') {
      await story.showQueue();
    }
  }
}

async function judge(stage: Stage, parts: { story: Story; teller: Teller; out: Out }): Promise<boolean> {
  const { story, teller, out } = parts;
  const tookMs = teller.elapsedMs;
  const claims = await prove(stage, story);
  const holds = claims.every((one) => one.holds);
  teller.chapter('Was it true?');
  if (!out.json) {
    out.raw(`${claims.map((one) => claimWords(out, one)).join('\n')}\n`);
  }
  const words = `${count(story.errands.length, 'delegation')}, ${count(story.notices.length, 'notice')}, ${span(tookMs)}: ${
    holds ? 'all of it holds' : 'something does not hold'
  }`;
  teller.say('summary', words, { ok: holds, delegations: story.errands.length, took_ms: tookMs, claims });
  return holds;
}

function claimWords(out: Out, { claim, holds, found }: Claim): string {
  const mark = holds ? out.paint('green', 'yes') : out.paint('red', ' no');
  return `    ${mark}  ${claim}${found === undefined ? '' : ` (${found})`}`;
}

function invite(out: Out, stage: Stage): void {
  const errand = import.meta.filename.endsWith('.ts') ? 'npm run -s errand --' : 'npx errand';
  const where = `--url ${stage.url}`;
  out.aside(
    [
      '',
      'The platform stays up; Ctrl-C ends it. In another terminal:',
      `  ${errand} watch ${where}`,
      `  ${errand} delegate reviewer "Review chapter 1" --wait ${where}`,
      `  ${errand} list ${where}`,
    ].join('\n'),
  );
}
