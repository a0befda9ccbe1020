/**
 * Memories: who writes and reads them, what they are found by, and what is taken out before they are kept. Pure.
 */
export type { CommitMemory, ForgetMemory, MemoryCommand } from './command.ts';
export {
  headOf,
  isScope,
  NAMESPACE,
  SCOPES,
  type Memory,
  type MemoryCount,
  type MemoryHead,
  type Scope,
} from './memory.ts';
export { redact, type Redaction } from './redact.ts';
export { isInSight, refuseReading, refuseWriting, sightOf, type Sight } from './scope.ts';
export { filedUnder, isFoundBy, shelvesSought, soughtIn, termsOf, type Sought, type Term } from './terms.ts';
