/**
 * Seats, their keys, who may talk to whom, and what a role allows. Pure.
 */
export { mayTalk, type Find } from './access.ts';
export type {
  AcknowledgeNotices,
  Beat,
  Change,
  Claim,
  Collect,
  Enrol,
  IssueKey,
  Key,
  LeaseNotices,
  Look,
  Note,
  Prune,
  Register,
  RenewNotices,
  RevokeKey,
  Steer,
  WorkspaceCommand,
} from './command.ts';
export type { Attachment, Message, Post, Say, Words } from './message.ts';
export { DIALECTS, INPUTS, type DialectName, type InputName, type Program, type ProgramWish } from './program.ts';
export { isAllowed, PERMISSIONS, type Permission, type Roles } from './role.ts';
export { waitingFor } from './waiting.ts';
export {
  blankProfile,
  CARRIERS,
  isSeen,
  openSlots,
  workspaceDueAt,
  wouldFetchNothing,
  type CarrierName,
  type Presence,
  type Workspace,
  type WorkspaceProfile,
  type WorkspaceState,
} from './workspace.ts';
