/**
 * Everything that one era is served, put together once: capabilities and methods.
 *
 * Tasks are an extension in the modern era and a capability in the other, and never both. Lists of tools and prompts
 * do not change while the platform runs, so nothing is promised about them.
 */
import type { ServerCapabilities } from '@modelcontextprotocol/server';
import { schemasOf } from '../tools/index.ts';
import { completionMethods } from './completions.ts';
import { eventMethods } from './events/methods.ts';
import type { Era, McpParts, Surface } from './parts.ts';
import { promptMethods } from './prompts.ts';
import { resourceMethods } from './resources.ts';
import { legacyTaskMethods } from './tasks/legacy.ts';
import { modernTaskMethods } from './tasks/modern.ts';
import { TASKS_EXTENSION } from './tasks/task.ts';
import { toolMethods } from './tools.ts';

const EVENTS_EXTENSION = 'io.modelcontextprotocol/events';

const COMMON: ServerCapabilities = {
  tools: {},
  prompts: {},
  completions: {},
  resources: { subscribe: true },
};

const OF_ERA: Readonly<Record<Era, ServerCapabilities>> = {
  modern: { ...COMMON, extensions: { [TASKS_EXTENSION]: {} } },
  legacy: { ...COMMON, tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } },
};

/** Clients look for events in either place. */
function capabilitiesOf({ log }: McpParts, era: Era): ServerCapabilities {
  const known = structuredClone(OF_ERA[era]);
  return era === 'legacy' || log === undefined
    ? known
    : Object.assign(known, { events: {}, extensions: { ...known.extensions, [EVENTS_EXTENSION]: {} } });
}

export function surfaceOf(parts: McpParts, era: Era, announce: Surface['announce']): Surface {
  const surface: Surface = {
    era,
    capabilities: capabilitiesOf(parts, era),
    announce,
    schemas: new Map(parts.tools.map((spec) => [spec.name, schemasOf(spec).input])),
    methods: new Map([
      ...toolMethods(parts, era),
      ...resourceMethods(era),
      ...promptMethods(),
      ...completionMethods(),
      ...(era === 'modern' ? [...modernTaskMethods(parts), ...eventMethods(parts)] : legacyTaskMethods(parts)),
    ]),
  };
  parts.extend?.(surface);
  return surface;
}
