/**
 * Why a command ends without having done what it was asked to, and the exit code that says so to a script.
 *
 * The exit codes are part of the interface: they are told by `--help` and pinned by tests.
 */
export const EXIT = { done: 0, failed: 1, usage: 2, unreachable: 3, refused: 4 } as const;

export type Exit = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_WORDS: Record<keyof typeof EXIT, string> = {
  done: 'done',
  failed: 'it failed: the delegation failed or was cancelled, or something is wrong',
  usage: 'the command line could not be understood',
  unreachable: 'no platform answers at the address',
  refused: 'the platform refused it; the message says why',
};

export interface Fault {
  code: string;
  message: string;
  fix?: string;
  exit: Exit;
  /** The whole answer of the platform, where it gave one. */
  answer?: unknown;
}

export class Failure extends Error {
  override readonly name = 'Failure';
  readonly fault: Fault;

  constructor(fault: Fault, options?: ErrorOptions) {
    super(fault.message, options);
    this.fault = fault;
  }
}

export function usage(message: string, fix = 'See errand --help.'): Failure {
  return new Failure({ code: 'usage', message, fix, exit: EXIT.usage });
}

/** Whatever was thrown, as something that can be told in two lines. */
export function faultOf(error: unknown): Fault {
  if (error instanceof Failure) {
    return error.fault;
  }
  return { code: 'internal', message: error instanceof Error ? error.message : String(error), exit: EXIT.failed };
}
