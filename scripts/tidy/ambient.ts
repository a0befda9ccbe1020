/**
 * Law 4: time, chance and identity are arguments; and the environment is read in one place.
 *
 * In src only src/server/clock.ts may ask the machine for the time, a timer or a random id, and only
 * src/server/config.ts and src/cli/ may read `process.env`. Everything else takes them as arguments, which is what
 * lets the simulation run years in a second and replay a seed.
 */
import ts from 'typescript';
import type { Finding } from './finding.ts';

type Fault = Pick<Finding, 'what' | 'mend'>;

const CLOCK_FILE = 'src/server/clock.ts';
const CLOCK_NAMES = new Set(['setTimeout', 'setInterval', 'setImmediate', 'randomUUID', 'hrtime']);
const CLOCK_MEMBERS = new Set(['Date.now', 'Math.random', 'performance.now', 'AbortSignal.timeout']);

export function ambientUse(node: ts.Node, path: string): Fault | undefined {
  if (!path.startsWith('src/')) {
    return undefined;
  }
  return clockUse(node, path) ?? environmentUse(node, path);
}

function clockUse(node: ts.Node, path: string): Fault | undefined {
  if (path === CLOCK_FILE) {
    return undefined;
  }
  const name = clockName(node);
  if (name === undefined) {
    return undefined;
  }
  return { what: `${name} outside ${CLOCK_FILE}`, mend: 'Take the moment, the clock or the ids as an argument' };
}

function clockName(node: ts.Node): string | undefined {
  if (ts.isIdentifier(node) && CLOCK_NAMES.has(node.text)) {
    return node.text;
  }
  if (ts.isPropertyAccessExpression(node) && CLOCK_MEMBERS.has(memberName(node))) {
    return memberName(node);
  }
  const makesDate = ts.isNewExpression(node) || ts.isCallExpression(node);
  if (makesDate && ts.isIdentifier(node.expression) && node.expression.text === 'Date') {
    return (node.arguments?.length ?? 0) === 0 ? '`new Date()`' : undefined;
  }
  return undefined;
}

function environmentUse(node: ts.Node, path: string): Fault | undefined {
  if (path === 'src/server/config.ts' || path.startsWith('src/cli/')) {
    return undefined;
  }
  const read = ts.isPropertyAccessExpression(node) && memberName(node) === 'process.env';
  if (!read && !importsEnvironment(node)) {
    return undefined;
  }
  const what = 'the environment is read outside src/server/config.ts and src/cli/';
  return { what, mend: 'Add a field to the configuration and pass it on' };
}

function importsEnvironment(node: ts.Node): boolean {
  if (!ts.isImportSpecifier(node) || (node.propertyName ?? node.name).text !== 'env') {
    return false;
  }
  const from = node.parent.parent.parent.moduleSpecifier;
  return ts.isStringLiteral(from) && /^(?:node:)?process$/u.test(from.text);
}

/** `globalThis.Date.now` counts as `Date.now`. */
function memberName(node: ts.PropertyAccessExpression): string {
  const owner = ts.isPropertyAccessExpression(node.expression) ? node.expression.name : node.expression;
  return ts.isIdentifier(owner) ? `${owner.text}.${node.name.text}` : '';
}
