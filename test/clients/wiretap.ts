/**
 * Stands in a pipe between a client and the server it starts, and writes down every line of both directions.
 *
 *     node wiretap.ts <file> <command> <argument>…
 */
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [file = '', command = '', ...args] = process.argv.slice(2);
const server = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });

function tap(from: NodeJS.ReadableStream, to: NodeJS.WritableStream, who: 'client' | 'server'): void {
  createInterface({ input: from })
    .on('line', (line) => {
      appendFileSync(file, `${JSON.stringify({ who, at: Date.now(), line })}\n`);
      to.write(`${line}\n`);
    })
    .on('close', () => {
      if (to !== process.stdout) {
        to.end();
      }
    });
}

tap(process.stdin, server.stdin, 'client');
tap(server.stdout, process.stdout, 'server');
server.on('exit', (code) => process.exit(code ?? 1));
