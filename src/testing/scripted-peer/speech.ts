/**
 * Raw A2A as a peer writes it, in both versions. It shares no code with `src/a2a`, so that a mistake there is not
 * repeated here and taken for agreement.
 */
import type { PartStyle, PeerVersion } from './behaviour.ts';

export type Body = Record<string, unknown>;

export interface SpokenTask {
  id: string;
  context: string;
  state: string;
  note: string;
  artifacts: readonly string[];
  /** Distinguishes one look from the next. */
  stamp: string;
  messageId: string;
}

const V1_STATES: Record<string, string> = { unknown: 'TASK_STATE_UNSPECIFIED' };

function part(text: string, style: PartStyle): Body {
  return style === 'member' ? { text } : { [style]: 'text', text };
}

export function styleOf(version: PeerVersion): PartStyle {
  return version === '1.0' ? 'member' : 'kind';
}

export function message(version: PeerVersion, text: string, given: { context: string; style: PartStyle }): Body {
  const body = { messageId: `re-${given.context}`, contextId: given.context, parts: [part(text, given.style)] };
  return version === '1.0' ? { message: { ...body, role: 'ROLE_AGENT' } } : { kind: 'message', role: 'agent', ...body };
}

export function task(version: PeerVersion, spoken: SpokenTask, style: PartStyle = styleOf(version)): Body {
  const body = {
    id: spoken.id,
    contextId: spoken.context,
    status: status(version, spoken),
    artifacts: spoken.artifacts.map((text, index) => artifact(text, index, style)),
    history: [
      {
        role: version === '1.0' ? 'ROLE_USER' : 'user',
        messageId: spoken.messageId,
        contextId: spoken.context,
        parts: [],
      },
    ],
  };
  return version === '1.0' ? body : { kind: 'task', ...body };
}

function artifact(text: string, index: number, style: PartStyle): Body {
  return { artifactId: `artifact-${index}`, parts: [part(text, style)] };
}

function status(version: PeerVersion, spoken: SpokenTask): Body {
  const said = {
    role: version === '1.0' ? 'ROLE_AGENT' : 'agent',
    messageId: `said-${spoken.id}-${spoken.state}`,
    parts: [part(spoken.note, styleOf(version))],
  };
  return {
    state: version === '1.0' ? v1State(spoken.state) : spoken.state,
    timestamp: spoken.stamp,
    ...(spoken.note === '' ? {} : { message: version === '1.0' ? said : { kind: 'message', ...said } }),
  };
}

export function statusEvent(version: PeerVersion, spoken: SpokenTask, isFinal: boolean): Body {
  const body = { taskId: spoken.id, contextId: spoken.context, status: status(version, spoken) };
  return version === '1.0' ? { statusUpdate: body } : { kind: 'status-update', ...body, final: isFinal };
}

export function artifactEvent(version: PeerVersion, spoken: SpokenTask, index: number): Body {
  const made = artifact(spoken.artifacts[index] ?? '', index, styleOf(version));
  const body = { taskId: spoken.id, contextId: spoken.context, artifact: made, append: false, lastChunk: true };
  return version === '1.0' ? { artifactUpdate: body } : { kind: 'artifact-update', ...body };
}

export function isOver(state: string): boolean {
  return ['completed', 'failed', 'canceled', 'rejected', 'input-required', 'auth-required'].includes(state);
}

function v1State(state: string): string {
  return V1_STATES[state] ?? `TASK_STATE_${state.toUpperCase().replaceAll('-', '_')}`;
}
