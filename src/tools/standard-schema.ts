/**
 * A tool's input as an object that most frameworks take: Standard Schema and Standard JSON Schema in one.
 *
 * It shows the registry's JSON Schema and lets every value through: what is wrong with an input the registry says
 * (`callTool`), in the same words everywhere, and a framework that checked first would throw words of its own. The
 * vendor is our own, because several frameworks take one that says `zod` apart by zod's inner parts.
 */
import { schemasOf } from './schemas.ts';
import type { Json, ToolSpec } from './spec.ts';

export interface StandardSchema {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: 'errand';
    readonly validate: (value: unknown) => { value: unknown };
    readonly jsonSchema: {
      readonly input: (options: { readonly target: string }) => Json;
      readonly output: (options: { readonly target: string }) => Json;
    };
  };
}

/** The keywords that the registry uses mean the same in both. */
const TARGETS = ['draft-2020-12', 'draft-07'];

export function standardSchemaOf(spec: ToolSpec): StandardSchema {
  const shown = ({ target }: { readonly target: string }): Json => {
    if (!TARGETS.includes(target)) {
      throw new Error(`${spec.name}: there is JSON Schema of ${TARGETS.join(' and ')}, not of ${target}.`);
    }
    return schemasOf(spec).input;
  };
  return {
    '~standard': {
      ...{ version: 1, vendor: 'errand' },
      validate: (value) => ({ value }),
      jsonSchema: { input: shown, output: shown },
    },
  };
}
