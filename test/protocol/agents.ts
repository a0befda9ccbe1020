/**
 * Agents at a platform of a test: one with a desk and the tools that a model would have there, a peer that answers, and
 * one that fetches its work.
 */
import assert from 'node:assert/strict';
import { openDesk } from '../../src/runtime/index.ts';
import { callTool, toolNamed, type ToolAnswer, type ToolContext } from '../../src/tools/index.ts';
import type { Fields, House } from './support.ts';

type More = Record<string, unknown>;

export interface Agent {
  id: string;
  token: string;
  context: ToolContext;
  call: (name: string, input?: More, changed?: Partial<ToolContext>) => Promise<ToolAnswer>;
}

/** A peer that fetches its work, and does with it what the test says. */
export interface Worker {
  id: string;
  fetch: () => Promise<Fields>;
  work: (id: string, verb: string, body: More) => Promise<void>;
}

/** The house is opened after this is asked for. */
export function agentsAt(house: () => House) {
  let agents = 0;
  const named = (kind: string) => {
    agents += 1;
    return `${kind}-${agents}`;
  };
  return {
    async agent(more: More = {}): Promise<Agent> {
      const id = named('agent');
      const { token } = await house().seat(id, more);
      const context = { desk: openDesk({ url: house().url, token, workspace: id }), seen: new Map<string, number>() };
      return { id, token, context, call: async (...said) => calling(context, ...said) };
    },
    async peerThat(behave: Parameters<House['peer']>[0], more: More = {}): Promise<string> {
      const id = named('peer');
      const peer = await house().peer(behave);
      await house().seat(id, { url: peer.url, ...more });
      return id;
    },
    async worker(more: More = {}): Promise<Worker> {
      const id = named('worker');
      const { token } = await house().seat(id, { pull: true, ...more });
      return workerAt(house(), { id, token });
    },
  };
}

async function calling(
  context: ToolContext,
  name: string,
  input: More = {},
  changed: Partial<ToolContext> = {},
): Promise<ToolAnswer> {
  const spec = toolNamed(name);
  assert.ok(spec !== undefined, `no tool ${name}`);
  const answer = await callTool(spec, { ...context, ...changed }, input);
  if (!answer.isError) {
    spec.output.parse(answer.structured);
  }
  return answer;
}

function workerAt(house: House, { id, token }: { id: string; token: string }): Worker {
  return {
    id,
    async fetch() {
      const { rows } = await house.call('GET', `/workspaces/${id}/assignments?wait=5`, { token });
      assert.ok(rows[0] !== undefined, 'there was nothing to fetch');
      return rows[0];
    },
    async work(delegation, verb, body) {
      const path = `/workspaces/${id}/assignments/${delegation}/${verb}`;
      const { status, text } = await house.call('POST', path, { token, body: { epoch: 1, ...body } });
      assert.equal(status, 200, text);
    },
  };
}
