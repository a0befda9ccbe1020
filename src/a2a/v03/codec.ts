/**
 * The requests of A2A 0.3, JSON-RPC binding.
 *
 * `blocking: false` is always said, since the SDKs of that version hold the call open when nothing is said.
 */
import { type Dialect, OUTPUT_MODES } from '../dialect.ts';
import { partV03 } from '../parts.ts';

export const V03: Dialect = {
  version: '0.3',
  headers: [],

  send(message) {
    return {
      method: 'message/send',
      params: {
        message: {
          kind: 'message',
          role: 'user',
          messageId: message.messageId,
          ...(message.context === undefined ? {} : { contextId: message.context }),
          ...(message.task === undefined ? {} : { taskId: message.task }),
          parts: message.parts.map(partV03),
          metadata: message.metadata,
        },
        configuration: { blocking: false, acceptedOutputModes: OUTPUT_MODES },
        metadata: message.metadata,
      },
    };
  },

  get(task) {
    return { method: 'tasks/get', params: { id: task } };
  },

  cancel(task) {
    return { method: 'tasks/cancel', params: { id: task } };
  },

  subscribe(task) {
    return { method: 'tasks/resubscribe', params: { id: task } };
  },
};
