/**
 * Who may import whom. One row per folder of src; whatever is not listed is forbidden.
 * The table is the one of ARCHITECTURE.md; the rules below are made from it. Run by `npm run bounds`.
 *
 * From outside a folder only its door is seen, so that one driver never drags in another and a folder can be
 * rearranged behind its door.
 */

const everything = [
  'core',
  'a2a',
  'engines',
  'carriers',
  'flow',
  'upkeep',
  'events',
  'gateway',
  'tools',
  'mcp',
  'telemetry',
];

/** Folder of src → what it may import. A row may name a subfolder, or a file. */
const mayImport = {
  core: [],
  a2a: ['core'],
  engines: ['core'],
  events: ['core'],
  telemetry: ['core'],
  tools: ['core'],
  testing: ['core'],
  mcp: ['core', 'tools'],
  carriers: ['core', 'a2a'],
  flow: ['core', 'events'],
  upkeep: ['core', 'flow'],
  gateway: ['core', 'a2a', 'events', 'flow', 'tools', 'mcp'],
  runtime: [
    'core',
    'a2a',
    'tools',
    'flow',
    'engines/memory',
    'engines/sqlite',
    'carriers/in-process',
    'server/clock',
    'server/version',
  ],
  background: [
    'core',
    'tools',
    'flow',
    'events',
    'upkeep',
    'runtime',
    'engines/memory',
    'engines/sqlite',
    'carriers/in-process',
    'carriers/command',
    'carriers/a2a',
    'server/clock',
  ],
  server: everything,
  cli: ['core', 'server', 'runtime', 'tools', 'mcp', 'testing'],
};

/** Folder of core → the folders of core whose doors it may see; `error.ts` is seen by all. */
const mayImportInCore = {
  delegation: [],
  workspace: ['delegation'],
  memory: ['workspace'],
  ports: ['delegation', 'workspace', 'memory'],
  apply: ['delegation', 'workspace', 'memory', 'ports'],
  contract: ['delegation', 'workspace', 'memory', 'ports'],
};

/** Folder of src → the packages it may import; whoever is not listed imports none. */
const mayImportPackages = {
  'core/contract': ['zod'],
  gateway: ['zod', 'file-type'],
  tools: ['zod'],
  mcp: ['zod', '@modelcontextprotocol/server'],
  carriers: ['undici', 'ipaddr.js'],
  'engines/postgres': ['pg', '@types/pg'],
};

/** What a folder shows to the others. */
const doors = [
  '^src/[^/]+/index[.]ts$',
  '^src/core/[^/]+[.]ts$',
  '^src/core/[^/]+/index[.]ts$',
  '^src/runtime/agent/index[.]ts$',
  '^src/background/hermes/index[.]ts$',
  '^src/engines/[^/]+/engine[.]ts$',
  '^src/engines/[^/]+/archive[.]ts$',
  '^src/carriers/[^/]+/carrier[.]ts$',
  '^src/tools/adapters/[^/]+[.]ts$',
  // So that whoever has a desk does not bring the schemas of the tools with it: they are 20 MB of a process.
  '^src/tools/desk[.]ts$',
  // So that a command that starts in a hurry does not bring a platform with it: clients of MCP wait three seconds.
  '^src/server/(?:clock|version)[.]ts$',
  // So that the command follows and waits as the client does, without its being everybody's.
  '^src/runtime/(?:follow|pause)[.]ts$',
  // So that the scripted agents of the demo do not bring the test runner with them.
  '^src/testing/[^/]+[.]ts$',
];

const fromTheTable = Object.entries(mayImport).map(([folder, allowed]) => ({
  name: `${folder}-imports-only-its-row`,
  severity: 'error',
  comment:
    `src/${folder} may import ${allowed.join(', ') || 'nothing else of src'}. Pass what it needs as an argument (a port ` +
    'of core), or move the code to the folder that may know both.',
  from: { path: `^src/${folder}/` },
  to: { path: '^src/', pathNot: [folder, ...allowed].map((name) => `^src/${name}(?:/|[.]ts$)`) },
}));

const fromTheTableOfCore = Object.entries(mayImportInCore).map(([folder, allowed]) => ({
  name: `core-${folder}-imports-only-its-row`,
  severity: 'error',
  comment:
    `src/core/${folder} sees the doors (index.ts) of ${allowed.join(', ')} and src/core/error.ts. Decisions do not know ` +
    'ports, ports do not know the verbs that use them.',
  from: { path: `^src/core/${folder}/` },
  to: {
    path: '^src/core/',
    pathNot: [
      `^src/core/${folder}/`,
      '^src/core/error[.]ts$',
      ...allowed.map((name) => `^src/core/${name}/index[.]ts$`),
    ],
  },
}));

