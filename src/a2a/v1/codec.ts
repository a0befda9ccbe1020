/**
 * The requests of A2A 1.0, JSON-RPC binding.
 *
 * Blocking is the default of this version, so `returnImmediately` is always said. A tenant is echoed exactly as the
 * card gave it, or left out.
 */
import { type Dialect, OUTPUT_MODES } from '../dialect.ts';
import type { Json } from '../json.ts';
import { partV1 } from '../parts.ts';

export const V1: Dialect = {
  version: '1.0',
  headers: ['a2a-version', '1.0'],

  send(message, tenant) {
    return {
      method: 'SendMessage',
      params: {
        ...tenantOf(tenant),
        message: {
          role: 'ROLE_USER',
          messageId: message.messageId,
          ...(message.context === undefined ? {} : { contextId: message.context }),
          ...(message.task === undefined ? {} : { taskId: message.task }),
          parts: message.parts.map(partV1),
          metadata: message.metadata,
        },
        configuration: { returnImmediately: true, acceptedOutputModes: OUTPUT_MODES },
        metadata: message.metadata,
      },
    };
  },

  get(task, tenant) {
    return { method: 'GetTask', params: { ...tenantOf(tenant), id: task } };
  },

  cancel(task, tenant) {
    return { method: 'CancelTask', params: { ...tenantOf(tenant), id: task } };
  },

  subscribe(task, tenant) {
    return { method: 'SubscribeToTask', params: { ...tenantOf(tenant), id: task } };
  },

  list(context, tenant) {
    return {
      method: 'ListTasks',
      params: { ...tenantOf(tenant), contextId: context, pageSize: 50, historyLength: 20, includeArtifacts: true },
    };
  },
};

function tenantOf(tenant: string | undefined): Json {
  return tenant === undefined ? {} : { tenant };
}
