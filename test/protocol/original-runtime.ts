/**
 * The original Python runtime as it calls a platform: the same paths, headers and bodies, in the same order, and the
 * same reading of what comes back. It sends no token; `X-Workspace-ID` goes only where the original sends it.
 *
 * Its waiting is shortened: it polls as fast as a test wants, where the original looks every thirty seconds.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { send, type Answer, type Fields } from './support.ts';

export interface Entry {
  status: string;
  result?: string;
  error?: string;
}

const ATTEMPTS = 3;

export class OriginalRuntime {
  readonly platform: string;
  readonly workspace: string;
  /** How long it pauses before it sends again to a platform that it did not reach. */
  readonly delayMs = 10;
  /** Everything the platform answered, in order. */
  readonly heard: { what: string; answer: Answer }[] = [];
  readonly entries = new Map<string, Entry>();

  constructor(platform: string, workspace: string) {
    this.platform = platform;
    this.workspace = workspace;
  }

  /** `delegate_to_workspace`: answers at once and works in the background; here the background is the second promise. */
  delegate(target: string, task: string): { id: string; background: Promise<Entry> } {
    const id = randomUUID();
    this.entries.set(id, { status: 'pending' });
    return { id, background: this.#execute(id, target, task) };
  }

  async #execute(id: string, target: string, task: string): Promise<Entry> {
    this.entries.set(id, { status: 'in_progress' });
    await this.record(id, target, task);
    const discovered = await this.discover(target);
    if (discovered.status !== 200) {
      return this.#keep(id, { status: 'failed', error: `Discovery failed: HTTP ${discovered.status}` });
    }
    const { url } = discovered.body;
    if (typeof url !== 'string' || url === '') {
      return this.#keep(id, { status: 'failed', error: 'No URL for workspace' });
    }
    const entry = await this.#send(id, url, task);
    await this.notify(id, target, entry.status);
    await this.update(id, entry.status, entry.error ?? '', entry.result ?? '');
    return this.#keep(id, entry);
  }

  async #send(id: string, url: string, task: string): Promise<Entry> {
    let last = 'None';
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      try {
        const answer = await this.message(url, id, { attempt, task });
        const entry = readAnswer(answer);
        if (entry !== undefined) {
          return entry;
        }
        const { error } = answer.body as unknown as { error?: Fields };
        if (answer.status === 200 && error !== undefined) {
          return { status: 'failed', error: String(error['message']) };
        }
      } catch (error) {
        last = String(error);
        await pause(this.delayMs * (attempt + 1));
      }
    }
    return { status: 'failed', error: last };
  }

  #keep(id: string, entry: Entry): Entry {
    this.entries.set(id, entry);
    return entry;
  }

  async #hear(what: string, answering: Promise<Answer>): Promise<Answer> {
    const answer = await answering;
    this.heard.push({ what, answer });
    return answer;
  }

  async record(id: string, target: string, task: string): Promise<Answer> {
    const body = { target_id: target, task, delegation_id: id };
    return this.#post('record', `/workspaces/${this.workspace}/delegations/record`, body);
  }

  async discover(target: string): Promise<Answer> {
    const headers = { 'X-Workspace-ID': this.workspace };
    return this.#hear('discover', send(`${this.platform}/registry/discover/${target}`, 'GET', { headers }));
  }

  /** A new message id on each attempt, and the delegation's id beside the message, as there. */
  async message(url: string, id: string, sent: { attempt: number; task: string; kind?: string }): Promise<Answer> {
    const { attempt, task, kind = 'kind' } = sent;
    const headers = { 'X-Workspace-ID': this.workspace };
    const message = { role: 'user', parts: [{ [kind]: 'text', text: task }], messageId: `msg-${id}-${attempt}` };
    const metadata = { parent_task_id: id, source_workspace_id: this.workspace, traceparent: null };
    const rpc = { jsonrpc: '2.0', method: 'message/send', id: `delegation-${id}-${attempt}` };
    return this.#hear('message', send(url, 'POST', { headers, body: { ...rpc, params: { message, metadata } } }));
  }

  async notify(id: string, target: string, status: string): Promise<Answer> {
    const body = { type: 'delegation_complete', task_id: id, target_workspace_id: target, status };
    return this.#post('notify', `/workspaces/${this.workspace}/notify`, body);
  }

  async update(id: string, status: string, error: string, preview: string): Promise<Answer> {
    const body = { status, error, response_preview: preview.slice(0, 500) };
    return this.#post('update', `/workspaces/${this.workspace}/delegations/${id}/update`, body);
  }

  async #post(what: string, path: string, body: unknown): Promise<Answer> {
    return this.#hear(what, send(`${this.platform}${path}`, 'POST', { body }));
  }

  /** `_refresh_queued_from_platform`: no headers, the newest row that holds the id. */
  async refresh(id: string): Promise<Entry> {
    const answer = await send(`${this.platform}/workspaces/${this.workspace}/delegations`, 'GET');
    const row = answer.rows.find((one) => one.delegation_id === id);
    const before = this.entries.get(id) ?? { status: 'unknown' };
    if (row?.status === 'completed') {
      return this.#keep(id, { status: 'completed', result: row.response_preview });
    }
    return row?.status === 'failed' ? this.#keep(id, { status: 'failed', error: row.error }) : before;
  }

  /** Polls until it has come to an end. */
  async settled(id: string): Promise<Entry> {
    for (let looks = 0; looks < 1000; looks += 1) {
      const entry = await this.refresh(id);
      if (entry.status === 'completed' || entry.status === 'failed') {
        return entry;
      }
      await pause(10);
    }
    throw new Error(`The original runtime never saw the end of ${id}.`);
  }

  /** `send_a2a_message` of the synchronous tool: no header, no metadata, only the first part is read. */
  async sync(url: string, task: string): Promise<string> {
    const message = { role: 'user', messageId: randomUUID(), parts: [{ kind: 'text', text: task }] };
    const body = { jsonrpc: '2.0', id: randomUUID(), method: 'message/send', params: { message } };
    const { body: data } = await this.#hear('sync', send(url, 'POST', { body }));
    if ('result' in data) {
      const parts = (data.result['parts'] ?? []) as { text?: string }[];
      return parts.length > 0 ? (parts[0]?.text ?? '') : '(no response)';
    }
    const { error } = data as unknown as { error?: Fields };
    return error === undefined ? JSON.stringify(data) : `[A2A_ERROR] ${String(error['message'])}`;
  }

  /** `report_activity`, which beats as well. */
  async reportActivity(type: string, said: { target?: string; summary?: string; error?: string }): Promise<Answer> {
    const activity = {
      activity_type: type,
      source_id: this.workspace,
      target_id: said.target ?? '',
      method: 'message/send',
      summary: said.summary ?? '',
      status: 'ok',
      request_body: { task: 'x' },
      response_body: { result: 'y' },
      ...(said.error === undefined ? {} : { error_detail: said.error }),
    };
    const answer = await this.#post('activity', `/workspaces/${this.workspace}/activity`, activity);
    await this.heartbeat({ current_task: said.summary ?? '', active_tasks: 1 });
    return answer;
  }

  async heartbeat(more: Record<string, unknown> = {}): Promise<Answer> {
    const body = {
      workspace_id: this.workspace,
      error_rate: 0,
      sample_error: '',
      active_tasks: 0,
      current_task: '',
      uptime_seconds: 12,
      ...more,
    };
    return this.#post('heartbeat', '/registry/heartbeat', body);
  }

  said(what: string): Answer[] {
    return this.heard.filter((one) => one.what === what).map(({ answer }) => answer);
  }
}

function readAnswer(answer: Answer): Entry | undefined {
  if (answer.status === 202 && answer.body['queued'] === true) {
    return { status: 'queued' };
  }
  if (answer.status !== 200 || !('result' in answer.body)) {
    return undefined;
  }
  const { artifacts = [], parts = [] } = answer.body.result as unknown as {
    artifacts?: { parts?: { kind?: string; text: string }[] }[];
    parts?: { kind?: string; text: string }[];
  };
  const texts = [...artifacts.flatMap((artifact) => artifact.parts ?? []), ...parts]
    .filter((part) => part.kind === 'text')
    .map((part) => part.text);
  return { status: 'completed', result: texts.length > 0 ? texts.join('\n') : JSON.stringify(answer.body.result) };
}
