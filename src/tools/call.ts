/**
 * One call of a tool, whoever makes it: the input is read by the registry and never left to a framework, a refusal
 * becomes words that a model can act on, and what the caller has not read yet is said below the answer.
 */
import type { z } from 'zod';
import { DeskError, type Unread } from './desk.ts';
import type { Json, ToolContext, ToolSpec } from './spec.ts';

export interface ToolAnswer {
  /** By the output schema of the tool; of an error: `{success: false, error, code, fix}`. */
  structured: Json;
  /** What a model reads. */
  text: string;
  isError: boolean;
}

const UNREAD_MAX = 5;

export async function callTool(spec: ToolSpec, context: ToolContext, input: unknown): Promise<ToolAnswer> {
  const read = spec.input.safeParse(input ?? {});
  if (!read.success) {
    return refused({ code: 'invalid_request', error: wrong(spec, read.error), fix: `Correct it and call again.` });
  }
  try {
    const output = await spec.run(context, read.data as never);
    const unread = await unreadOf(context);
    const structured = unread.length === 0 ? output : { ...output, unread: unread.map(shown) };
    const said = spec.say === undefined ? JSON.stringify(output) : spec.say(output);
    return { structured, text: unread.length === 0 ? said : `${said}\n\n${footer(unread)}`, isError: false };
  } catch (error) {
    return refused(told(error, context.signal));
  }
}

function refused(why: { code: string; error: string; fix?: string | undefined }): ToolAnswer {
  const { code, error, fix } = why;
  const structured = { success: false, error, code, ...(fix === undefined ? {} : { fix }) };
  return { structured, text: JSON.stringify(structured), isError: true };
}

/** Never a stack: what went wrong, and what to do about it. */
function told(
  error: unknown,
  signal: AbortSignal | undefined,
): { code: string; error: string; fix?: string | undefined } {
  if (error instanceof DeskError) {
    const { code, message, fix } = error;
    return { code, error: code === 'role_forbids' ? `RBAC: ${message.replace(/^RBAC: /u, '')}` : message, fix };
  }
  if (signal?.aborted === true || (error instanceof Error && error.name === 'AbortError')) {
    return { code: 'aborted', error: 'The call was ended before it was answered.' };
  }
  return {
    code: 'internal',
    error: 'The tool failed by a fault of its own.',
    fix: 'Try again; tell the user if it stays.',
  };
}

function wrong(spec: ToolSpec, error: z.ZodError): string {
  const issues = error.issues.slice(0, 5).map(({ path, message }) => {
    const where = path.map(String).join('.').slice(0, 100);
    return where === '' ? message : `${where}: ${message}`;
  });
  return `${spec.name}: ${issues.join('; ').slice(0, 1000)}`;
}

/** What cannot be asked for is not worth failing an answer that is there. */
async function unreadOf({ desk, signal }: ToolContext): Promise<Unread[]> {
  return desk.unread(UNREAD_MAX, signal).catch(() => []);
}

function shown(one: Unread) {
  return { ...one, next_action: 'check_task_status(task_id) shows it' };
}

/** Delivery does not depend on it; it is for those who cannot be reached between their calls. */
function footer(unread: readonly Unread[]): string {
  const lines = unread.map(
    ({ task_id: id, kind, status }) => `- ${id}: ${kind === 'asked' ? 'asks you something' : status}`,
  );
  return `[Not read yet: check_task_status(task_id) shows what came]\n${lines.join('\n')}`;
}
