/**
 * A Redis of one's own for the time of a bench, which waits for its disk as it is told; or the one at REDIS_URL, as it
 * is. Where there is neither, the rows are left out, and it is said so.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../test/support/free-port.ts';

type Fsync = 'always' | 'everysec';

export interface RedisAt {
  url: string;
  appendfsync: string;
  close(): Promise<void>;
}

const START_MS = 10_000;

export async function openRedis(tell: (line: string) => void): Promise<RedisAt[]> {
  const given = process.env['REDIS_URL'];
  if (given !== undefined) {
    return [{ url: given, appendfsync: await settingAt(given), close: async () => {} }];
  }
  const { status, stdout } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' });
  if (status !== 0) {
    tell('!!! SKIPPED: BullMQ. There is no redis-server on the PATH and no REDIS_URL; two rows are missing.');
    return [];
  }
  tell(`redis: ${/v=([\d.]+)/u.exec(stdout)?.[1] ?? 'unknown'}`);
  return [await started('always'), await started('everysec')];
}

async function started(appendfsync: Fsync): Promise<RedisAt> {
  const dir = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'errand-redis-'));
  const port = await freePort();
  const settings = { port, bind: '127.0.0.1', dir, save: '', appendonly: 'yes', appendfsync };
  const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn('redis-server', words, { stdio: 'ignore' });
  const url = `redis://127.0.0.1:${port}`;
  const until = performance.now() + START_MS;
  while ((await settingAt(url).catch(String)) !== appendfsync) {
    if (performance.now() > until) {
      throw new Error('redis-server did not start.');
    }
    await pause(50);
  }
  return {
    url,
    appendfsync,
    async close() {
      const gone = new Promise((resolve) => {
        child.once('exit', resolve);
      });
      child.kill('SIGTERM');
      await gone;
      rmSync(dir, { recursive: true });
    },
  };
}

/** How it waits for its disk, by its own word. */
async function settingAt(url: string): Promise<string> {
  const { hostname, port, password } = new URL(url);
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port || 6379) });
    socket.once('error', reject);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
      if (/appendfsync\r\n\$\d+\r\n\w+\r\n|^-/mu.test(text)) {
        socket.end();
        resolve(text);
      }
    });
    socket.write(`${password === '' ? '' : `AUTH ${password}\r\n`}CONFIG GET appendfsync\r\n`);
  });
  return /appendfsync\r\n\$\d+\r\n(\w+)/u.exec(answer)?.[1] ?? `unknown (${answer.trim()})`;
}
