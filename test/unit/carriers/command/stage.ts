/**
 * The stage on which the carrier meets real programs: scripts in a folder of their own, and what they left there.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandCarrier } from '../../../../src/carriers/command/carrier.ts';
import type { Carrier } from '../../../../src/core/ports/index.ts';
import type { Program, Workspace } from '../../../../src/core/workspace/index.ts';
import { systemClock } from '../../../../src/server/clock.ts';
import { calleeAt, type Manner, type Stage } from '../../../../src/testing/carrier-suite.ts';

export interface ProgramStage extends Stage {
  readonly folder: string;
  readonly faults: unknown[];
  /** A seat whose program is this script. */
  script(body: string, program?: Partial<Program>): Workspace;
  /** A line that a script has written into a file of the folder. */
  has(file: string, text?: string): boolean;
}

export const RESULT_BYTES_MAX = 64 * 1024;

export function programStage(given: { carrier?: Carrier; environment?: Record<string, string> } = {}): ProgramStage {
  const folder = mkdtempSync(join(tmpdir(), 'errand-programs-'));
  const faults: unknown[] = [];
  const carrier =
    given.carrier ??
    commandCarrier({
      clock: systemClock,
      resultBytesMax: RESULT_BYTES_MAX,
      platformUrl: Promise.resolve('http://127.0.0.1:1'),
      environment: { PATH: process.env['PATH'], ...given.environment },
      onFault: (error) => faults.push(error),
    });
  let made = 0;
  const stage: ProgramStage = {
    ...{ carrier, folder, faults },
    script(body, program = {}) {
      made += 1;
      const path = join(folder, `script-${made}.sh`);
      writeFileSync(path, body);
      return calleeAt({
        id: `program-${made}`,
        carrier: 'command',
        program: { ...scriptAt(path, folder), ...program },
      });
    },
    has(file, text = '') {
      const path = join(folder, file);
      return existsSync(path) && readFileSync(path, 'utf8').includes(text);
    },
    async callee(manner) {
      const name = `seen-${made + 1}`;
      const workspace = stage.script(scriptOf(manner, name, folder));
      const seen = () => ({
        runs: linesIn(join(folder, name), 'ran'),
        stopped: linesIn(join(folder, name), 'stopped') > 0,
      });
      // A program has begun when it says so; that it was started shows nothing of what it has set up.
      return { workspace, seen, begun: async () => until(() => seen().runs > 0) };
    },
    async close() {
      await carrier.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return stage;
}

function scriptAt(path: string, directory: string): Program {
  return {
    argv: ['/bin/sh', path],
    shell: false,
    directory,
    environment: [],
    input: 'text',
    dialect: 'text',
    graceMs: 2000,
  };
}

function scriptOf(manner: Manner, seen: string, folder: string): string {
  const ran = `echo ran >> ${seen}\n`;
  switch (manner.manner) {
    case 'answers':
      writeFileSync(join(folder, `${seen}.txt`), manner.text);
      return `${ran}cat ${seen}.txt`;
    case 'works':
      return `${ran}echo '${manner.note}' >&2\nprintf '%s' '${manner.text}'`;
    case 'fails':
      return `${ran}echo '${manner.error}' >&2\nexit 3`;
    case 'hangs':
      return `trap 'echo stopped >> ${seen}; exit 1' TERM\n${ran}while :; do sleep 0.02; done`;
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function linesIn(path: string, line: string): number {
  return existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter((one) => one === line).length
    : 0;
}
