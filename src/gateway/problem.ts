/**
 * From an error to the one form in which our API tells it: `{error, code, fix, retry_after?}` with the right status.
 *
 * What is not a refusal of ours is a fault: it is reported to the operator and said as `internal`, without its text.
 */
import { ErrandError, ERRORS, type ErrorCode } from '../core/error.ts';

export interface Problem {
  status: number;
  headers: Record<string, string>;
  body: { error: string; code: ErrorCode; fix: string; retry_after?: number };
}

export function problemOf(error: unknown, onFault: (error: unknown) => void): Problem {
  const known = error instanceof ErrandError ? error : undefined;
  if (known === undefined || known.kind.status >= 500) {
    onFault(error);
  }
  const code = known?.code ?? 'internal';
  const { status, fix } = ERRORS[code];
  const retryAfter = known?.retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(known.retryAfterMs / 1000));
  const seconds = retryAfter ?? (status === 503 ? 1 : undefined);
  return {
    status,
    headers: {
      ...(seconds === undefined ? {} : { 'retry-after': String(seconds) }),
      ...(status === 401 ? { 'www-authenticate': 'Bearer realm="errand"' } : {}),
    },
    body: {
      error: known?.message ?? 'something went wrong on our side',
      code,
      fix,
      ...(seconds === undefined ? {} : { retry_after: seconds }),
    },
  };
}
