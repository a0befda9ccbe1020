/**
 * Words that may not stand in any file: promises of later work, the address of a package registry, a path that exists
 * on one machine only. And one that must: the list of unreleased changes.
 *
 * A lock file without hosts installs from whatever registry its user has.
 */
import { type Finding, lineAt, type SourceFile } from './finding.ts';
import { isCode } from './tree.ts';

interface Ban {
  pattern: RegExp;
  applies: (path: string) => boolean;
  what: string;
  mend: string;
}

const BANS: Ban[] = [
  {
    pattern: /\b(?:TO_?DO|FIX_?ME|X{3}|HA_?CK)\b/gu,
    applies: isCode,
    what: 'a note about later work',
    mend: 'Do it now, or write it where work is planned and say here what holds today',
  },
  {
    pattern: /\bregistry\.[\w-]+\.(?:org|com|net|io|dev)\b|"resolved": "https?:|^\s*(?:@[\w-]+:)?registry\s*=/gmu,
    applies: () => true,
    what: 'the address of a package registry',
    mend: 'Leave it to the configuration of whoever installs (npm: omit-lockfile-registry-resolved)',
  },
  {
    pattern: /(?<![\w.:/$}*-])\/(?:(?:work|root|home\/[\w-]+|Users\/[\w-]+)\/|tmp\/probe)/gu,
    applies: () => true,
    what: 'a path that exists on one machine only',
    mend: 'Use a path relative to the repository, or one the system gives (os.tmpdir)',
  },
];

export function checkWords(files: SourceFile[]): Finding[] {
  return [...files.flatMap((file) => BANS.flatMap((ban) => search(file, ban))), ...checkChangelog(files)];
}

function search(file: SourceFile, ban: Ban): Finding[] {
  if (!ban.applies(file.path)) {
    return [];
  }
  return [...file.text.matchAll(ban.pattern)].map((match) => ({
    path: file.path,
    line: lineAt(file.text, match.index),
    what: `${ban.what}: ${match[0].trim()}`,
    mend: ban.mend,
  }));
}

function checkChangelog(files: SourceFile[]): Finding[] {
  const path = 'CHANGELOG.md';
  const changelog = files.find((file) => file.path === path);
  if (changelog !== undefined && /^## Unreleased$/mu.test(changelog.text)) {
    return [];
  }
  const what = 'no section "## Unreleased"';
  return [{ path, line: 1, what, mend: 'Add it, and list there what a user will notice' }];
}
