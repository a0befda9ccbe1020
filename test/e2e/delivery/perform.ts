/**
 * Does what a script says, and writes down that it began and how it ended. It knows nothing of the way it was reached.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Part } from '../../../src/core/delegation/index.ts';
import { long, write, type Line, type Script } from './script.ts';

export interface Own {
  folder: string;
  id: string;
  signal: AbortSignal;
  progress(note: string): void;
  ask(question: string): Promise<string>;
}

export type Made = { text: string; parts?: Part[] };

/** Thrown by whoever cannot hold the question open: nothing has ended, it begins anew with the answer. */
export class Asked extends Error {}

export async function perform(text: string, own: Own): Promise<Made> {
  const { folder, id } = own;
  const line = (what: Line['what']): void => write(folder, { what, id, pid: process.pid });
  line('began');
  try {
    const made = await act(JSON.parse(text) as Script, own);
    line('ended');
    return made;
  } catch (error) {
    if (!(error instanceof Asked)) {
      line(own.signal.aborted ? 'stopped' : 'failed');
    }
    throw error;
  }
}

async function act(script: Script, own: Own): Promise<Made> {
  switch (script.do) {
    case 'answer':
      return { text: script.text };
    case 'long':
      return { text: long(script.bytes) };
    case 'parts':
      return { text: script.text, parts: script.parts as Part[] };
    case 'fail':
      throw new Error(script.error);
    case 'note':
      own.progress(script.note);
      await opened(own, script.gate);
      return { text: script.text };
    case 'wait':
      await opened(own, script.gate);
      return { text: script.text };
    case 'ask':
      return { text: `told: ${await own.ask(script.question)}` };
    case 'hang':
      await opened(own, 'never');
      return { text: 'never' };
  }
}

async function opened({ folder, signal }: Own, gate: string): Promise<void> {
  while (!existsSync(join(folder, gate))) {
    signal.throwIfAborted();
    await pause(10);
  }
}
