/**
 * What a callee takes and gives, checked by the schemas it brings (Standard Schema, any vendor), and how a value is
 * carried: as a part that is data, with its JSON as the text for whoever reads.
 */
import type { Part, Usage } from '../core/delegation/index.ts';
import type { Output as Made } from '../core/ports/index.ts';
import type { Output, Schema } from './callee.ts';
import { FROM_0, isObject, requireField, requireKnown, wrong, type Kind, type Kinds } from './wrong.ts';

/** What is wrong with it, or the value as the schema gives it. */
export type Checked = { value: unknown } | { wrong: string };

const ISSUES_MOST = 5;

export async function check(schema: Schema | undefined, value: unknown): Promise<Checked> {
  if (schema === undefined) {
    return { value };
  }
  try {
    const checked = await schema['~standard'].validate(value);
    return checked.issues === undefined ? { value: checked.value } : { wrong: wordsOf(checked.issues) };
  } catch (error) {
    return { wrong: `the schema itself failed: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function wordsOf(issues: readonly { message: string; path?: readonly unknown[] | undefined }[]): string {
  const said = issues.slice(0, ISSUES_MOST).map(({ message, path = [] }) => {
    const at = path.map((step) => String(typeof step === 'object' && step !== null && 'key' in step ? step.key : step));
    return at.length === 0 ? message : `${at.join('.')}: ${message}`;
  });
  const more = issues.length - said.length;
  return `${said.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

export interface Given {
  output: Made;
  usage?: Usage;
}

/** A text is a text; an output is taken as it is; any other value is data. */
export function givenOf(returned: unknown): Given {
  if (typeof returned === 'string') {
    return { output: { text: returned } };
  }
  if (returned === undefined) {
    return { output: { text: '' } };
  }
  if (!isOutput(returned)) {
    return { output: dataOf(returned) };
  }
  const { parts, usage } = returned;
  const { text = textOf(parts ?? []) } = returned;
  requireOutput({ text, parts, usage });
  return {
    output: { text, ...(parts === undefined ? {} : { parts: [...parts] }) },
    ...(usage === undefined ? {} : { usage }),
  };
}

/** What its parts say, where nothing else was said. */
function textOf(parts: readonly Part[]): string {
  return parts.flatMap((part) => (part?.kind === 'text' ? [part.text] : [])).join('\n');
}

/** What could not be kept is told to the function, and not found out when its task should end. */
function requireOutput({ text, parts = [], usage }: { text: unknown; parts: unknown; usage: unknown }): void {
  if (typeof text !== 'string') {
    throw wrong('text: what is given with parts or usage is a text');
  }
  requireField('parts', parts, PARTS);
  jsonOf('parts', parts);
  if (usage !== undefined) {
    requireUsage(usage);
  }
}

export const PARTS: Kind = [
  (value) => Array.isArray(value) && value.every((part) => isPart(part)),
  "a list of { kind: 'text', text }, { kind: 'data', data } and { kind: 'file', … }",
];

function isPart(part: unknown): boolean {
  if (!isObject(part)) {
    return false;
  }
  const { kind, text } = part as Record<string, unknown>;
  return kind === 'text' ? typeof text === 'string' : kind === 'data' || kind === 'file';
}

const USAGE: Kinds = { inputTokens: FROM_0, outputTokens: FROM_0, costUsd: FROM_0 };

/** A number that is none would be charged to everybody above. */
export function requireUsage(usage: unknown): void {
  if (!isObject(usage)) {
    throw wrong(`usage: an object { ${Object.keys(USAGE).join(', ')} }`);
  }
  requireKnown('usage.', usage, USAGE);
}

/** As JSON has it; what JSON has no words for is refused by an exception. */
export function dataOf(value: unknown): Made & { parts: Part[] } {
  const text = jsonOf('a value', value);
  return { text, parts: [{ kind: 'data', data: JSON.parse(text) }] };
}

export function jsonOf(name: string, value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw wrong(`${name}: JSON cannot say it (${error instanceof Error ? error.message : String(error)})`);
  }
  if (text === undefined) {
    throw wrong(`${name}: JSON cannot say what is ${typeof value}; give a text or what it can say`);
  }
  return text;
}

const OUTPUT_FIELDS: ReadonlySet<string> = new Set(['text', 'parts', 'usage']);

function isOutput(value: unknown): value is Exclude<Output, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return false;
  }
  const { text, parts } = value as Record<string, unknown>;
  const fields = Object.keys(value);
  return (
    fields.length > 0 &&
    fields.every((field) => OUTPUT_FIELDS.has(field)) &&
    (typeof text === 'string' || Array.isArray(parts))
  );
}
