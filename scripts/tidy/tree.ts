/**
 * The files of the repository that people wrote: what git tracks, and what it would track.
 *
 * Where there is no git (an unpacked archive) the folder is walked, leaving out what is made or installed.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceFile } from './finding.ts';

const MADE = new Set(['node_modules', 'dist', 'coverage', '.git']);

export function readTree(root: string): SourceFile[] {
  return listPaths(root)
    .filter((path) => isFile(join(root, path)))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
    .filter((file) => !file.text.includes('\0'));
}

/** Folders whose files are code of the house: named, measured and read like code. */
export function isCode(path: string): boolean {
  return /^(?:src|test|scripts|bench|examples|console\/src)\//u.test(path);
}

export function isTypeScript(path: string): boolean {
  return /\.tsx?$/u.test(path) && isCode(path);
}

function listPaths(root: string): string[] {
  if (existsSync(join(root, '.git'))) {
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    return [...new Set(listed.split('\0').filter((path) => path !== ''))].toSorted();
  }
  return globSync('**/*', { cwd: root, exclude: (name) => MADE.has(name) }).toSorted();
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}
