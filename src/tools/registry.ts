/**
 * All tools, in the order in which every surface shows them. What is not in this list does not exist.
 */
import type { ToolSpec } from './spec.ts';
import { answerTask } from './specs/answer-task.ts';
import { cancelTask } from './specs/cancel-task.ts';
import { checkTaskStatus } from './specs/check-task-status.ts';
import { commitMemory } from './specs/commit-memory.ts';
import { delegateBatch } from './specs/delegate-batch.ts';
import { delegateTask } from './specs/delegate-task.ts';
import { delegateTaskAsync } from './specs/delegate-task-async.ts';
import { findPeer } from './specs/find-peer.ts';
import { getWorkspaceInfo } from './specs/get-workspace-info.ts';
import { listPeers } from './specs/list-peers.ts';
import { readResult } from './specs/read-result.ts';
import { recallMemory } from './specs/recall-memory.ts';
import { sendMessageToUser } from './specs/send-message-to-user.ts';
import { waitForTasks } from './specs/wait-for-tasks.ts';

export const TOOLS: readonly ToolSpec[] = [
  listPeers,
  findPeer,
  delegateTask,
  delegateTaskAsync,
  delegateBatch,
  checkTaskStatus,
  waitForTasks,
  readResult,
  answerTask,
  cancelTask,
  getWorkspaceInfo,
  sendMessageToUser,
  commitMemory,
  recallMemory,
];

const BY_NAME = new Map(TOOLS.map((spec) => [spec.name, spec]));

export function toolNamed(name: string): ToolSpec | undefined {
  return BY_NAME.get(name);
}
