/**
 * The connection broke, or could not be made. What was under way on it may have been written or not: whoever asked
 * finds out (`writer.ts`) or says that it is not known.
 */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}
