/**
 * What code may not contain, read from the syntax tree and not from the text: long functions, many parameters, `any`,
 * enums, namespaces, star exports, and outside of tests the clock, chance and the environment.
 *
 * The linter holds most of these too. They stand here as well because nothing can switch this check off in a file.
 */
import ts from 'typescript';
import type { Finding, SourceFile } from './finding.ts';
import { ambientUse } from './ambient.ts';
import { isTypeScript } from './tree.ts';

const FUNCTION_LINES_MAX = 70;
const PARAMETERS_MAX = 4;

type Fault = Pick<Finding, 'what' | 'mend'>;

export function checkCode(files: SourceFile[]): Finding[] {
  return files.filter((file) => isTypeScript(file.path)).flatMap((file) => checkFile(file));
}

function checkFile(file: SourceFile): Finding[] {
  const source = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ESNext, true);
  const found: Finding[] = [];
  function visit(node: ts.Node): void {
    const faults = [functionFault(node, source), parametersFault(node), wordFault(node), ambientUse(node, file.path)];
    for (const fault of faults) {
      if (fault !== undefined) {
        found.push({ path: file.path, line: lineOf(source, node.getStart(source)), ...fault });
      }
    }
    ts.forEachChild(node, visit);
  }
  visit(source);
  return found;
}

function functionFault(node: ts.Node, source: ts.SourceFile): Fault | undefined {
  if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) {
    return undefined;
  }
  if (isHeading(node)) {
    return undefined;
  }
  const lines = lineOf(source, node.end) - lineOf(source, node.getStart(source)) + 1;
  if (lines <= FUNCTION_LINES_MAX) {
    return undefined;
  }
  const what = `a function of ${lines} lines, at most ${FUNCTION_LINES_MAX}`;
  return { what, mend: 'Give its steps names and make them functions below it' };
}

/** `describe('…', () => { … })` is a heading over tests; each test below it is measured. */
function isHeading(node: ts.Node): boolean {
  const { parent } = node;
  return ts.isCallExpression(parent) && ts.isIdentifier(parent.expression) && parent.expression.text === 'describe';
}

function parametersFault(node: ts.Node): Fault | undefined {
  if (!ts.isFunctionLike(node)) {
    return undefined;
  }
  const count = node.parameters.filter((parameter) => parameter.name.getText() !== 'this').length;
  if (count <= PARAMETERS_MAX) {
    return undefined;
  }
  const what = `${count} parameters, at most ${PARAMETERS_MAX}`;
  return { what, mend: 'Pass one object whose fields have names' };
}

function wordFault(node: ts.Node): Fault | undefined {
  if (node.kind === ts.SyntaxKind.AnyKeyword) {
    return { what: '`any` switches the compiler off', mend: 'Use `unknown` and narrow it, or name the type' };
  }
  if (ts.isEnumDeclaration(node)) {
    return { what: 'an enum', mend: 'Use a union of string literals' };
  }
  if (ts.isModuleDeclaration(node)) {
    return { what: 'a namespace or module block', mend: 'A file is the module: export from it' };
  }
  if (ts.isExportDeclaration(node) && node.exportClause === undefined) {
    return { what: '`export *` hides what a door shows', mend: 'Name what is exported' };
  }
  return undefined;
}

function lineOf(source: ts.SourceFile, offset: number): number {
  return source.getLineAndCharacterOfPosition(offset).line + 1;
}
