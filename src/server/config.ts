/**
 * What the operator chose, from the command line and the environment, checked once at the start.
 *
 * The names of the original runtime are honoured for what they meant there: `DELEGATION_RETRY_ATTEMPTS`,
 * `DELEGATION_RETRY_DELAY` (seconds) and `DELEGATION_TIMEOUT` (seconds). A value that cannot be read is refused.
 */
import { LIMITS, type Limits } from '../core/delegation/index.ts';

export interface Config {
  host: string;
  port: number;
  /** The folder of the store, the operator's key and the lock. */
  data: string;
  /** The address of a PostgreSQL that several platforms share; the store is in the folder where there is none. */
  database: string | undefined;
  open: boolean;
  limits: Limits;
  /** Where others reach it, if not at the address it listens on. */
  publicUrl: string | undefined;
  /** Hosts and networks that deliveries may go to besides public ones. */
  allow: readonly string[];
  /** Of this process; programs that take tasks get of it what their operator listed. */
  environment: NodeJS.ProcessEnv;
}

export interface Wishes {
  host?: string;
  port?: number;
  data?: string;
  open?: boolean;
  allow?: readonly string[];
}

const DEFAULT_PORT = 4310;

export function readConfig(wishes: Wishes, environment: NodeJS.ProcessEnv = process.env): Config {
  const open = wishes.open ?? false;
  const host = wishes.host ?? environment['ERRAND_HOST'] ?? '127.0.0.1';
  if (open && !isLoopback(host)) {
    throw new Error(`--open serves without keys and so only on loopback, not on ${host}. Leave out --open, or --host.`);
  }
  return {
    host,
    port: wishes.port ?? whole(environment, 'ERRAND_PORT') ?? DEFAULT_PORT,
    data: wishes.data ?? environment['ERRAND_DATA'] ?? '.errand',
    database: databaseFrom(environment['DATABASE_URL']),
    open,
    limits: limitsFrom(environment),
    publicUrl: environment['ERRAND_PUBLIC_URL'],
    allow: wishes.allow ?? (environment['ERRAND_ALLOW'] ?? '').split(',').filter((entry) => entry !== ''),
    environment,
  };
}

function databaseFrom(url: string | undefined): string | undefined {
  if (url === undefined || url === '') {
    return undefined;
  }
  if (!/^postgres(?:ql)?:\/\//u.test(url)) {
    throw new Error(
      'DATABASE_URL takes postgres://user:password@host:port/database. Unset it to keep the store in a folder.',
    );
  }
  return url;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/u.test(host);
}

/** Every bound can be set as `ERRAND_` and its name in capitals; none can be switched off. */
function limitsFrom(environment: NodeJS.ProcessEnv): Limits {
  const limits: Limits = { ...LIMITS };
  const attempts = whole(environment, 'DELEGATION_RETRY_ATTEMPTS');
  const delay = seconds(environment, 'DELEGATION_RETRY_DELAY');
  const timeout = seconds(environment, 'DELEGATION_TIMEOUT');
  limits.attemptsMax = attempts ?? limits.attemptsMax;
  limits.backoffFirstMs = delay ?? limits.backoffFirstMs;
  limits.attemptMs = timeout ?? limits.attemptMs;
  for (const name of Object.keys(LIMITS) as (keyof Limits)[]) {
    const variable = `ERRAND_${name.replaceAll(/[A-Z]/gu, (letter) => `_${letter}`).toUpperCase()}`;
    limits[name] = whole(environment, variable) ?? limits[name];
  }
  return limits;
}

function whole(environment: NodeJS.ProcessEnv, name: string): number | undefined {
  const value = number(environment, name);
  if (value !== undefined && (!Number.isSafeInteger(value) || value < (name === 'ERRAND_PORT' ? 0 : 1))) {
    throw new Error(`${name} is ${String(environment[name])}; it takes a whole number above 0.`);
  }
  return value;
}

function seconds(environment: NodeJS.ProcessEnv, name: string): number | undefined {
  const value = number(environment, name);
  return value === undefined ? undefined : Math.max(1, Math.round(value * 1000));
}

function number(environment: NodeJS.ProcessEnv, name: string): number | undefined {
  const text = environment[name];
  if (text === undefined || text === '') {
    return undefined;
  }
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) {
    throw new Error(`${name} is ${text}; it takes a number.`);
  }
  return value;
}
