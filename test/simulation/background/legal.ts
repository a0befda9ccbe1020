/**
 * The message list of a host as a provider takes it: roles alternate, and every call of a tool is answered before
 * anything else is said.
 */
export type Message =
  | { role: 'user'; text: string }
  | { role: 'assistant'; calls: readonly string[] }
  | { role: 'tool'; call: string };

/** What is wrong with it, or nothing. */
export function wrongOrder(messages: readonly Message[]): string | undefined {
  let open = new Set<string>();
  let last: Message | undefined;
  for (const [index, message] of messages.entries()) {
    const wrong = wrongAfter(last, message, open);
    if (wrong !== undefined) {
      return `message ${index}: ${wrong}`;
    }
    if (message.role === 'assistant') {
      open = new Set(message.calls);
    } else if (message.role === 'tool') {
      open.delete(message.call);
    }
    last = message;
  }
  return undefined;
}

function wrongAfter(last: Message | undefined, message: Message, open: ReadonlySet<string>): string | undefined {
  if (message.role === 'tool') {
    return open.has(message.call) ? undefined : 'a result that no call asked for';
  }
  if (open.size > 0) {
    return `a word of the ${message.role} while a call is open`;
  }
  if (message.role === 'assistant') {
    return last === undefined || last.role === 'assistant' ? 'two words of the assistant in a row' : undefined;
  }
  return last === undefined || last.role === 'assistant' ? undefined : 'a word of the user where the assistant speaks';
}

/** Up to where the assistant last had nothing open: what a host that was cut off begins with again. */
export function whole(messages: readonly Message[]): Message[] {
  const last = messages.findLastIndex((message) => message.role === 'assistant' && message.calls.length === 0);
  return messages.slice(0, last + 1);
}