const packageRows = [
  ...Object.entries(mayImportPackages).map(([folder, allowed]) => ({
    name: `${folder}-imports-only-its-packages`,
    severity: 'error',
    comment: `src/${folder} knows ${allowed.join(', ')} and no other package. See docs/decisions/0001.`,
    from: { path: `^src/${folder}/` },
    to: { path: 'node_modules/', pathNot: allowed.map((name) => `node_modules/${name}/`) },
  })),
  {
    name: 'packages-only-where-listed',
    severity: 'error',
    comment:
      'This folder of src knows no package. Add a row to `mayImportPackages`, with its line in docs/decisions/0001.',
    from: { path: '^src/', pathNot: Object.keys(mayImportPackages).map((folder) => `^src/${folder}/`) },
    to: { path: 'node_modules/', pathNot: ['node_modules/@types/node/'] },
  },
];

const siblings = ['engines', 'carriers'].map((folder) => ({
  name: `${folder}-do-not-know-each-other`,
  severity: 'error',
  comment: `Two folders of src/${folder} never meet: what both need belongs to core.`,
  from: { path: `^src/${folder}/([^/]+)/` },
  to: { path: `^src/${folder}/[^/]+/`, pathNot: [`^src/${folder}/$1/`] },
}));

const fromOutside = [
  {
    name: 'only-doors',
    severity: 'error',
    comment:
      'From outside a folder only its door is imported (index.ts, engines/*/engine.ts, engines/*/archive.ts, carriers/*/carrier.ts, ' +
      'server/clock.ts, server/version.ts, runtime/follow.ts, runtime/pause.ts, runtime/agent/index.ts, tools/adapters/*.ts, tools/desk.ts, testing/*.ts, core/*.ts, core/*/index.ts). Export the name from the door and import it there.',
    from: { path: '^src/([^/]+)/' },
    to: { path: '^src/', pathNot: ['^src/$1/', ...doors] },
  },
  {
    name: 'only-doors-for-entries',
    severity: 'error',
    comment: 'Entries and examples see doors, like every user. Export the name from the door and import it there.',
    from: { path: '^(src/[^/]+[.]ts$|examples/)' },
    to: { path: '^src/', pathNot: doors },
  },
  {
    name: 'folder-without-a-row',
    severity: 'error',
    comment: 'This folder of src has no row. Add it to `mayImport` here and to the table in ARCHITECTURE.md.',
    from: { path: '^src/[^/]+/', pathNot: [`^src/(${Object.keys(mayImport).join('|')})/`] },
    to: {},
  },
  {
    name: 'src-stands-alone',
    severity: 'error',
    comment: 'src never imports tests, benches, scripts, examples or the console. Move what it needs into src.',
    from: { path: '^src/' },
    to: { path: '^(test|bench|scripts|examples|console)/' },
  },
];

const foreign = [
  {
    name: 'core-is-pure',
    severity: 'error',
    comment: 'core has no I/O: it imports nothing of node:. Take what it needs as a port (src/core/ports).',
    from: { path: '^src/core/' },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'sql-only-in-engines',
    severity: 'error',
    comment: 'node:sqlite is known in src/engines/sqlite only. Ask the engine, through its port.',
    from: { path: '^src/', pathNot: ['^src/engines/sqlite/'] },
    to: { path: '^(node:)?sqlite$' },
  },
  {
    name: 'no-dev-packages-in-src',
    severity: 'error',
    comment: 'src is published: a package it imports is a dependency, with its line in docs/decisions.',
    from: { path: '^src/' },
    to: { dependencyTypes: ['npm-dev', 'npm-no-pkg'], dependencyTypesNot: ['type-only'] },
  },
];

const everywhere = [
  {
    name: 'no-cycles',
    severity: 'error',
    comment:
      'A cycle. Move what both sides need into a file that neither of them is. (Types may refer to each other across ' +
      'two files: `import type` is gone when the code runs.)',
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
  {
    name: 'resolvable',
    severity: 'error',
    comment:
      'This import leads nowhere. Relative imports end in .ts; packages stand in package.json. (Those of the examples ' +
      'are installed when they are first asked for; the compiler looks at them.)',
    from: { pathNot: '^(examples|test/adapters)/' },
    to: { couldNotResolve: true },
  },
];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...fromTheTable,
    ...fromTheTableOfCore,
    ...packageRows,
    ...fromOutside,
    ...siblings,
    ...foreign,
    ...everywhere,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage|docs|console)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['types', 'import', 'node', 'default'] },
  },
};
