import { execFileSync } from 'node:child_process';

/** Where administrators' programs lie; not on everybody's path. */
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;

/** A program of the machine, to its end; what it complains of is in the error. */
export function run(program: string, ...parameters: string[]): void {
  execFileSync(program, parameters, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, PATH } });
}
