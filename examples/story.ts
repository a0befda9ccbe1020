/**
 * The story that every example of a framework tells: a peer, and an agent that delegates, carries on, is told, and uses
 * what came back.
 */
import { openDesk } from '../src/runtime/index.ts';
import type { Desk } from '../src/tools/index.ts';
import { onPlatform } from './platform.ts';
import type { Model, Move } from './script.ts';

const HAIKU = 'One waits, one is served';

/** One turn of a conversation: what the user says, the model that answers, and what it answers in the end. */
export type Turn = (prompt: string, model: Model) => Promise<string>;

export async function tell(framework: string, agentAt: (desk: Desk, url: string) => Turn): Promise<void> {
  await onPlatform(`An agent of the ${framework}, and a writer that is slower than it.`, async (url) => {
    for (const id of ['lead', 'writer']) {
      await post(`${url}/workspaces`, { id, name: id, pull: id === 'writer' });
    }
    const desk = openDesk({ url, workspace: 'lead' });
    const failed = await play(desk, agentAt(desk, url), async () => write(url));
    if (failed !== undefined) {
      throw new Error(failed);
    }
  });
}

/** What did not come true, if anything. */
async function play(desk: Desk, turn: Turn, writerIsDone: () => Promise<void>): Promise<string | undefined> {
  async function say(prompt: string, model: Model): Promise<string> {
    console.log(`user    ${prompt}`);
    const said = await turn(prompt, (seen) => shown(model(seen)));
    console.log(`agent   ${said}`);
    return said;
  }

  const handed = await say('Have a haiku about queues written.', delegates);
  const [id] = /dlg_\w+/u.exec(handed) ?? [];
  if (id === undefined) {
    return 'nothing was delegated';
  }
  if ((await say('Who am I here?', carriesOn)) !== 'You are lead.') {
    return 'the agent did not carry on';
  }
  await writerIsDone();
  console.log('writer  (is done)');
  if ((await say('And who else is there?', isTold)) !== `There is a writer, and it wrote: ${HAIKU}.`) {
    return 'the agent was not told';
  }
  const [unread, delegated] = [await desk.unread(5), await desk.look(id)];
  if (delegated?.status !== 'completed' || unread.length > 0) {
    return `the task is ${delegated?.status}, and ${unread.length} endings are unread`;
  }
  return undefined;
}

function delegates({ answers }: Parameters<Model>[0]): Move {
  const [answer] = answers;
  if (answer === undefined) {
    const input = { workspace_id: 'writer', task: 'Write a haiku about queues.' };
    return { call: 'delegate_task_async', id: 'call-1', input };
  }
  const { task_id: id, state, next_action: next } = JSON.parse(answer.text) as Record<string, string>;
  return { say: `The writer has it as ${id}. It is ${state}, so I ${next?.split(';')[0]}, and go on with other work.` };
}

function carriesOn({ answers }: Parameters<Model>[0]): Move {
  const [answer] = answers;
  if (answer === undefined) {
    return { call: 'get_workspace_info', id: 'call-2', input: {} };
  }
  return { say: `You are ${/"name":"(\w+)"/u.exec(answer.text)?.[1]}.` };
}

/** It asks about something else, and finds below the answer what came in the meantime. */
function isTold({ answers }: Parameters<Model>[0]): Move {
  const [peers, task] = answers.map(({ text }) => text);
  if (peers === undefined) {
    return { call: 'list_peers', id: 'call-3', input: {} };
  }
  const [id] = /dlg_\w+(?=: completed)/u.exec(peers) ?? [];
  if (id === undefined) {
    return { say: 'There is a writer.' };
  }
  if (task === undefined) {
    return { call: 'check_task_status', id: 'call-4', input: { task_id: id } };
  }
  return { say: `There is a writer, and it wrote: ${/<untrusted-result \S+>\n([^]*?)\n<\//u.exec(task)?.[1]}.` };
}

function shown(move: Move): Move {
  if ('call' in move) {
    console.log(`agent   → ${move.call}(${JSON.stringify(move.input)})`);
  }
  return move;
}

/** The writer takes its work, and ends it. */
async function write(url: string): Promise<void> {
  const own = `${url}/workspaces/writer/assignments`;
  const [work] = (await (await fetch(`${own}?wait=10`)).json()) as { delegation_id: string; epoch: number }[];
  await post(`${own}/${work?.delegation_id}/complete`, { epoch: work?.epoch, text: HAIKU });
}

async function post(url: string, body: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) {
    throw new Error(await response.text());
  }
}
