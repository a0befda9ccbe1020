/**
 * The gateway as the one who calls may see it: the same line, and behind it a store that holds nothing of any other
 * organisation (E20). The routes filter by themselves; this is the wall behind them, for the day one forgets.
 */
import type { Engine, Reads } from '../core/ports/index.ts';
import type { Line } from '../flow/index.ts';
import type { Gateway } from './gateway.ts';

const KEPT_MAX = 1000;

const views = new WeakMap<Gateway, Map<string, Gateway>>();

/** Null for whoever runs the platform: for it there is no wall. */
export function within(gateway: Gateway, org: string | null): Gateway {
  const { engine } = gateway.line;
  if (org === null || engine.within === undefined) {
    return gateway;
  }
  const known = views.get(gateway) ?? new Map<string, Gateway>();
  views.set(gateway, known);
  const view = known.get(org) ?? viewOf(gateway, engine.within(org));
  if (known.size >= KEPT_MAX) {
    known.clear();
  }
  known.set(org, view);
  return view;
}

/** What changes on the gateway and on its line is seen through the view: it inherits and does not copy. */
function viewOf(gateway: Gateway, reads: Reads): Gateway {
  const engine: Engine = { ...gateway.line.engine, ...reads };
  const line = Object.create(gateway.line, { engine: { value: engine, enumerable: true } }) as Line;
  return Object.create(gateway, { line: { value: line, enumerable: true } }) as Gateway;
}
