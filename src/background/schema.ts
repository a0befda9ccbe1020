/**
 * What a callee takes and gives, checked by the schemas it brings (Standard Schema, any vendor), and how a value is
 * carried: as a part that is data, with its JSON as the text for whoever reads.
 */
import type { Part, Usage } from '../core/delegation/index.ts';
import type { Output as Made } from '../core/ports/index.ts';
import type { Output, Schema } from './callee.ts';

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
  const { text = '', parts, usage } = returned;
  return {
    output: { text, ...(parts === undefined ? {} : { parts: [...parts] }) },
    ...(usage === undefined ? {} : { usage }),
  };
}

/** As JSON has it; what JSON has no words for is refused by an exception. */
export function dataOf(value: unknown): Made & { parts: Part[] } {
  const text = JSON.stringify(value);
  if (text === undefined) {
    throw new TypeError(`a ${typeof value} cannot be kept; give a text or what JSON can say`);
  }
  return { text, parts: [{ kind: 'data', data: JSON.parse(text) }] };
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
