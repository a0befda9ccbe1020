/**
 * All tools, in the order in which every surface shows them. What is not in this list does not exist.
 */
import type { ToolSpec } from './spec.ts';
import { checkTaskStatus } from './specs/check-task-status.ts';
import { delegateTask } from './specs/delegate-task.ts';
import { delegateTaskAsync } from './specs/delegate-task-async.ts';
import { findPeer } from './specs/find-peer.ts';
import { listPeers } from './specs/list-peers.ts';

export const TOOLS: readonly ToolSpec[] = [listPeers, delegateTask, delegateTaskAsync, checkTaskStatus, findPeer];

const BY_NAME = new Map(TOOLS.map((spec) => [spec.name, spec]));

export function toolNamed(name: string): ToolSpec | undefined {
  return BY_NAME.get(name);
}
