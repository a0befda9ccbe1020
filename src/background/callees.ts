/**
 * From what a program says of its callees to seats on the line and the carriers that reach them.
 *
 * Functions share one seat and its slots; one with a capacity of its own, a command and a peer have each a seat of its
 * own. What a carrier needs is loaded only where somebody is reached by it.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Handler } from '../carriers/in-process/carrier.ts';
import type { Carrier, Clock } from '../core/ports/index.ts';
import { blankProfile, DIALECTS, type CarrierName, type WorkspaceProfile } from '../core/workspace/index.ts';
import { failureOf, type Line } from '../flow/index.ts';
import type { Callees } from './background.ts';
import type { Callee, CommandCallee, AnyFunctionCallee, PeerCallee, Recovery, Schema } from './callee.ts';
import { HERE, INLINE, ORG, type House } from './house.ts';
import { handlerOf } from './run.ts';
import {
  CAPACITY,
  FLAG,
  FROM_0,
  FUNCTION,
  isObject,
  oneOf,
  requireKnown,
  TEXT,
  TEXTS,
  wrong,
  type Kind,
  type Kinds,
} from './wrong.ts';

export interface CalleeSeat {
  /** Of the seat on the line. */
  id: string;
  isFunction: boolean;
  isRecursive: boolean;
  recovery: Recovery;
  input: Schema | undefined;
  profile: WorkspaceProfile;
}

export interface Surroundings {
  clock: Clock;
  chance: () => number;
  environment: Readonly<Record<string, string | undefined>>;
  resultBytesMax: number;
  graceMs: number;
  onFault: (error: unknown) => void;
}

const NAME = /^[\w.:@ -]{1,150}$/u;

export async function seatsOf(callees: Callees, around: Surroundings): Promise<Map<string, CalleeSeat>> {
  const seats = new Map<string, CalleeSeat>();
  for (const [name, callee] of Object.entries(callees)) {
    if (!NAME.test(name)) {
      throw wrong(`workspaces: ${JSON.stringify(name)} cannot be a name; take letters, digits, spaces and . : @ _ -`);
    }
    seats.set(name, await seatOf(name, callee, around));
  }
  return seats;
}

async function seatOf(name: string, callee: Callee, around: Surroundings): Promise<CalleeSeat> {
  if (typeof callee === 'function') {
    return functionSeat(name, { run: callee });
  }
  const [kind] = isObject(callee) ? KINDS.filter(({ field }) => field in callee) : [];
  if (kind === undefined) {
    throw wrong(`workspaces.${name}: a function, { run }, { command } or { url }`);
  }
  requireKnown(`workspaces.${name}.`, callee, { ...COMMON, ...kind.fields });
  if ('run' in callee) {
    return functionSeat(name, callee);
  }
  const { recovery = 'unknown' } = callee;
  const seat = { id: `at:${name}`, recovery, isFunction: false, isRecursive: false, input: undefined };
  return 'command' in callee
    ? { ...seat, profile: await commandProfile(name, callee, around) }
    : { ...seat, profile: await peerProfile(name, callee) };
}

/** A schema of some vendors is a function. */
const SCHEMA: Kind = [
  (value) =>
    (isObject(value) || typeof value === 'function') &&
    typeof (value as Partial<Schema>)['~standard']?.validate === 'function',
  'a schema (Standard Schema)',
];
const COMMON: Kinds = {
  capacity: CAPACITY,
  recovery: oneOf(['unknown', 'retry', 'resume'] satisfies Recovery[]),
  role: TEXT,
};
const KINDS: readonly { field: string; fields: Kinds }[] = [
  { field: 'run', fields: { run: FUNCTION, input: SCHEMA, output: SCHEMA, recursive: FLAG } },
  {
    field: 'command',
    fields: {
      command: [(value) => TEXT[0](value) || TEXTS[0](value), 'a line, or a list of its words'],
      shell: FLAG,
      directory: TEXT,
      variables: TEXTS,
      dialect: oneOf(DIALECTS),
      graceMs: FROM_0,
    },
  },
  { field: 'url', fields: { url: TEXT } },
];

function functionSeat(name: string, callee: AnyFunctionCallee): CalleeSeat {
  const { capacity, input, recursive = false, recovery = 'unknown' } = callee;
  const id = capacity === undefined ? HERE : `at:${name}`;
  return {
    ...{ id, recovery, isFunction: true, isRecursive: recursive, input },
    profile: profileOf(capacity === undefined ? HERE : name, 'in_process', { ...callee, capacity: capacity ?? 1 }),
  };
}

