/**
 * The rules every carrier keeps, as a suite that a new carrier runs: docs/spec/carrier.md, by number.
 *
 * A carrier brings a stage: a way to make a callee that behaves in one of a few ways, and to see what it did. How the
 * callee is reached is the carrier's own; that it is handed over once, followed to its end and reported truthfully is not.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { NO_DURATIONS } from '../core/delegation/index.ts';
import type { Assignment, Carrier, Delivering, Outcome, StopReason } from '../core/ports/index.ts';
import type { Workspace } from '../core/workspace/index.ts';

/** How a callee behaves; every carrier can reach one that does each of these. */
export type Manner =
  | { manner: 'answers'; text: string }
  /** Says that it works, and ends when it is let. */
  | { manner: 'works'; text: string; note: string }
  | { manner: 'fails'; error: string }
  /** Takes the task and is not heard of again until it is told to stop. */
  | { manner: 'hangs' };

export interface Seen {
  /** Times the task was carried out. */
  runs: number;
  /** It noticed that it was to stop. */
  stopped: boolean;
}

export interface Callee {
  workspace: Workspace;
  seen(): Seen;
  /** Where it is at work only some time after it was reached. */
  begun?(): Promise<unknown>;
}

export interface Stage {
  carrier: Carrier;
  callee(manner: Manner): Promise<Callee>;
  close(): Promise<void>;
}

export interface CarrierSuite {
  name: string;
  open(): Promise<Stage>;
}

/** What a delivery told while it went on, and how to stop it. */
export interface Watched extends Delivering {
  stop(reason: StopReason): void;
  readonly acknowledged: { task?: string; context?: string }[];
  readonly progress: { message?: string; percent?: number; inTool?: boolean }[];
  /** Resolves with the first sign of life. */
  readonly alive: Promise<unknown>;
}

export function watched(): Watched {
  const control = new AbortController();
  const acknowledged: Watched['acknowledged'] = [];
  const progress: Watched['progress'] = [];
  const alive = Promise.withResolvers<unknown>();
  return {
    signal: control.signal,
    stop: (reason) => control.abort(reason),
    acknowledged,
    progress,
    alive: alive.promise,
    reports: {
      acknowledged: (remote = {}) => {
        acknowledged.push(remote);
        alive.resolve(true);
      },
      progressed: (step) => {
        progress.push(step);
        alive.resolve(true);
      },
    },
  };
}

/** A seat as the core knows it, with nothing remarkable about it. */
export function calleeAt(given: Partial<Workspace> = {}): Workspace {
  return {
    id: 'callee',
    org: 'org',
    name: 'callee',
    role: null,
    parent: null,
    tier: 1,
    person: false,
    carrier: 'a2a',
    url: null,
    program: null,
    card: null,
    capacity: 1,
    roles: [],
    allowedActions: null,
    grants: [],
    denials: [],
    state: 'active',
    presence: 'unknown',
    seenAt: null,
    running: 1,
    queued: 0,
    strikes: 0,
    holdUntil: null,
    served: {},
    durations: NO_DURATIONS,
    activity: { tasks: 0, current: null, errorRate: 0, uptimeSeconds: 0 },
    createdAt: 0,
    version: 1,
    ...given,
  };
}

let made = 0;

export function assignmentFor(callee: Workspace, given: Partial<Assignment> = {}): Assignment {
  made += 1;
  return {
    key: made,
    id: `dlg_${made}`,
    caller: 'caller',
    callee,
    task: `task ${made}`,
    conversation: null,
    epoch: 1,
    attempt: 1,
    deadlineAt: Date.UTC(2100, 0, 1),
    delivery: 'at_least_once',
    attemptToken: `token-${made}`,
    mayHaveRun: false,
    ...given,
  };
}

interface Rule {
  title: string;
  check(stage: Stage): Promise<void>;
}

