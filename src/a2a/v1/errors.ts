/**
 * Error codes of A2A 1.0 over JSON-RPC, by the names the specification gives them, with their HTTP status.
 */
interface Row {
  code: number;
  status: number;
}

export const V1_ERRORS = {
  parseError: { code: -32_700, status: 400 },
  invalidRequest: { code: -32_600, status: 400 },
  methodNotFound: { code: -32_601, status: 404 },
  invalidParams: { code: -32_602, status: 400 },
  internalError: { code: -32_603, status: 500 },
  taskNotFound: { code: -32_001, status: 404 },
  taskNotCancelable: { code: -32_002, status: 400 },
  pushNotificationNotSupported: { code: -32_003, status: 400 },
  unsupportedOperation: { code: -32_004, status: 400 },
  contentTypeNotSupported: { code: -32_005, status: 400 },
  invalidAgentResponse: { code: -32_006, status: 500 },
  extendedCardNotConfigured: { code: -32_007, status: 400 },
  extensionSupportRequired: { code: -32_008, status: 400 },
  versionNotSupported: { code: -32_009, status: 400 },
} as const satisfies Record<string, Row>;

/** The peer does not speak this version: nothing was done, and the other one may be tried. */
export function isOtherVersion(code: number | null): boolean {
  return code === V1_ERRORS.methodNotFound.code || code === V1_ERRORS.versionNotSupported.code;
}
