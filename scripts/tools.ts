/**
 * Writes what is told of the tools for models: docs/guides/tools.md for people, docs/spec/prompt.md as models read it.
 *
 * `npm run spec` writes both from the registry, and a test holds the files to it, so that every change of wording is
 * seen by whoever reviews it.
 */
import { writeFileSync } from 'node:fs';
import { commandOf, instructionsOf, promptText, schemasOf, TOOLS, type ToolSpec } from '../src/tools/index.ts';

export const PAGES: Readonly<Record<string, () => string>> = {
  'docs/guides/tools.md': guide,
  'docs/spec/prompt.md': prompts,
};

const WRITTEN = '<!-- written by `npm run spec` from src/tools -->';

function guide(): string {
  return [
    '# The tools a model is given',
    '',
    WRITTEN,
    '',
    'One list, on every surface: MCP (`errand mcp`, `POST /workspaces/:id/mcp`), the adapters for frameworks, and the',
    'command line (`errand tool`). `errand prompt` prints what to tell a model of them and of its peers.',
    '',
    '| tool | what it does | changes something |',
    '| --- | --- | --- |',
    ...TOOLS.map(({ name, short, annotations }) => `| [\`${name}\`](#${name}) | ${short} | ${change(annotations)} |`),
    '',
    ...TOOLS.flatMap(chapter),
  ].join('\n');
}

function change({ readOnlyHint, destructiveHint }: ToolSpec['annotations']): string {
  if (readOnlyHint) {
    return 'no';
  }
  return destructiveHint ? 'yes, and ends work' : 'yes';
}

function chapter(spec: ToolSpec): string[] {
  const { properties = {}, required = [] } = schemasOf(spec).input as {
    properties?: Record<string, { type?: string; description?: string; enum?: string[]; default?: unknown }>;
    required?: string[];
  };
  const rows = Object.entries(properties).map(([name, { type, description = '', enum: words, default: value }]) => {
    const kind = words === undefined ? (type ?? 'any') : words.map((word) => `\`${word}\``).join(' or ');
    const otherwise = value === undefined ? 'no' : `no: \`${JSON.stringify(value)}\``;
    const needed = required.includes(name) ? 'yes' : otherwise;
    return `| \`${name}\` | ${kind} | ${needed} | ${description} |`;
  });
  return [
    `## ${spec.name}`,
    '',
    spec.short,
    '',
    spec.whenToUse,
    '',
    ...(rows.length === 0
      ? ['It takes nothing.']
      : ['| argument | takes | needed | |', '| --- | --- | --- | --- |', ...rows]),
    '',
    '```',
    commandOf(spec),
    JSON.stringify(spec.example),
    '```',
    '',
  ];
}

const PEER = {
  ...{ id: 'writer', name: 'Writer', status: 'online', role: 'writes', skills: ['haiku'] },
  ...{ capacity: 1, active_tasks: 1, queued: 2, usual_ms: 30_000 },
};

function prompts(): string {
  const common = { tools: TOOLS, peers: [PEER], isCoordinator: true };
  const blocks: [string, string][] = [
    ['Instructions of the MCP server', instructionsOf(TOOLS)],
    ['Prompt, for a model that has the tools', promptText({ ...common, variant: 'mcp' })],
    ['Prompt, for a model that has a command line', promptText({ ...common, variant: 'cli' })],
  ];
  return [
    '# What models are told',
    '',
    WRITTEN,
    '',
    'Every change of wording shows here. The peer and the part for coordinators are an example.',
    '',
    ...blocks.flatMap(([title, text]) => [`## ${title}`, '', '````text', text.trimEnd(), '````', '']),
  ].join('\n');
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(PAGES)) {
    writeFileSync(path, text());
  }
}
