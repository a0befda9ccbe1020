/**
 * What a workspace's roles allow. A role the configuration redefines is replaced whole; an unknown role allows nothing.
 *
 * A workspace without roles is an operator, as in the original. Denies by default: a permission is there only if
 * a known role grants it, and `no-…` roles take away from every other.
 */
export const PERMISSIONS = ['delegate', 'approve', 'memory.read', 'memory.write'] as const;

export type Permission = (typeof PERMISSIONS)[number];

const BUILT_IN: Readonly<Record<string, readonly Permission[]>> = {
  admin: PERMISSIONS,
  operator: PERMISSIONS,
  'read-only': ['memory.read'],
  'memory-readonly': ['memory.read'],
  'no-delegation': ['approve', 'memory.read', 'memory.write'],
  'no-approval': ['delegate', 'memory.read', 'memory.write'],
};

export interface Roles {
  roles: readonly string[];
  allowedActions: Readonly<Record<string, readonly string[]>> | null;
}

export function isAllowed(holder: Roles, permission: Permission): boolean {
  const roles = holder.roles.length === 0 ? ['operator'] : holder.roles;
  if (roles.includes('admin') && !isRedefined(holder, 'admin')) {
    return true;
  }
  const forbidding = roles.filter((role) => isRestriction(role) && !isRedefined(holder, role));
  const granting = forbidding.length > 0 ? forbidding : roles;
  const verdicts = granting.map((role) => actionsOf(holder, role).includes(permission));
  return forbidding.length > 0 ? verdicts.every(Boolean) : verdicts.some(Boolean);
}

function actionsOf(holder: Roles, role: string): readonly string[] {
  if (holder.allowedActions !== null && Object.hasOwn(holder.allowedActions, role)) {
    return holder.allowedActions[role] ?? [];
  }
  return Object.hasOwn(BUILT_IN, role) ? (BUILT_IN[role] ?? []) : [];
}

function isRedefined(holder: Roles, role: string): boolean {
  return holder.allowedActions !== null && Object.hasOwn(holder.allowedActions, role);
}

function isRestriction(role: string): boolean {
  return role === 'read-only' || role === 'memory-readonly' || role === 'no-delegation' || role === 'no-approval';
}
