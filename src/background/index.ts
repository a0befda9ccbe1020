/**
 * Background delegation inside one process: open it, delegate, carry on, be told. The door `errand/background`.
 */
export type {
  Admission,
  Asking,
  Background,
  BatchHandle,
  Callees,
  Ending,
  Full,
  Handle,
  Listed,
  Receipt,
  ShutdownReport,
  Standing,
  Step,
  Turn,
  TurnOptions,
  Waited,
  WaitMode,
} from './background.ts';
export { callee } from './callee.ts';
export type {
  Callee,
  CommandCallee,
  FunctionCallee,
  Output,
  PeerCallee,
  Recovery,
  Resource,
  Schema,
  Task,
  TaskContext,
} from './callee.ts';
export {
  checkMessages,
  mayTakeTurn,
  PROVIDERS,
  withTurn,
  type Fault,
  type Provider,
  type Rule,
} from './messages/index.ts';
export { open } from './open.ts';
export type { Opening } from './settings.ts';
export { Stopped } from './stopped.ts';
