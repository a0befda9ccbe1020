/**
 * What tidy reports: one place, what is wrong there, and how to mend it.
 *
 * A finding without a way to mend it helps nobody, so the sentence is required.
 */
export interface Finding {
  path: string;
  line: number;
  what: string;
  mend: string;
}

/** A file as the checks see it: the path from the root of the repository, with slashes. */
export interface SourceFile {
  path: string;
  text: string;
}

export function printed(finding: Finding): string {
  return `${finding.path}:${finding.line}  ${finding.what}. ${finding.mend}.`;
}

/** Line of an offset, counted from 1. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

export function lineCount(text: string): number {
  return text.endsWith('\n') ? text.split('\n').length - 1 : text.split('\n').length;
}