async function commandProfile(name: string, callee: CommandCallee, around: Surroundings): Promise<WorkspaceProfile> {
  const { readProgram } = await import('../carriers/command/carrier.ts');
  const { command, variables, shell, directory, dialect, graceMs } = callee;
  const wish = { run: command, shell, directory, dialect, graceMs, environment: variables };
  const program = readProgram(wish, { directory: process.cwd(), environment: around.environment });
  if ('why' in program) {
    const hint = around.environment['PATH'] === undefined ? ' Say where it lies, or give environment: process.env' : '';
    throw wrong(`workspaces.${name}: ${program.why}.${hint}`);
  }
  // When its task has its ending it is gone.
  const grace = Math.min(program.graceMs, Math.floor(around.graceMs));
  return { ...profileOf(name, 'command', callee), program: { ...program, graceMs: grace } };
}

async function peerProfile(name: string, callee: PeerCallee): Promise<WorkspaceProfile> {
  const { checkUrl } = await import('../carriers/a2a/carrier.ts');
  const refused = await checkUrl(callee.url, { loopback: true });
  if (refused !== undefined) {
    throw wrong(`workspaces.${name}: ${refused}`);
  }
  return { ...profileOf(name, 'a2a', callee), url: callee.url };
}

function profileOf(
  name: string,
  carrier: CarrierName,
  { capacity = 1, role }: { capacity?: number | undefined; role?: string | undefined },
): WorkspaceProfile {
  return { ...blankProfile(name), carrier, capacity, role: role ?? null };
}

/** Made at the first start, and brought in line with what is said at every other. */
export async function enrolAll(
  line: Line,
  seats: ReadonlyMap<string, CalleeSeat>,
  capacities: { here: number; inline: number },
): Promise<void> {
  const profiles = new Map([
    ...[...seats.values()].map(({ id, profile }) => [id, profile] as const),
    [HERE, profileOf(HERE, 'in_process', { capacity: capacities.here })],
    [INLINE, profileOf(INLINE, 'in_process', { capacity: capacities.inline })],
  ]);
  await Promise.all([...profiles].map(async ([id, profile]) => enrol(line, id, profile)));
}

async function enrol(line: Line, id: string, profile: WorkspaceProfile): Promise<void> {
  const known = await line.engine.workspace(id);
  if (known !== undefined && isSame(known, profile)) {
    return;
  }
  const answer = await line.recorder.record(
    known === undefined
      ? { type: 'enrol', id, org: ORG, actor: 'host', person: false, profile }
      : { type: 'change', id, actor: 'host', profile },
  );
  if (answer.kind !== 'workspace') {
    throw failureOf(answer);
  }
}

function isSame(known: WorkspaceProfile, profile: WorkspaceProfile): boolean {
  return Object.entries(profile).every(([field, value]) =>
    isDeepStrictEqual(known[field as keyof WorkspaceProfile], value),
  );
}

/** Which function takes what is delegated under a name. */
export function handlersOf(house: () => House): { get(workspace: string, skill?: string): Handler | undefined } {
  const made = new Map<string, Handler>();
  return {
    get(_workspace, skill = '') {
      const callee = house().callees[skill];
      const known = made.get(skill);
      const definition = typeof callee === 'function' ? { run: callee } : callee;
      if (known !== undefined || definition === undefined || !('run' in definition)) {
        return known;
      }
      const handler = handlerOf(house(), definition);
      made.set(skill, handler);
      return handler;
    },
  };
}

/** Those that somebody is reached by, beside the one for functions. */
export async function carriersOf(
  seats: ReadonlyMap<string, CalleeSeat>,
  around: Surroundings,
): Promise<Partial<Record<CarrierName, Carrier>>> {
  const used = new Set([...seats.values()].map(({ profile }) => profile.carrier));
  const { clock, chance, environment, resultBytesMax, onFault } = around;
  const carriers: Partial<Record<CarrierName, Carrier>> = {};
  if (used.has('command')) {
    const { commandCarrier } = await import('../carriers/command/carrier.ts');
    carriers.command = commandCarrier({
      ...{ clock, resultBytesMax, environment, onFault },
      platformUrl: Promise.resolve(''),
    });
  }
  if (used.has('a2a')) {
    const { a2aCarrier } = await import('../carriers/a2a/carrier.ts');
    carriers.a2a = a2aCarrier({ clock, chance, resultBytesMax, loopback: true });
  }
  return carriers;
}
