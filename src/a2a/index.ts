/**
 * The A2A language and nothing else: requests of both versions, one tolerant reader for every answer, and where the
 * states of a task meet our statuses. No I/O; who speaks to whom is the carrier's and the gateway's.
 */
export { addressIn, canStream, type Interface, isCard, v1InterfaceOf } from './card.ts';
export { type Dialect, type OutgoingMessage, type Version } from './dialect.ts';
export { type Call, encodeCall, openEnvelope, readAnswer, readError, type RpcId } from './envelope.ts';
export { asRecord, countAt, isWithinDepth, type Json, listAt, member, nameAt, recordAt, textAt } from './json.ts';
export { textOf } from './parts.ts';
export { noteOf, partialOf, type Reading, readResult, readTask, type RemoteTask, resultOf } from './read.ts';
export { type SseEvent, SseReader } from './sse.ts';
export { type Operation, type ReadFault, type ServerDialect } from './server-dialect.ts';
export { isTerminal, readState, REMOTE_STATES, stateOf, statusOf, v1State } from './states.ts';
export { Collector, readEvent, type StreamReading } from './stream.ts';
export { V03 } from './v03/codec.ts';
export {
  encodeTask,
  failure,
  type IncomingCall,
  type IncomingMessage,
  readCall,
  readMessageSend,
  success,
  type TaskView,
  V03_SERVER,
} from './v03/server.ts';
export { V1 } from './v1/codec.ts';
export { isOtherVersion, V1_ERRORS } from './v1/errors.ts';
export { type ListAsked, readList, V1_SERVER } from './v1/server.ts';
