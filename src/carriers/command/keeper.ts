/**
 * Sees to it that no program outlives the platform that started it, however that ends.
 *
 * A small shell process in a session of its own hears over a pipe which process groups live. The pipe closes when the
 * platform is gone, killed or not, and then it ends every group it was told of, and on Linux whatever carries this
 * platform's mark in its environment, so that a program which had just been started, or left its group, is found too.
 * It is started with the first program. Should somebody end it, another takes its place and is told anew; a platform
 * that stops says so, and its keeper has nothing left to do.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Clock } from '../../core/ports/index.ts';
import { RUN, type Environment } from './environment.ts';

/** After one that ended as soon as it was there, so that a machine on which none can live is not kept busy with it. */
const AGAIN_MS = 1000;
/** For a keeper to go when it is let go. */
const GOING_MS = 2000;
const USUAL_PATH = '/usr/local/bin:/usr/bin:/bin';

/**
 * `+ group`, `- group`, and `.` when there is nothing to be done. At the end of the pipe all are told to stop, and then
 * killed, again and again, since a process that forks can be behind the one that looks.
 */
const SCRIPT = `
trap '' HUP INT TERM
groups=' '
while read -r what group; do
  case $what in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% $group *} \${groups#* $group }" ;;
    .) exit 0 ;;
  esac
done
signal() {
  for group in $groups; do kill -s "$1" -- "-$group"; done
  for file in $(grep -lsF "${RUN}=$2." /proc/[0-9]*/environ); do
    pid=\${file#/proc/}
    kill -s "$1" "\${pid%/environ}"
  done
}
signal TERM "$1"
sleep 1
for round in 1 2 3; do signal KILL "$1"; done
`;

export class Keeper {
  readonly #runner: string;
  readonly #clock: Clock;
  readonly #environment: Record<string, string>;
  readonly #groups = new Set<number>();
  #process: ChildProcess | undefined;
  #beganAt = 0;
  #isClosed = false;

  /** `runner`: the mark of all that this platform starts. */
  constructor(runner: string, clock: Clock, environment: Environment) {
    this.#runner = runner;
    this.#clock = clock;
    const own = environment['PATH'];
    this.#environment = { PATH: own === undefined ? USUAL_PATH : `${USUAL_PATH}:${own}` };
  }

  /** Before the first program is started, so that there is no moment in which nobody watches. */
  begin(): void {
    if (this.#process === undefined && !this.#isClosed) {
      const keeper = spawn('/bin/sh', ['-c', SCRIPT, 'errand-keeper', this.#runner], {
        ...{ detached: true, cwd: '/', env: this.#environment },
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      this.#process = keeper;
      this.#beganAt = this.#clock.now();
      keeper.stdin?.on('error', () => {
        // It ended; what follows its end is below.
      });
      keeper.once('error', () => this.#gone(keeper));
      keeper.once('exit', () => this.#gone(keeper));
      keeper.unref();
      for (const group of this.#groups) {
        this.#say(`+ ${group}`);
      }
    }
  }

  watch(group: number): void {
    this.#groups.add(group);
    this.#say(`+ ${group}`);
  }

  forget(group: number): void {
    this.#groups.delete(group);
    this.#say(`- ${group}`);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const keeper = this.#process;
    if (keeper !== undefined) {
      const gone = new Promise((resolve) => {
        keeper.once('exit', resolve);
        keeper.once('error', resolve);
      });
      // Nothing else may be left to wait for.
      keeper.ref();
      const timer = this.#clock.after(GOING_MS, () => void keeper.kill('SIGKILL'));
      this.#say('.');
      keeper.stdin?.end();
      await gone;
      timer.cancel();
    }
  }

  #gone(keeper: ChildProcess): void {
    if (this.#process === keeper) {
      this.#process = undefined;
      const lived = Math.abs(this.#clock.now() - this.#beganAt);
      this.#clock.after(lived < AGAIN_MS ? AGAIN_MS : 0, () => this.#groups.size > 0 && this.begin());
    }
  }

  #say(what: string): void {
    this.#process?.stdin?.write(`${what}\n`);
  }
}
