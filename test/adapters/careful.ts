/**
 * The model of the story: it does what the answers say and nothing else. Where an answer about work that is under way
 * leaves it open to do that itself, or to hand it over again, it does so, as a real one would.
 */
import assert from 'node:assert/strict';
import { actionsIn } from '../../bench/bypass/reader.ts';
import type { Model } from '../../examples/script.ts';

export const ADRIFT = 'I have done it myself.';

export function careful(task: string, peer: string): Record<'delegate' | 'delegateAndWait' | 'carryOn', Model> {
  const own: string[] = [];
  return {
    delegate: handingOver('delegate_task_async', { workspace_id: peer, task }, own),
    delegateAndWait: handingOver('delegate_task', { workspace_id: peer, task: `${task} Again.`, wait_ms: 20 }, own),
    carryOn({ answers }) {
      const [looked, read] = answers.map(({ text }) => text);
      if (looked === undefined) {
        return { call: 'list_peers', id: 'look', input: {} };
      }
      const told = [...looked.matchAll(/dlg_\w+(?=: completed)/gu)].map(([id]) => id).find((id) => own.includes(id));
      if (told === undefined) {
        return { say: isLeftOpen(looked) ? ADRIFT : 'Nothing new; going on.' };
      }
      if (read === undefined) {
        return { call: 'check_task_status', id: 'read', input: { task_id: told } };
      }
      const [, result] = /<untrusted-result \S+>\n([^]*?)\n<\//u.exec(read) ?? [];
      return { say: actionsIn(read).has('use') ? `It came back: ${result}` : 'There is nothing to use.' };
    },
  };
}

function handingOver(tool: string, input: { workspace_id: string; [more: string]: unknown }, own: string[]): Model {
  return ({ answers }) => {
    const [listed, handed] = answers.map(({ text }) => text);
    if (listed === undefined) {
      return { call: 'list_peers', id: `${tool}-peers`, input: {} };
    }
    assert.ok(listed.includes(`ID: ${input.workspace_id},`), listed);
    if (handed === undefined) {
      return { call: tool, id: `${tool}-1`, input };
    }
    const [id] = /dlg_\w+/u.exec(handed) ?? [];
    const isToWait = actionsIn(handed).has('wait');
    if (id === undefined || !isToWait || isLeftOpen(handed)) {
      return { say: ADRIFT };
    }
    own.push(id);
    return { say: `Handed over as ${id}; going on.` };
  };
}

function isLeftOpen(text: string): boolean {
  const open = actionsIn(text);
  return open.has('itself') || open.has('other_peer') || open.has('again') || open.has('leave');
}
