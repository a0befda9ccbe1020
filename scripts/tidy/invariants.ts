/**
 * The numbered invariants: D of a delegation, E of an engine, C of a carrier.
 *
 * A number is defined on a line of docs/spec that starts with it in bold, cited in code, DDL and test titles, and
 * proved by at least one test whose title cites it. A citation that leads nowhere is a finding, and so is a
 * definition that no test proves: a promise nobody checks is a wish.
 */
import ts from 'typescript';
import { type Finding, lineAt, type SourceFile } from './finding.ts';

const HOMES: Record<string, string> = {
  D: 'docs/spec/delegation.md',
  E: 'docs/spec/engine.md',
  C: 'docs/spec/carrier.md',
};
const NUMBER = /\b[DEC]\d{1,3}\b/gu;
const TITLED_CALLS = new Set(['test', 'it', 'describe', 'suite', 'skip', 'only']);
const TITLE_FIELDS = new Set(['title', 'name', 'invariant', 'proves']);

interface Place {
  id: string;
  path: string;
  line: number;
}

export function checkInvariants(files: SourceFile[]): Finding[] {
  const definitions = files.flatMap((file) => definitionsIn(file));
  const titles = files.filter((file) => isTest(file.path)).flatMap((file) => titlesIn(file));
  const citations = [
    ...files.filter((file) => /^src\/.*\.(?:ts|sql)$/u.test(file.path)).flatMap(citationsIn),
    ...titles,
  ];
  return [
    ...missingSpecs(files),
    ...misplaced(definitions),
    ...undefinedCitations(citations, definitions),
    ...unproved(definitions, titles),
  ];
}

function isTest(path: string): boolean {
  return /^(?:test|src\/testing)\/.*\.ts$/u.test(path);
}

function definitionsIn(file: SourceFile): Place[] {
  if (!Object.values(HOMES).includes(file.path)) {
    return [];
  }
  return [...file.text.matchAll(/^\*\*(?<id>[DEC]\d{1,3})\*\*/gmu)].map((match) => ({
    id: match.groups?.['id'] ?? '',
    path: file.path,
    line: lineAt(file.text, match.index),
  }));
}

function citationsIn(file: SourceFile): Place[] {
  return [...file.text.matchAll(NUMBER)].map((match) => ({
    id: match[0],
    path: file.path,
    line: lineAt(file.text, match.index),
  }));
}

/** Titles are the first argument of test, it, describe, suite, and the `title` of a case that a suite runs. */
function titlesIn(file: SourceFile): Place[] {
  const source = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ESNext, true);
  const found: Place[] = [];
  function visit(node: ts.Node): void {
    const title = titleOf(node);
    if (title !== undefined) {
      const line = source.getLineAndCharacterOfPosition(title.getStart(source)).line + 1;
      for (const match of title.getText(source).matchAll(NUMBER)) {
        found.push({ id: match[0], path: file.path, line });
      }
    }
    ts.forEachChild(node, visit);
  }
  visit(source);
  return found;
}

function titleOf(node: ts.Node): ts.Node | undefined {
  if (ts.isCallExpression(node)) {
    const callee = ts.isPropertyAccessExpression(node.expression) ? node.expression.name : node.expression;
    return ts.isIdentifier(callee) && TITLED_CALLS.has(callee.text) ? node.arguments[0] : undefined;
  }
  if (ts.isPropertyAssignment(node) && ts.isIdentifier(node.name) && TITLE_FIELDS.has(node.name.text)) {
    return node.initializer;
  }
  return undefined;
}

function missingSpecs(files: SourceFile[]): Finding[] {
  return Object.entries(HOMES)
    .filter(([, path]) => !files.some((file) => file.path === path))
    .map(([letter, path]) => ({
      path,
      line: 1,
      what: `the specification that defines ${letter}1, ${letter}2, … is missing`,
      mend: `Write it: each invariant on a line that starts with **${letter}1**`,
    }));
}

function misplaced(definitions: Place[]): Finding[] {
  return definitions.flatMap((place, index) => {
    const first = definitions.findIndex((other) => other.id === place.id);
    const home = HOMES[place.id.slice(0, 1)] ?? '';
    const found: Finding[] = [];
    if (first !== index) {
      found.push({
        ...at(place),
        what: `${place.id} is defined twice`,
        mend: 'Give the later one the next free number',
      });
    }
    if (home !== place.path) {
      found.push({ ...at(place), what: `${place.id} is defined away from home`, mend: `Define it in ${home}` });
    }
    return found;
  });
}

function undefinedCitations(citations: Place[], definitions: Place[]): Finding[] {
  const known = new Set(definitions.map((place) => place.id));
  return citations
    .filter((place) => !known.has(place.id))
    .map((place) => ({
      ...at(place),
      what: `${place.id} is cited and defined nowhere`,
      mend: `Define it in ${HOMES[place.id.slice(0, 1)] ?? 'docs/spec'} on a line that starts with **${place.id}**, or cite the right one`,
    }));
}

function unproved(definitions: Place[], titles: Place[]): Finding[] {
  const proved = new Set(titles.map((place) => place.id));
  return definitions
    .filter((place) => !proved.has(place.id))
    .map((place) => ({
      ...at(place),
      what: `${place.id} has no test`,
      mend: `Write one whose title begins with "${place.id}:"`,
    }));
}

function at(place: Place): Pick<Finding, 'path' | 'line'> {
  return { path: place.path, line: place.line };
}
