/**
 * One list of tools on every surface: whoever adds a tool learns here which surface lacks it, and no old name returns.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { NEXT_ACTION } from '../../../src/core/delegation/index.ts';
import {
  apiExamples,
  commandOf,
  instructionsOf,
  promptText,
  schemasOf,
  TOOLS,
  toolNamed,
  type Json,
} from '../../../src/tools/index.ts';

/** Of the original, with the arguments it is called with there. */
const ORIGINAL: Record<string, string[]> = {
  delegate_task: ['workspace_id', 'task'],
  delegate_task_async: ['workspace_id', 'task'],
  check_task_status: ['workspace_id', 'task_id'],
  list_peers: [],
  get_workspace_info: [],
  send_message_to_user: ['message', 'attachments'],
  commit_memory: ['content', 'scope'],
  recall_memory: ['query', 'scope'],
};
const OURS = ['delegate_batch', 'wait_for_tasks', 'cancel_task', 'answer_task', 'read_result', 'find_peer'];
const OLD = ['delegate_to_workspace', 'check_delegation_status', 'search_memory'];
/** Clients cut descriptions and instructions there. */
const CUT_BYTES = 2000;

const options = { tools: TOOLS, peers: [], isCoordinator: false } as const;

const SURFACES: Record<string, string> = {
  'the instructions': instructionsOf(TOOLS),
  'the prompt for tools': promptText({ ...options, variant: 'mcp' }),
  'the prompt for a command line': promptText({ ...options, variant: 'cli' }),
  'the guide': readFileSync('docs/guides/tools.md', 'utf8'),
};

interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: unknown;
  required?: string[];
}

describe('the registry', () => {
  test('holds the tools of the original and ours, each once', () => {
    const names = TOOLS.map(({ name }) => name);
    assert.deepEqual(names.toSorted(), [...Object.keys(ORIGINAL), ...OURS].toSorted());
    assert.equal(new Set(names).size, names.length);
  });

  for (const [name, wanted] of Object.entries(ORIGINAL)) {
    test(`takes the arguments of the original in ${name}`, () => {
      const spec = toolNamed(name);
      assert.ok(spec !== undefined);
      const { properties = {} } = schemasOf(spec).input as Schema;
      assert.deepEqual(
        wanted.filter((argument) => !Object.hasOwn(properties, argument)),
        [],
      );
    });
  }

  for (const spec of TOOLS) {
    const { input, output } = schemasOf(spec) as { input: Schema; output: Schema };

    test(`says of ${spec.name} what a client and a model need to know`, () => {
      assert.match(spec.name, /^[a-z]+(?:_[a-z]+)*$/u);
      assert.ok(spec.short.length <= 130 && !spec.short.includes('\n'), spec.short);
      assert.ok(Buffer.byteLength(spec.short + spec.whenToUse) < CUT_BYTES);
      assert.deepEqual(Object.keys(spec.annotations).toSorted(), [
        'destructiveHint',
        'idempotentHint',
        'openWorldHint',
        'readOnlyHint',
      ]);
      assert.ok(!(spec.annotations.readOnlyHint && spec.annotations.destructiveHint));
    });

    test(`gives ${spec.name} a flat schema that refuses what it does not know`, () => {
      const text = JSON.stringify(input);
      assert.equal(input.type, 'object');
      assert.equal(input.additionalProperties, false);
      assert.doesNotMatch(text, /"\$ref"|"\$schema"/u);
      assert.equal(output.type, 'object');
    });

    test(`gives ${spec.name} an example that it takes`, () => {
      assert.deepEqual(spec.input.safeParse(spec.example).error, undefined);
    });
  }
});

describe('every surface', () => {
  for (const [surface, text] of Object.entries(SURFACES)) {
    test(`has every tool: ${surface}`, () => {
      const missing = TOOLS.filter(({ name }) => !new RegExp(`\\b${name}\\b`, 'u').test(text));
      assert.deepEqual(missing, []);
    });
  }

  test('says what each status asks in the words of the core, and in no other', () => {
    for (const surface of ['the instructions', 'the prompt for tools', 'the prompt for a command line']) {
      for (const [status, words] of Object.entries(NEXT_ACTION)) {
        assert.ok(SURFACES[surface]?.includes(`- ${status}: ${words}\n`), `${surface} lacks ${status}`);
      }
    }
  });

  test('keeps what clients cut below where they cut it', () => {
    assert.ok(Buffer.byteLength(instructionsOf(TOOLS)) < CUT_BYTES);
  });

  test('shows in the description of the API what each tool sends', async () => {
    const examples = await apiExamples(TOOLS);
    assert.deepEqual(
      examples.map(({ tool }) => tool),
      TOOLS.map(({ name }) => name),
    );
    const delegated = examples.find(({ tool }) => tool === 'delegate_task_async');
    assert.equal((delegated?.body as Json | undefined)?.['target_id'], 'researcher');
  });

  test('can be reached from a command line', () => {
    const lines = execFileSync(process.execPath, ['src/cli/main.ts', 'tool', '--json'], { encoding: 'utf8' });
    const listed = JSON.parse(lines) as { name: string }[];
    assert.deepEqual(
      listed.map(({ name }) => name),
      TOOLS.map(({ name }) => name),
    );
    assert.equal(commandOf(TOOLS[0] as (typeof TOOLS)[0]), 'errand tool list_peers [q=…]');
  });

  test('has forgotten the old names', () => {
    for (const file of globSync(['src/**/*.ts', 'docs/**/*.md', '*.md'])) {
      const text = readFileSync(file, 'utf8');
      assert.deepEqual(
        OLD.filter((name) => text.includes(name)),
        [],
        file,
      );
    }
  });
});
