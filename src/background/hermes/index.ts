/**
 * The door `errand/background/hermes`: for programs that know the functions, dictionaries, events and texts of an
 * earlier kind of background delegation and want the line behind them.
 */
export type {
  AsyncDelegationEvent,
  AsyncDelegationRecord,
  BatchDispatch,
  BatchResult,
  BatchRunner,
  ChildResult,
  Claim,
  CompletionQueue,
  Correction,
  Counts,
  DeliveryState,
  Dispatch,
  Dispatched,
  FinishedChild,
  Hermes,
  HermesOpening,
  InterruptReceipt,
  LiveStatus,
  Lost,
  NextAction,
  OutputSchema,
  Runner,
  RunnerControl,
  StopReport,
  TaskResult,
  UnitStatus,
  WaitResult,
} from './hermes.ts';
export { openHermes } from './open.ts';
