/**
 * Whether a message list is legal for a provider, and whether a turn may follow it now.
 *
 * A background result comes back as a turn of the user's in a list that the host keeps. These functions prove that
 * the list so built is one that the provider takes: pure, in one pass, for any value at all. They judge a list at
 * rest: that it may end with the assistant's words is no fault, that a call is open at its end is one.
 */
import { aiSdk } from './ai-sdk.ts';
import { anthropic } from './anthropic.ts';
import type { Fault } from './fault.ts';
import { gemini } from './gemini.ts';
import type { Judge } from './judge.ts';
import { langchain } from './langchain.ts';
import { Ledger } from './ledger.ts';
import { openaiChat } from './openai-chat.ts';
import { openaiResponses } from './openai-responses.ts';
import { copyOf, isList, isObject, lengthOf, MESSAGES_MAX } from './read.ts';

export const PROVIDERS = ['openai-chat', 'openai-responses', 'anthropic', 'gemini', 'ai-sdk', 'langchain'] as const;

export type Provider = (typeof PROVIDERS)[number];

const JUDGES: Readonly<Record<Provider, Judge>> = {
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  anthropic,
  gemini,
  'ai-sdk': aiSdk,
  langchain,
};

/** What is wrong with the list, the first hundred faults at most; empty where the provider takes it. Never throws. */
export function checkMessages(messages: readonly unknown[], provider: Provider): Fault[] {
  const ledger = readThrough(messages, provider);
  if (isList(messages) && lengthOf(messages) === 0) {
    ledger.blame(0, 'empty-list', 'The list is empty; a request needs a message.');
  }
  return ledger.faults;
}

/** Whether a turn may be put at the end now: no call is open, and nothing else has to come first. Never throws. */
export function mayTakeTurn(messages: readonly unknown[], provider: Provider): boolean {
  return whyNotNow(messages, provider) === undefined;
}

/** Why no turn may be put at the end now; undefined where one may. */
export function whyNotNow(messages: readonly unknown[], provider: Provider): string | undefined {
  return readThrough(messages, provider).hold;
}

export function judgeOf(provider: Provider): Judge | undefined {
  return Object.hasOwn(JUDGES, provider) ? JUDGES[provider] : undefined;
}

function readThrough(messages: unknown, provider: Provider): Ledger {
  const ledger = new Ledger();
  const judge = judgeOf(provider);
  if (judge === undefined) {
    ledger.blame(0, 'provider', `The provider must be one of: ${PROVIDERS.join(', ')}.`);
    ledger.holds('the provider is unknown');
  } else if (!isList(messages)) {
    ledger.blame(0, 'not-a-list', 'The messages must be a list.');
    ledger.holds('the messages are no list');
  } else if (lengthOf(messages) > MESSAGES_MAX) {
    ledger.blame(MESSAGES_MAX, 'too-long', `The list has more than ${MESSAGES_MAX} messages; send fewer.`);
    ledger.holds('the list is too long');
  } else {
    const list = copyOf(messages, MESSAGES_MAX);
    for (const [index, message] of list.entries()) {
      if (!isObject(message)) {
        ledger.blame(index, 'not-a-message', `Message ${index} is no object.`);
      }
    }
    judge.judge(list, ledger);
  }
  return ledger;
}
