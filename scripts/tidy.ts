/**
 * Style as a test: `npm run tidy`.
 *
 * Each check takes the files of the repository and returns findings; each finding is one line that says where, what is
 * wrong and how to mend it. There are no exemptions and nothing to configure: what does not fit is split or renamed.
 * A folder given as argument is checked instead of the current one.
 */
import { checkCode } from './tidy/code.ts';
import { printed } from './tidy/finding.ts';
import { checkInvariants } from './tidy/invariants.ts';
import { checkLayout } from './tidy/layout.ts';
import { readTree } from './tidy/tree.ts';
import { checkWords } from './tidy/words.ts';

const files = readTree(process.argv[2] ?? process.cwd());
const found = [checkLayout, checkCode, checkWords, checkInvariants]
  .flatMap((check) => check(files))
  .toSorted((one, other) => one.path.localeCompare(other.path, 'en') || one.line - other.line);

for (const finding of found) {
  console.log(printed(finding));
}
console.log(
  found.length === 0 ? `tidy: ${files.length} files` : `tidy: ${found.length} to mend in ${files.length} files`,
);
process.exitCode = found.length === 0 ? 0 : 1;
