/**
 * Background delegation for a test: functions that end when the test says so, and a tool called as a model would.
 */
import assert from 'node:assert/strict';
import { open, type Background, type Callees, type Opening } from '../../../src/background/index.ts';
import {
  callTool,
  toolNamed,
  type Desk,
  type DeskError,
  type Json,
  type ToolContext,
} from '../../../src/tools/index.ts';

/** A function that waits for the test; `finish` ends the first that still waits. */
export function gated() {
  const waiting: PromiseWithResolvers<string>[] = [];
  let begun = Promise.withResolvers<true>();
  return {
    async run(): Promise<string> {
      const one = Promise.withResolvers<string>();
      waiting.push(one);
      begun.resolve(true);
      return one.promise;
    },
    async finish(text: string): Promise<void> {
      await begun.promise;
      waiting.shift()?.resolve(text);
      if (waiting.length === 0) {
        begun = Promise.withResolvers<true>();
      }
    },
  };
}

export async function opened<const W extends Callees>(
  workspaces: W,
  more: Omit<Opening<W>, 'workspaces'> = {},
): Promise<Background<W>> {
  const faults: unknown[] = [];
  const background = await open({
    workspaces,
    onFault: (fault) => {
      faults.push(fault);
    },
    ...more,
  });
  return Object.assign(background, {
    async [Symbol.asyncDispose]() {
      await background.shutdown({ mode: 'cancel' });
      assert.deepEqual(faults, []);
    },
  });
}

export interface Called {
  text: string;
  structured: Json;
  isError: boolean;
}

/** One call of a tool, as an adapter makes it. */
export async function call(at: Desk | ToolContext, name: string, input: Json = {}): Promise<Called> {
  const spec = toolNamed(name) ?? assert.fail(`there is no ${name}`);
  return callTool(spec, 'desk' in at ? at : { desk: at }, input);
}

/** What a call was refused with. */
export async function refusalOf(asked: Promise<unknown>): Promise<{ code: string; message: string; fix: string }> {
  const error = await asked.then(
    () => assert.fail('nothing was refused'),
    (refused: unknown) => refused,
  );
  assert.ok(error instanceof Error && error.name === 'DeskError', String(error));
  const { code, message, fix = '' } = error as DeskError;
  return { code, message, fix };
}
