/**
 * What goes wrong in a method, in the words of JSON-RPC: a refusal of the platform keeps its own words, a fault of ours
 * is reported to the operator and told without its text.
 */
import { ProtocolError, ProtocolErrorCode, SdkError } from '@modelcontextprotocol/server';
import { DeskError } from '../tools/index.ts';

export function refusalOf(error: unknown, onFault: (error: unknown) => void): Error {
  if (error instanceof ProtocolError || error instanceof SdkError) {
    return error;
  }
  if (error instanceof DeskError) {
    const { code, message, fix } = error;
    const isAbsent = code === 'not_found' || code === 'invalid_request';
    const number = isAbsent ? ProtocolErrorCode.InvalidParams : ProtocolErrorCode.InternalError;
    return new ProtocolError(number, message, { code, ...(fix === undefined ? {} : { fix }) });
  }
  if (error instanceof Error && error.name === 'AbortError') {
    return new ProtocolError(ProtocolErrorCode.InternalError, 'the call was ended before it was answered');
  }
  onFault(error);
  return new ProtocolError(ProtocolErrorCode.InternalError, 'something went wrong on our side');
}

export function noSuchTask(id: string): ProtocolError {
  return new ProtocolError(ProtocolErrorCode.InvalidParams, `there is no task ${id.slice(0, 100)}`);
}

/** As it stands in an answer. */
export function errorOf(error: Error & Partial<Pick<ProtocolError, 'code' | 'data'>>) {
  const { code = ProtocolErrorCode.InternalError, message, data } = error;
  return { code, message, ...(data === undefined ? {} : { data }) };
}
