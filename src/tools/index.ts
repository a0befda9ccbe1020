/**
 * The door of the tools for models: the one list, how one is called, and the desk it is called at.
 */
export { callTool, type ToolAnswer } from './call.ts';
export {
  DeskError,
  type Alone,
  type Asked,
  type Attachment,
  type Delegated,
  type Desk,
  type Memory,
  type Peer,
  type Receipt,
  type Result,
  type Row,
  type Seat,
  type Unread,
} from './desk.ts';
export { bodyOf, deskOf, type Platform, type PlatformAnswer, type PlatformCall } from './platform-desk.ts';
export { apiExamples, type ApiExample } from './examples.ts';
export { commandOf, instructionsOf, promptAt, promptText, type PromptOptions, type Variant } from './prompt.ts';
export { TOOLS, toolNamed } from './registry.ts';
export { schemasOf } from './schemas.ts';
export {
  tool,
  type Annotations,
  type Json,
  type OpenedFile,
  type Section,
  type ToolContext,
  type ToolSpec,
} from './spec.ts';
