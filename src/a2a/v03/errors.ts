/**
 * Error codes of A2A 0.3 over JSON-RPC, by the names the specification gives them.
 */
export const V03_ERRORS = {
  parseError: -32_700,
  invalidRequest: -32_600,
  methodNotFound: -32_601,
  invalidParams: -32_602,
  internalError: -32_603,
  taskNotFound: -32_001,
  taskNotCancelable: -32_002,
  pushNotificationNotSupported: -32_003,
  unsupportedOperation: -32_004,
  contentTypeNotSupported: -32_005,
  invalidAgentResponse: -32_006,
  extendedCardNotConfigured: -32_007,
} as const;

export type V03Error = keyof typeof V03_ERRORS;
