/**
 * Error codes of A2A 1.0 over JSON-RPC, by the names the specification gives them, with their HTTP status.
 */
interface Row {
  code: number;
  status: number;
  /** Of the errors that are A2A's own and not JSON-RPC's. */
  reason?: string;
}

export const V1_ERRORS = {
  parseError: { code: -32_700, status: 400 },
  invalidRequest: { code: -32_600, status: 400 },
  methodNotFound: { code: -32_601, status: 404 },
  invalidParams: { code: -32_602, status: 400 },
  internalError: { code: -32_603, status: 500 },
  taskNotFound: { code: -32_001, status: 404, reason: 'TASK_NOT_FOUND' },
  taskNotCancelable: { code: -32_002, status: 400, reason: 'TASK_NOT_CANCELABLE' },
  pushNotificationNotSupported: { code: -32_003, status: 400, reason: 'PUSH_NOTIFICATION_NOT_SUPPORTED' },
  unsupportedOperation: { code: -32_004, status: 400, reason: 'UNSUPPORTED_OPERATION' },
  contentTypeNotSupported: { code: -32_005, status: 400, reason: 'CONTENT_TYPE_NOT_SUPPORTED' },
  invalidAgentResponse: { code: -32_006, status: 500, reason: 'INVALID_AGENT_RESPONSE' },
  extendedCardNotConfigured: { code: -32_007, status: 400, reason: 'EXTENDED_AGENT_CARD_NOT_CONFIGURED' },
  extensionSupportRequired: { code: -32_008, status: 400, reason: 'EXTENSION_SUPPORT_REQUIRED' },
  versionNotSupported: { code: -32_009, status: 400, reason: 'VERSION_NOT_SUPPORTED' },
} as const satisfies Record<string, Row>;

export type V1Error = keyof typeof V1_ERRORS;

/** The peer does not speak this version: nothing was done, and the other one may be tried. */
export function isOtherVersion(code: number | null): boolean {
  return code === V1_ERRORS.methodNotFound.code || code === V1_ERRORS.versionNotSupported.code;
}
