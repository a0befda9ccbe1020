/**
 * From what a program says of its callees to seats on the line and the carriers that reach them.
 *
 * Functions share one seat and its slots; one with a capacity of its own, a command and a peer have each a seat of its
 * own. What a carrier needs is loaded only where somebody is reached by it.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Handler } from '../carriers/in-process/carrier.ts';
import type { Carrier, Clock } from '../core/ports/index.ts';
import { blankProfile, type CarrierName, type WorkspaceProfile } from '../core/workspace/index.ts';
import { failureOf, type Line } from '../flow/index.ts';
import type { Callees } from './background.ts';
import type { Callee, CommandCallee, AnyFunctionCallee, PeerCallee, Recovery, Schema } from './callee.ts';
import { HERE, INLINE, ORG, type House } from './house.ts';
import { wrong } from './wrong.ts';
import { handlerOf } from './run.ts';

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
  if (typeof callee === 'object' && callee !== null) {
    if ('run' in callee && typeof callee.run === 'function') {
      return functionSeat(name, callee);
    }
    if ('command' in callee) {
      return { ...common(callee), ...outside, id: `at:${name}`, profile: await commandProfile(name, callee, around) };
    }
    if ('url' in callee) {
      return { ...common(callee), ...outside, id: `at:${name}`, profile: await peerProfile(name, callee) };
    }
  }
  throw wrong(`workspaces.${name}: a function, { run }, { command } or { url }`);
}

const outside = { isFunction: false, isRecursive: false, input: undefined };

function common({ recovery = 'unknown', capacity }: Pick<AnyFunctionCallee, 'recovery' | 'capacity'>) {
  if (!RECOVERIES.has(recovery)) {
    throw wrong(`recovery: one of ${[...RECOVERIES].join(', ')}`);
  }
  if (capacity !== undefined) {
    requireCapacity(capacity);
  }
  return { recovery };
}

const RECOVERIES: ReadonlySet<string> = new Set<Recovery>(['unknown', 'retry', 'resume']);
const CAPACITY_MAX = 100_000;

export function requireCapacity(capacity: number): void {
  if (!Number.isInteger(capacity) || capacity < 1 || capacity > CAPACITY_MAX) {
    throw wrong(`capacity: a whole number from 1 to ${CAPACITY_MAX}`);
  }
}

function functionSeat(name: string, callee: AnyFunctionCallee): CalleeSeat {
  const { capacity, input, recursive = false } = callee;
  const id = capacity === undefined ? HERE : `at:${name}`;
  return {
    ...common(callee),
    ...{ id, isFunction: true, isRecursive: recursive, input },
    profile: profileOf(capacity === undefined ? HERE : name, 'in_process', { ...callee, capacity: capacity ?? 1 }),
  };
}

async function commandProfile(name: string, callee: CommandCallee, around: Surroundings): Promise<WorkspaceProfile> {
  const { readProgram } = await import('../carriers/command/carrier.ts');
  const { command, variables, shell, directory, dialect, graceMs } = callee;
  const wish = { run: command, shell, directory, dialect, graceMs, environment: variables };
  const program = readProgram(wish, { directory: process.cwd(), environment: around.environment });
  if ('why' in program) {
    const hint =
      around.environment['PATH'] === undefined ? ' Say where it lies, or give environment: process.env.' : '';
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
