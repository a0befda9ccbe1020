/**
 * The story that every example of a framework tells without a platform: an agent hands two tasks to functions of its own
 * program, goes on working while they run, is told of both by one turn once it is idle, and answers from it.
 */
import { open, type Background, type Handle, type Turn } from '../src/background/index.ts';
import type { Desk } from '../src/tools/index.ts';
import { judged } from './judged.ts';
import type { Model, Move, Seen } from './script.ts';

const HOURS = 'The museum is closed on Mondays.';
const HAIKU = 'One waits, one is served';
const FIRST = 'Find out when the museum is open, and have a haiku about queues written.';
const SECOND = 'Who am I talking to, by the way?';

/** One conversation: what is said to the agent next, the model that answers, and what it answers in the end. */
export type Conversation = (prompt: string, model: Model) => Promise<string>;

export async function tell(framework: string, agentAt: (desk: Desk) => Conversation): Promise<void> {
  const title = `An agent (${framework}), and two functions of the same program that are slower than it.`;
  await judged(title, async () => {
    const free = Promise.withResolvers<true>();
    await using background = await open({
      workspaces: {
        clerk: { role: 'knows when what is open', run: async () => free.promise.then(() => HOURS) },
        poet: { role: 'writes poems', run: async () => free.promise.then(() => HAIKU) },
      },
    });
    await play(background, agentAt(background.desk()), () => free.resolve(true));
  });
}

async function play(background: Background, converse: Conversation, bothAreDone: () => void): Promise<void> {
  /** No turn comes between: a host says when it works, and when it is idle. */
  async function say(prompt: string, by: 'user' | 'turn' = 'user'): Promise<string> {
    background.busy();
    console.log(`${by}    ${prompt}`);
    const said = await converse(prompt, agent);
    console.log(`agent   ${said}`);
    return said;
  }

  const handed = await say(FIRST);
  must(handed === 'The clerk and the poet are at it, and I go on.', 'the agent handed nothing over');
  must((await say(SECOND)) === 'You are talking to main.', 'the agent did not go on');
  const active = await background.active();
  must(active.length === 2, `${active.length} tasks were at work while the agent went on`);
  bothAreDone();
  await Promise.all(active.map(async ({ id }) => ended(background.handle(id))));
  console.log('clerk   (is done)\npoet    (is done)');
  background.idle();
  const turn = await nextOf(background);
  must(turn.tasks.length === 2, `the turn told of ${turn.tasks.length}`);
  const told = await say(turn.text, 'turn');
  must(told === `I have both. ${HOURS} And here is the haiku: ${HAIKU}.`, 'the agent did not use the turn');
  await turn.acknowledge();
  must((await background.desk().unread(5)).length === 0, 'something is still to be told');
}

/** Follows what happens to it, which takes nothing from whoever is to be told. */
async function ended({ events }: Handle): Promise<void> {
  for await (const { type } of events) {
    if (type === 'delegation.settled') {
      return;
    }
  }
}

async function nextOf(background: Background): Promise<Turn> {
  for await (const turn of background.turns()) {
    return turn;
  }
  throw new Error('nothing was told');
}

function must(holds: boolean, otherwise: string): void {
  if (!holds) {
    throw new Error(otherwise);
  }
}

/** What the model of the framework does next, from what it was told last and has read. */
const agent: Model = (seen) => {
  const move = moveOf(seen);
  if ('call' in move) {
    console.log(`agent   → ${move.call}(${JSON.stringify(move.input)})`);
  }
  return move;
};

function moveOf({ heard = '', answers }: Seen): Move {
  const read = answers.map(({ text }) => text);
  if (heard === FIRST) {
    return (
      [
        () => handOver('call-1', 'clerk', 'When is the museum open?'),
        () => handOver('call-2', 'poet', 'Write a haiku about queues.'),
        () => ({ call: 'check_task_status', id: 'call-3', input: {} }),
      ][read.length]?.() ?? { say: goesOn(read) }
    );
  }
  if (read.length < 3) {
    return { say: 'I have forgotten what I did.' };
  }
  if (heard === SECOND) {
    const who = read[3];
    return who === undefined
      ? { call: 'get_workspace_info', id: 'call-4', input: {} }
      : { say: `You are talking to ${/"name":"(\w+)"/u.exec(who)?.[1]}.` };
  }
  const results = [...heard.matchAll(/→ (\w+)\n[^]*?<untrusted-result \S+>\n([^]*?)\n<\//gu)];
  const of = new Map(results.map(([, name, text]) => [name, text]));
  return { say: `I have both. ${of.get('clerk')} And here is the haiku: ${of.get('poet')}.` };
}

function handOver(id: string, peer: string, task: string): Move {
  return { call: 'delegate_task_async', id, input: { workspace_id: peer, task } };
}

function goesOn([clerk = '', poet = '', all = '']: readonly string[]): string {
  const { tasks } = JSON.parse(all) as { tasks: { task_id: string; status: string }[] };
  const atWork = tasks.filter(({ task_id: id }) => clerk.includes(id) || poet.includes(id));
  return atWork.length === 2 ? 'The clerk and the poet are at it, and I go on.' : 'Nobody is at it.';
}
