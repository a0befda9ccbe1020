/**
 * The command `errand` in a process of its own, as a person or a script starts it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

export interface Done {
  code: number | null;
  out: string;
  err: string;
}

type Environment = Readonly<Record<string, string>>;

export async function errand(args: readonly string[], environment: Environment = {}): Promise<Done> {
  const child = launch(args, environment);
  const [out, err, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'exit')]);
  return { code: code as number | null, out, err };
}

export function launch(args: readonly string[], environment: Environment = {}, input?: string): ChildProcess {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'src/cli/main.ts', ...args], {
    env: clean(environment),
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  child.stdin?.end(input);
  return child;
}

/** Resolves when it serves. */
export async function serving(args: readonly string[], environment: Environment = {}): Promise<ChildProcess> {
  const child = launch(['up', '--port', '0', ...args], environment);
  child.stderr!.resume();
  for await (const line of createInterface({ input: child.stdout! })) {
    if (line.includes('Errand serves at')) {
      return child;
    }
  }
  throw new Error('it ended before it served');
}

export async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  child.kill(signal);
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

/** What the machine that runs the tests has set must not decide them. */
function clean(environment: Environment): NodeJS.ProcessEnv {
  const rest = Object.entries(process.env).filter(
    ([name]) => !/^(?:ERRAND_|DATABASE_URL|PG|NO_COLOR|NODE_TEST|FORCE_COLOR)/u.test(name),
  );
  return { ...Object.fromEntries(rest), ...environment };
}
