/**
 * Says something to the person, now.
 */
import { z } from 'zod';
import { DeskError, type Attachment } from '../desk.ts';
import { tool, type OpenedFile, type ToolContext } from '../spec.ts';
import * as words from '../words.ts';

const FILES_MAX = 50;

export const sendMessageToUser = tool({
  name: 'send_message_to_user',
  title: 'Message the person',
  short: 'Send the person a message now: to acknowledge, to report progress, to follow up, with files if needed.',
  whenToUse:
    'Before a long piece of work, when a peer is busy and the person should know, and to hand over files. Give files as ' +
    'attachments; never paste addresses of them into the message.',
  section: 'delegation',
  input: z.strictObject({
    message: z.string().min(1).max(256_000),
    attachments: z
      .array(z.string().min(1).max(4096))
      .max(FILES_MAX)
      .default([])
      .describe('Absolute paths of files, or addresses of files that were uploaded.'),
  }),
  output: words.output({ success: z.boolean(), message: z.string(), attachments: z.number() }),
  example: { message: 'I have handed the research over and will tell you when it is back.' },
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  needs: 'say',
  waits: false,
  async run(context, { message, attachments }) {
    const files: Attachment[] = [];
    for (const named of attachments) {
      files.push(await attached(context, named));
    }
    await context.desk.say(message, files);
    const count = files.length;
    const withFiles = count === 0 ? '' : ` with ${count} attachment${count === 1 ? '' : '(s)'}`;
    return { success: true, message: `Message sent to user${withFiles}`, attachments: count };
  },
  say: ({ message }) => message,
});

/** A path is read here and uploaded, where the agent and this process have the same disk; an address is handed on. */
async function attached({ desk, openFile }: ToolContext, named: string): Promise<Attachment> {
  if (/^https?:\/\//u.test(named)) {
    return { uri: named, name: named.split('/').at(-1)?.split('?', 1)[0] || 'file' };
  }
  if (openFile === undefined) {
    throw new DeskError({
      code: 'invalid_request',
      message: `attachments: ${named.slice(0, 200)} is a path, and this platform does not see your disk`,
      fix: 'Upload the file with POST /workspaces/:id/attachments and give its uri, or use the local server (errand mcp).',
    });
  }
  return desk.upload(await opened(openFile, named));
}

async function opened(openFile: NonNullable<ToolContext['openFile']>, path: string): Promise<OpenedFile> {
  try {
    return await openFile(path);
  } catch (error) {
    if (error instanceof DeskError) {
      throw error;
    }
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'it cannot be read';
    throw new DeskError({ code: 'invalid_request', message: `attachments: ${path.slice(0, 200)}: ${why}` });
  }
}
