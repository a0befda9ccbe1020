/**
 * Who may talk to whom: one rule, asked before acceptance on every path.
 *
 * Same parent (both at the root included), parent and child, ancestor and descendant; explicit denials first, then
 * grants; nothing across organisations. Unknown means no.
 */
import type { Workspace } from './workspace.ts';

const STEPS_MAX = 32;

export type Find = (id: string) => Workspace | undefined;

export function mayTalk(from: Workspace, to: Workspace, find: Find): boolean {
  if (from.org !== to.org || from.state === 'removed' || to.state === 'removed') {
    return false;
  }
  if (from.denials.includes(to.id) || to.denials.includes(from.id)) {
    return false;
  }
  return (
    from.id === to.id ||
    from.person ||
    to.person ||
    from.grants.includes(to.id) ||
    from.parent === to.parent ||
    isAncestor(from, to, find) ||
    isAncestor(to, from, find)
  );
}

function isAncestor(elder: Workspace, younger: Workspace, find: Find): boolean {
  let parent = younger.parent;
  for (let step = 0; step < STEPS_MAX && parent !== null; step += 1) {
    if (parent === elder.id) {
      return true;
    }
    parent = find(parent)?.parent ?? null;
  }
  return false;
}
