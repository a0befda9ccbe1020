/**
 * The model of the story: it does what the answers say and nothing else. Where an answer about work that is under way
 * sounds like a failure, or like leave to do it oneself, it does it itself, as a real one would.
 */
import assert from 'node:assert/strict';
import type { Model } from './kit.ts';

export const ADRIFT = 'I have done it myself.';

/** What forbids it does not invite to it. */
const FORBIDDEN = /do not (?:delegate it again|do it yourself)|that is not a failure/gu;
const INVITING =
  /yourself|on your own|\binstead\b|fall ?back|fail|error|unavailable|unable|could not|timed? ?out|reject|refus|try again|retry|another peer/iu;

export function invites(text: string): boolean {
  return INVITING.test(text.replaceAll(FORBIDDEN, ''));
}

export function careful(task: string, peer: string): Record<'delegate' | 'delegateAndWait' | 'carryOn', Model> {
  const own: string[] = [];
  return {
    delegate: handingOver('delegate_task_async', { workspace_id: peer, task }, own),
    delegateAndWait: handingOver(
      'delegate_task',
      { workspace_id: peer, task: `${task} Another one.`, wait_ms: 20 },
      own,
    ),
    carryOn({ answers }) {
      const [looked, read] = answers.map(({ text }) => text);
      if (looked === undefined) {
        return { call: 'list_peers', id: 'look', input: {} };
      }
      const [told] = [...looked.matchAll(/dlg_\w+(?=: completed)/gu)]
        .map(([id]) => id)
        .filter((id) => own.includes(id));
      if (told === undefined) {
        return { say: invites(looked) ? ADRIFT : 'Nothing new; going on.' };
      }
      if (read === undefined) {
        return { call: 'check_task_status', id: 'read', input: { task_id: told } };
      }
      assert.match(read, /Next: use the result\.$|Next: use the result\.\n/u);
      return { say: `It came back: ${/<untrusted-result \S+>\n([^]*?)\n<\//u.exec(read)?.[1] ?? read}` };
    },
  };
}

function handingOver(tool: string, input: Record<string, unknown>, own: string[]): Model {
  return ({ answers }) => {
    const [listed, handed] = answers.map(({ text }) => text);
    if (listed === undefined) {
      return { call: 'list_peers', id: `${tool}-peers`, input: { q: 'writer' } };
    }
    assert.ok(listed.includes(`ID: ${String(input['workspace_id'])},`), listed);
    if (handed === undefined) {
      return { call: tool, id: `${tool}-1`, input };
    }
    const [id] = /dlg_\w+/u.exec(handed) ?? [];
    if (id === undefined || invites(handed)) {
      return { say: ADRIFT };
    }
    own.push(id);
    return { say: `Handed over as ${id}; going on.` };
  };
}
