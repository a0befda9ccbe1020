/**
 * What is sent to enrol, register, change and steer a workspace, and to issue its keys.
 */
import { z } from 'zod';
import { DIALECTS, INPUTS } from '../workspace/index.ts';
import { id, milliseconds, name } from './task.ts';

const url = z.url({ protocol: /^https?$/u }).max(2048);
/** Whoever looks for a peer is shown the cards of all of them. */
const CARD_CHARACTERS = 256 * 1024;
const card = z
  .record(z.string(), z.json())
  .refine((given) => JSON.stringify(given).length <= CARD_CHARACTERS, `takes at most ${CARD_CHARACTERS} characters`);
const list = z.array(id).max(1000);
/** What an agent says of itself is not refused for its length before it is absurd. */
const words = z.string().max(64_000).nullish();
/** The original's runtime leaves a party that it does not know empty. */
const party = z.union([id, z.literal('')]).nullish();

/** What fits on one line that a system starts. */
const LINE_MAX = 8000;
const word = z
  .string()
  .max(LINE_MAX)
  .refine((given) => !given.includes('\0'), 'takes no zero characters');
const run = z.union([word.min(1), z.array(word).min(1).max(500)]);

/** The program of an agent, as a line, as its words, or with what else there is to say of it. */
const command = z.union([
  run,
  z.object({
    run,
    shell: z.boolean().optional(),
    directory: word.min(1).optional(),
    environment: z
      .array(z.string().regex(/^[A-Za-z_]\w*$/u, 'takes names of variables'))
      .max(100)
      .optional(),
    input: z.enum(INPUTS).optional(),
    dialect: z.enum(DIALECTS).optional(),
    grace_ms: z.int().min(0).max(60_000).optional(),
  }),
]);

export const profile = z.object({
  name,
  role: z.string().max(2000).nullish(),
  parent_id: id.nullish(),
  tier: z.int().min(0).max(100).optional(),
  capacity: z.int().min(1).max(10_000).optional(),
  url: url.nullish(),
  pull: z.boolean().optional(),
  command: command.nullish(),
  agent_card: card.nullish(),
  roles: z.array(name).max(20).optional(),
  allowed_actions: z.record(z.string().max(100), z.array(name).max(20)).nullish(),
  grants: list.optional(),
  denials: list.optional(),
});

export const createWorkspace = profile.extend({ id: id.optional(), org: id.optional() });

export const changeWorkspace = profile.partial();

export const register = z.object({
  id,
  url: url.nullish(),
  agent_card: card.nullish(),
  name: name.optional(),
  capacity: z.int().min(1).max(10_000).optional(),
});

export const heartbeat = z.object({
  workspace_id: id,
  error_rate: z.number().optional(),
  sample_error: z.string().nullish(),
  active_tasks: z.number().optional(),
  uptime_seconds: z.number().optional(),
  current_task: z.string().nullish(),
  leaving: z.boolean().optional(),
});

export const updateCard = z.object({ workspace_id: id, agent_card: card });
export const checkAccess = z.object({ caller_id: id, target_id: id });

const attachments = z
  .array(
    z.object({
      /** Of a file that is kept here, or any other address on the web. */
      uri: z.string().min(1).max(4096),
      /** Of a file that is kept here all of this is known. */
      name: name.optional(),
      mimeType: name.nullish(),
      size: z.int().nonnegative().nullish(),
    }),
  )
  .max(50)
  .optional();

export const postMessage = z.object({
  text: z.string().min(1).max(256_000),
  attachments,
  conversation_id: name.optional(),
  idempotency_key: z.union([name, z.literal('')]).nullish(),
});

export const notify = z.object({
  message: z.string().min(1).max(256_000).optional(),
  type: z.string().max(100).optional(),
  attachments,
  task_id: z.string().max(200).optional(),
  delegation_id: z.string().max(200).optional(),
  status: z.string().max(100).optional(),
});

const ACTIVITIES = [
  'a2a_send',
  'a2a_receive',
  'task_update',
  'agent_log',
  'skill_promotion',
  'memory_write',
  'error',
  'delegation',
] as const;

export const reportActivity = z.object({
  activity_type: z.enum(ACTIVITIES),
  method: z.string().max(200).nullish(),
  summary: words,
  target_id: party,
  source_id: party,
  status: z.string().max(100).nullish(),
  error_detail: words,
  duration_ms: z.number().nullish(),
  request_body: z.json().optional(),
  response_body: z.json().optional(),
  metadata: z.json().optional(),
});

export const issueKey = z.object({
  name: name.optional(),
  expires_in_ms: milliseconds.optional(),
  org: id.optional(),
});
