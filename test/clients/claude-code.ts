/**
 * The real Claude Code in a home of its own, wired to a scripted model and to Errand: with nobody watching (`-p`), or
 * on a terminal as a person has it.
 *
 * Nothing of the machine's own settings is seen, and nothing but loopback is reached: everything else goes to a proxy
 * that refuses it.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ScriptedModel } from './scripted-model.ts';
import { keep, type Message } from './wire.ts';

const BINARY = join(import.meta.dirname, 'node_modules', '.bin', 'claude');
const KEY = `sk-ant-api03-${'scripted-'.repeat(6)}0000`;
const ALLOWED = 'mcp__errand__*';

/** Undefined where it can be started. */
export function whyNotRunning(): string | undefined {
  const { status, stdout, stderr } = spawnSync(BINARY, ['--version'], { encoding: 'utf8', timeout: 20_000 });
  return status === 0 && stdout.includes('Claude Code')
    ? undefined
    : `claude --version does not answer here: ${stderr || stdout || `it ended with ${String(status)}`}`.slice(0, 500);
}

export interface Seat {
  model: ScriptedModel;
  /** The settings of the client, as `errand mcp config` prints them. */
  settings: string;
  /** What is written into `.claude/settings.json` of the project, as `errand wake config` prints it. */
  hooks?: string;
}

export interface Printing {
  /** What it says when it is done. */
  done: Promise<string>;
  /** At once, as a machine that loses its power. */
  kill: () => Promise<void>;
}

export interface Terminal {
  type: (keys: string) => void;
  /** Everything that was drawn so far. */
  drawn: () => string;
  close: () => Promise<void>;
}

export class ClaudeCode {
  readonly home = mkdtempSync(join(tmpdir(), 'errand-claude-'));
  readonly #model: ScriptedModel;

  constructor({ model, settings, hooks }: Seat) {
    this.#model = model;
    const known = { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true };
    const state = {
      hasCompletedOnboarding: true,
      theme: 'dark',
      autoUpdates: false,
      customApiKeyResponses: { approved: [KEY.slice(-20)], rejected: [] },
      projects: { [this.home]: known },
    };
    writeFileSync(join(this.home, '.claude.json'), JSON.stringify(state));
    writeFileSync(this.#settings, settings);
    if (hooks !== undefined) {
      mkdirSync(join(this.home, '.claude'));
      writeFileSync(join(this.home, '.claude', 'settings.json'), hooks);
    }
  }

  get #settings(): string {
    return join(this.home, 'mcp.json');
  }

  /** What it says when it is done. */
  async print(prompt: string): Promise<string> {
    return this.begin(prompt).done;
  }

  begin(prompt: string): Printing {
    const child = spawn(BINARY, ['-p', prompt, ...this.#options()], {
      cwd: this.home,
      env: this.#environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exit = once(child, 'exit');
    const done = Promise.all([text(child.stdout), text(child.stderr), exit]).then(([out, err, [code]]) => {
      assert.equal(code, 0, err);
      return out.trim();
    });
    return {
      done,
      async kill() {
        done.catch(() => {
          // It was not to come to an end.
        });
        child.kill('SIGKILL');
        await exit;
      },
    };
  }

  /** On a terminal, which `script` provides. */
  sit(prompt: string): Terminal {
    const words = [BINARY, ...this.#options(), prompt].map(quoted).join(' ');
    const child = spawn('script', ['--quiet', '--flush', '--return', '--command', words, '/dev/null'], {
      cwd: this.home,
      env: { ...this.#environment(), TERM: 'xterm-256color', COLUMNS: '120', LINES: '40' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let drawn = '';
    child.stdout.on('data', (chunk: Buffer) => {
      drawn += chunk.toString();
    });
    child.stderr.resume();
    return {
      type: (keys) => void child.stdin.write(keys),
      drawn: () => drawn,
      close: () => ended(child),
    };
  }

  close(): void {
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }

  #options(): string[] {
    return ['--mcp-config', this.#settings, '--strict-mcp-config', '--allowedTools', ALLOWED, '--'];
  }

  #environment(): NodeJS.ProcessEnv {
    return {
      PATH: process.env['PATH'],
      HOME: this.home,
      SHELL: '/bin/sh',
      LANG: 'C.UTF-8',
      ANTHROPIC_BASE_URL: this.#model.url,
      ANTHROPIC_API_KEY: KEY,
      HTTP_PROXY: this.#model.url,
      HTTPS_PROXY: this.#model.url,
      NO_PROXY: '127.0.0.1,localhost',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_TELEMETRY: '1',
      DISABLE_ERROR_REPORTING: '1',
      DISABLE_AUTOUPDATER: '1',
      CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL: '1',
    };
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    await exit;
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll(`'`, `'\\''`)}'`;
}

/** The lines that a wiretap wrote down. */
export function linesOf(file: string): Message[] {
  const messages: Message[] = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line !== '') {
      const { who, line: said } = JSON.parse(line) as { who: Message['who']; line: string };
      keep(messages, who, said);
    }
  }
  return messages;
}
