/**
 * Sees to it that no program outlives the platform that started it, however that ends.
 *
 * A small shell process in a session of its own hears over a pipe which process groups live. The pipe closes when the
 * platform is gone, killed or not, and then it ends every group it was told of, and on Linux whatever carries this
 * platform's mark in its environment, so that a program which had just been started, or left its group, is found too.
 * It is started with the first program. Should somebody end it, another takes its place and is told anew.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { RUN } from './environment.ts';

/** `+ group` and `- group`; at the end of the pipe all that are left are told to stop, and then killed. */
const SCRIPT = `
trap '' HUP INT TERM
groups=' '
while read -r what group; do
  case $what in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -TERM -- "-$group"; done
[ "$groups" = ' ' ] || sleep 1
for group in $groups; do kill -KILL -- "-$group"; done
for file in $(grep -ls "${RUN}=$1[.]" /proc/[0-9]*/environ); do
  pid=\${file#/proc/}
  kill -KILL "\${pid%/environ}"
done
`;

export class Keeper {
  readonly #runner: string;
  readonly #groups = new Set<number>();
  #process: ChildProcess | undefined;
  #isClosed = false;

  /** `runner`: the mark of this platform. */
  constructor(runner: string) {
    this.#runner = runner;
  }

  /** Before the first program is started, so that there is no moment in which nobody watches. */
  begin(): void {
    if (this.#process === undefined && !this.#isClosed) {
      const keeper = spawn('/bin/sh', ['-c', SCRIPT, 'errand-keeper', this.#runner], {
        detached: true,
        stdio: ['pipe', 'ignore', 'ignore'],
        env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
      });
      this.#process = keeper;
      keeper.stdin.on('error', () => {
        // It ended; what follows its end is below.
      });
      keeper.once('error', () => this.#gone(keeper));
      keeper.once('exit', () => this.#gone(keeper));
      keeper.unref();
      for (const group of this.#groups) {
        this.#say('+', group);
      }
    }
  }

  watch(group: number): void {
    this.#groups.add(group);
    this.#say('+', group);
  }

  forget(group: number): void {
    this.#groups.delete(group);
    this.#say('-', group);
  }

  close(): void {
    this.#isClosed = true;
    this.#process?.stdin?.end();
  }

  #gone(keeper: ChildProcess): void {
    if (this.#process === keeper) {
      this.#process = undefined;
      if (this.#groups.size > 0) {
        this.begin();
      }
    }
  }

  #say(what: '+' | '-', group: number): void {
    this.#process?.stdin?.write(`${what} ${group}\n`);
  }
}
