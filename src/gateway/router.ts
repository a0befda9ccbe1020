/**
 * Finds the route of a method and a path: a tree of segments, one look-up per segment, no pattern matching.
 */
import type { Method, Route } from './route.ts';

interface Node {
  literal: Map<string, Node>;
  parameter?: { name: string; node: Node };
  routes: Map<string, Route>;
}

export type Found =
  | { kind: 'route'; route: Route; params: Record<string, string> }
  | { kind: 'no_method'; allowed: string[] }
  | { kind: 'nothing' };

export class Router {
  readonly #root: Node = newNode();

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      this.#add(route);
    }
  }

  #add(route: Route): void {
    let node = this.#root;
    for (const segment of segmentsOf(route.path)) {
      if (segment.startsWith(':')) {
        node.parameter ??= { name: segment.slice(1), node: newNode() };
        node = node.parameter.node;
      } else {
        const next = node.literal.get(segment) ?? newNode();
        node.literal.set(segment, next);
        node = next;
      }
    }
    if (node.routes.has(route.method)) {
      throw new Error(`Two routes for ${route.method} ${route.path}.`);
    }
    node.routes.set(route.method, route);
  }

  find(method: string, path: string): Found {
    const values: string[] = [];
    const node = this.#walk(segmentsOf(path), values);
    if (node === undefined || node.routes.size === 0) {
      return { kind: 'nothing' };
    }
    const route = node.routes.get(method === 'HEAD' ? 'GET' : (method as Method));
    return route === undefined
      ? { kind: 'no_method', allowed: [...node.routes.keys()] }
      : { kind: 'route', route, params: named(route, values) };
  }

  #walk(segments: readonly string[], values: string[]): Node | undefined {
    let node = this.#root;
    for (const segment of segments) {
      const literal = node.literal.get(segment);
      if (literal === undefined && node.parameter !== undefined) {
        const value = decoded(segment);
        if (value === undefined) {
          return undefined;
        }
        values.push(value);
      }
      const next = literal ?? node.parameter?.node;
      if (next === undefined) {
        return undefined;
      }
      node = next;
    }
    return node;
  }
}

function segmentsOf(path: string): string[] {
  const segments = path.split('/');
  segments.shift();
  if (segments.at(-1) === '') {
    segments.pop();
  }
  return segments;
}

function named(route: Route, values: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {};
  let index = 0;
  for (const segment of segmentsOf(route.path)) {
    if (segment.startsWith(':')) {
      params[segment.slice(1)] = values[index] ?? '';
      index += 1;
    }
  }
  return params;
}

function decoded(segment: string): string | undefined {
  try {
    return segment.includes('%') ? decodeURIComponent(segment) : segment;
  } catch {
    // An escape that stands for nothing names nothing.
    return undefined;
  }
}

function newNode(): Node {
  return { literal: new Map(), routes: new Map() };
}
