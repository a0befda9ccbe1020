/**
 * OpenAI Responses: a list of items, in which calls and outputs are items of their own.
 *
 * The API pairs by `call_id`, wherever the two stand: it refuses a call without its output, and an output without its
 * call. Messages of the assistant and reasoning may stand between them, since a model says both in one response. That
 * it takes a user's message there too is no help: servers that speak the same language refuse it, a model reads it as
 * said before the result, and in this house a turn is never put between a call and its result. So that is a fault here.
 * An id is used once, since two calls of one id share whatever answers them. Hosted tools bring their results along. A
 * reasoning item that the API stored (it has an id) is refused without the item it led to. System and developer
 * messages count as the user's here; they may stand anywhere else. A list that leans on stored items (`item_reference`)
 * is judged without those: an output after one may belong to it. Lists that lean on `previous_response_id` are not
 * whole, and are not for this function. Items of types not named here are passed over: the API adds to them.
 */
import type { Judge } from './judge.ts';
import type { Ledger } from './ledger.ts';
import { field } from './read.ts';

/** Calls that the caller has to answer; the output of each is its name and `_output`. */
const CALLS = [
  'function_call',
  'custom_tool_call',
  'computer_call',
  'local_shell_call',
  'shell_call',
  'apply_patch_call',
];
const OUTPUTS = new Map(CALLS.map((call) => [`${call}_output`, call]));
const ROLES = { key: 'role', known: ['user', 'assistant', 'system', 'developer'] };

export const openaiResponses: Judge = {
  judge(messages, ledger) {
    let reasoning: number | undefined;
    let leans = false;
    for (const [index, item] of messages.entries()) {
      const type = field(item, 'type') ?? 'message';
      const role = type === 'message' ? readMessage(index, item, ledger) : '';
      if (isTurn(role)) {
        afterReasoning(reasoning, ledger);
      }
      reasoning = type === 'reasoning' && typeof field(item, 'id') === 'string' ? index : undefined;
      leans ||= type === 'item_reference';
      if (typeof type !== 'string' || isForeign(type, item)) {
        ledger.blame(index, 'not-a-message', `Item ${index} has a type that is none of this API’s.`);
      } else if (CALLS.includes(type)) {
        ledger.calls(index, idOf(type, field(item, 'call_id')), { once: true });
      } else if (OUTPUTS.has(type)) {
        readOutput(index, { item, call: OUTPUTS.get(type) ?? '', leans }, ledger);
      }
    }
    afterReasoning(reasoning, ledger);
    ledger.closes(messages.length, messages.length);
  },

  add(messages, text) {
    return [...messages, { role: 'user', content: text }];
  },
};

/** Only messages and reasoning have content: whatever else does was written for another provider. */
function isForeign(type: string, item: unknown): boolean {
  return type !== 'message' && type !== 'reasoning' && field(item, 'content') !== undefined;
}

function isTurn(role: string): boolean {
  return role !== '' && role !== 'assistant';
}

function readMessage(index: number, item: unknown, ledger: Ledger): string {
  const role = ledger.roleOf(index, item, ROLES);
  const content = field(item, 'content');
  const parts = ledger.parts(index, content);
  if (parts === undefined ? typeof content !== 'string' : parts.length === 0) {
    ledger.empty(index);
  }
  if (isTurn(role) && ledger.hasOpen) {
    ledger.blame(index, 'turn-inside-pair', `Item ${index} is a turn between a call and its result.`);
  }
  return role;
}

function readOutput(
  index: number,
  { item, call, leans }: { item: unknown; call: string; leans: boolean },
  ledger: Ledger,
): void {
  // The output of a local shell names its call by `id`.
  const id = idOf(call, field(item, 'call_id') ?? (call === 'local_shell_call' ? field(item, 'id') : undefined));
  if (!leans || ledger.isKnown(id)) {
    ledger.answers(index, id);
  }
}

/** An output answers a call of its own kind only. */
function idOf(call: string, id: unknown): unknown {
  return typeof id === 'string' && id !== '' && call !== 'function_call' ? `${call} ${id}` : id;
}

function afterReasoning(reasoning: number | undefined, ledger: Ledger): void {
  if (reasoning !== undefined) {
    ledger.blame(reasoning, 'reasoning-alone', `Item ${reasoning} is reasoning without the item that it led to.`);
    ledger.holds(`the reasoning in item ${reasoning} stands alone`);
  }
}