const RULES: readonly Rule[] = [
  {
    title: 'C1: an assignment is handed over once and its result comes back whole',
    async check(stage) {
      const text = 'first line\nsecond line: grüße 👩‍👩‍👧';
      const { workspace, seen } = await stage.callee({ manner: 'answers', text });
      const outcome = await stage.carrier.deliver(assignmentFor(workspace), watched());
      assert.deepEqual(outcome, { kind: 'completed', output: { text } });
      assert.equal(seen().runs, 1);
    },
  },
  {
    title: 'C2: at_most_once does not run a second time what may have run and cannot be asked for',
    async check(stage) {
      const { workspace, seen } = await stage.callee({ manner: 'answers', text: 'again' });
      const assignment = assignmentFor(workspace, { delivery: 'at_most_once', mayHaveRun: true, attempt: 2 });
      const outcome = await stage.carrier.deliver(assignment, watched());
      assert.equal(outcome.kind, 'unknown');
      assert.equal(seen().runs, 0);
    },
  },
  {
    title: 'C6: what a callee reports as failed is failed, with its reason and its words',
    async check(stage) {
      const { workspace } = await stage.callee({ manner: 'fails', error: 'the disk is full' });
      const outcome = await stage.carrier.deliver(assignmentFor(workspace), watched());
      assert.ok(outcome.kind === 'failed', outcome.kind);
      assert.equal(outcome.reason, 'callee_failed');
      assert.match(outcome.error, /the disk is full/u);
    },
  },
  {
    title: 'C9: on a cancel the callee is told, and what it confirms is what is said',
    async check(stage) {
      const callee = await stage.callee({ manner: 'hangs' });
      const outcome = await stopped(stage.carrier, callee, 'cancelled');
      assert.equal(outcome.kind, 'cancelled');
      assert.equal(callee.seen().stopped, true);
    },
  },
  {
    title: 'C9: on shutdown the delivery is let go at once, as unknown',
    async check(stage) {
      const callee = await stage.callee({ manner: 'hangs' });
      assert.equal((await stopped(stage.carrier, callee, 'shutdown')).kind, 'unknown');
    },
  },
  {
    title: 'C9: a delivery that was overtaken is let go at once, as unknown',
    async check(stage) {
      const callee = await stage.callee({ manner: 'hangs' });
      assert.equal((await stopped(stage.carrier, callee, 'overtaken')).kind, 'unknown');
    },
  },
  {
    title: 'C10: a callee that works is acknowledged once, before its outcome, and its progress is told',
    async check(stage) {
      const { workspace } = await stage.callee({ manner: 'works', text: 'made', note: 'half way' });
      const delivering = watched();
      const outcome = await stage.carrier.deliver(assignmentFor(workspace), delivering);
      assert.equal(outcome.kind, 'completed');
      assert.equal(delivering.acknowledged.length, 1);
      assert.ok(delivering.progress.some((step) => step.message === 'half way'));
    },
  },
  {
    title: 'C12: a delivery that was let go before it began sends nothing',
    async check(stage) {
      const { workspace, seen } = await stage.callee({ manner: 'answers', text: 'never' });
      const delivering = watched();
      delivering.stop('cancelled');
      const outcome = await stage.carrier.deliver(assignmentFor(workspace), delivering);
      assert.equal(outcome.kind, 'unknown');
      assert.equal(seen().runs, 0);
    },
  },
  {
    title: 'C12: many deliveries at once do not mix up their results',
    async check(stage) {
      const texts = Array.from({ length: 20 }, (_, index) => `text ${index}`);
      const callees = await Promise.all(texts.map((text) => stage.callee({ manner: 'answers', text })));
      const outcomes = await Promise.all(
        callees.map(({ workspace }) => stage.carrier.deliver(assignmentFor(workspace), watched())),
      );
      assert.deepEqual(
        outcomes.map((outcome) => (outcome.kind === 'completed' ? outcome.output.text : outcome.kind)),
        texts,
      );
    },
  },
];

export function carrierSuite(suite: CarrierSuite): void {
  describe(`a carrier: ${suite.name}`, () => {
    const opened: Stage[] = [];
    before(async () => {
      opened.push(await suite.open());
    });
    after(async () => {
      await opened[0]?.close();
    });
    for (const rule of RULES) {
      test(rule.title, { timeout: 20_000 }, () => rule.check(opened[0]!));
    }
  });
}

/** Stops a delivery as soon as the callee has shown a sign of life and is at work. */
async function stopped(carrier: Carrier, { workspace, begun }: Callee, reason: StopReason): Promise<Outcome> {
  const delivering = watched();
  const outcome = carrier.deliver(assignmentFor(workspace), delivering);
  await delivering.alive;
  await begun?.();
  delivering.stop(reason);
  return outcome;
}
