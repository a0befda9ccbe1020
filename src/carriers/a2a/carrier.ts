/**
 * The carrier that reaches agents over A2A, 1.0 and 0.3, JSON-RPC over HTTP. The door of this folder.
 *
 * It hands an assignment to the callee's address, follows what becomes of it and says what it saw, as one outcome. It
 * decides nothing about the delegation and keeps nothing about it: whatever must survive is in the assignment.
 * Its rules are numbered in docs/spec/carrier.md and cited where they are kept.
 */
import type { Assignment, Carrier, Clock, Delivering, Outcome } from '../../core/ports/index.ts';
import { Contact, type Means } from './contact.ts';
import { deliver } from './deliver.ts';
import type { GuardRules } from './guard.ts';
import { Origins } from './origins.ts';
import { failed } from './outcome.ts';
import { Routes } from './routes.ts';

export { fetchCard } from './fetch-card.ts';
export { checkUrl, type GuardRules } from './guard.ts';

export interface A2aCarrierOptions extends GuardRules {
  clock: Clock;
  /** Spreads the polls: 0 ≤ chance < 1. Without it they are not spread. */
  chance?: () => number;
  /** Of the result; the envelope around it is allowed for. */
  resultBytesMax?: number;
  /** For one send to be answered. */
  attemptMs?: number;
  /** For a callee to confirm that it stopped. */
  cancelMs?: number;
  pollFirstMs?: number;
  pollMostMs?: number;
  connectionsPerOrigin?: number;
  originsMax?: number;
}

const ENVELOPE_BYTES = 64 * 1024;

export function a2aCarrier(options: A2aCarrierOptions): Carrier {
  const means = meansOf(options);
  return {
    name: 'a2a',
    async deliver(assignment: Assignment, delivering: Delivering): Promise<Outcome> {
      const route = means.routes.of(assignment.callee);
      if (route === undefined) {
        return failed('unreachable', `the workspace ${assignment.callee.id} has no URL`);
      }
      return deliver(new Contact(means, { assignment, delivering, route }));
    },
    close(): Promise<void> {
      return means.origins.close();
    },
  };
}

function meansOf(options: A2aCarrierOptions): Means {
  let lastId = 0;
  return {
    clock: options.clock,
    chance: options.chance ?? ((): number => 0.5),
    origins: new Origins({
      allow: options.allow ?? [],
      loopback: options.loopback ?? false,
      connectionsPerOrigin: options.connectionsPerOrigin ?? 128,
      originsMax: options.originsMax ?? 1024,
    }),
    routes: new Routes(),
    tempo: {
      attemptMs: options.attemptMs ?? 300_000,
      cancelMs: options.cancelMs ?? 5000,
      pollFirstMs: options.pollFirstMs ?? 250,
      pollMostMs: options.pollMostMs ?? 15_000,
      pollGrowth: 1.6,
    },
    answerBytesMax: (options.resultBytesMax ?? 8 * 1024 * 1024) + ENVELOPE_BYTES,
    nextId: () => {
      lastId += 1;
      return lastId;
    },
  };
}
