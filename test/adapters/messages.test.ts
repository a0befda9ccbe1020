/**
 * Message lists before the real packages: what they refuse is refused here, what is legal here they take, and what
 * they write themselves is legal.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { after, before, describe, test } from 'node:test';
import type { ModelMessage } from 'ai';
import { install } from '../../examples/installed.ts';
import { checkMessages, mayTakeTurn, withTurn, type Provider } from '../../src/background/messages/index.ts';
import { bareTurn, converse } from '../support/messages/conversation.ts';
import { CASES } from '../support/messages/index.ts';

install();
const { generateText, tool } = await import('ai');
const { MockLanguageModelV4 } = await import('ai/test');
const { coerceMessageLikeToMessage } = await import('@langchain/core/messages');
const { Agent, OpenAIProvider, Runner, tool: agentTool } = await import('@openai/agents');
const { generated } = await import('../../examples/ai-sdk/model.ts');

const TURN = 'A background task has ended.';

/** Refused by the AI SDK itself; of the rest it leaves the judgement to the provider. */
const REFUSED_BY_AI_SDK = new Set([
  'nothing',
  'a system message',
  'a call without a result',
  'one of two calls without a result',
  'a turn between a call and its result',
  'a result that the assistant says',
  'an approval that nobody gave',
  'an approval and then a turn',
  'an approval of nothing',
  'no content',
  'a role of another provider',
]);

describe('the AI SDK', () => {
  for (const { title, list, breaks } of casesOf('ai-sdk')) {
    const isRefused = REFUSED_BY_AI_SDK.has(title);
    test(`${isRefused ? 'refuses' : 'takes'} ${title}`, async () => {
      assert.equal(await takenByAiSdk(list), !isRefused);
      assert.ok(!isRefused || breaks.length > 0);
    });
  }

  test('takes every list into which a turn was put, and none where it stands in a pair', async () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const { list } = converse('ai-sdk', seed, (soFar) =>
        mayTakeTurn(soFar, 'ai-sdk') ? withTurn(soFar, TURN, 'ai-sdk') : soFar,
      );
      assert.equal(await takenByAiSdk(list), true, JSON.stringify(list));
      for (const { calls, results } of converse('ai-sdk', seed).rounds) {
        const broken = converse('ai-sdk', seed).list.toSpliced(results[0] ?? 0, 0, bareTurn('ai-sdk'));
        assert.equal(await takenByAiSdk(broken), false, `call ${calls[0]}: ${JSON.stringify(broken)}`);
      }
    }
  });
});

describe('LangChain', () => {
  test('makes messages of its own of the same list, which are judged the same', () => {
    for (const { title, list, breaks } of casesOf('langchain').filter(({ breaks: rules }) => !rules.includes('role'))) {
      const made = list.map((message) => coerceMessageLikeToMessage(message as { type: string }));
      assert.deepEqual(
        checkMessages(made, 'langchain').map(({ rule }) => rule),
        breaks,
        title,
      );
    }
  });

  test('makes a message of a human of the turn', () => {
    const [made] = withTurn([], TURN, 'langchain').map((turn) => coerceMessageLikeToMessage(turn as { type: string }));
    assert.equal(made?.type, 'human');
    assert.equal(made.text, TURN);
  });
});

describe('the OpenAI Agents SDK', () => {
  let server: Server;
  let url: string;
  const sent: Record<string, unknown>[] = [];

  before(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => {
        sent.push(JSON.parse(body) as Record<string, unknown>);
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(answered(request.url ?? '', sent.length)));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    url = `http://127.0.0.1:${address.port}/v1`;
  });

  after(() => {
    server.closeAllConnections();
    server.close();
  });

  for (const provider of ['openai-chat', 'openai-responses'] as const) {
    test(`sends what is legal for ${provider} through calls and a turn after them`, async () => {
      sent.length = 0;
      const modelProvider = new OpenAIProvider({
        apiKey: 'none',
        baseURL: url,
        useResponses: provider === 'openai-responses',
      });
      const runner = new Runner({ modelProvider, model: 'any', tracingDisabled: true });
      const look = agentTool({
        name: 'look',
        description: 'Looks.',
        parameters: { type: 'object', properties: {}, required: [], additionalProperties: false },
        strict: true,
        execute: () => 'seen',
      });
      const agent = new Agent({ name: 'lead', instructions: 'Look.', tools: [look] });
      const first = await runner.run(agent, 'Begin.');
      await runner.run(agent, [...first.history, { role: 'user', content: TURN }]);
      assert.equal(sent.length, 4);
      for (const body of sent) {
        const list = (provider === 'openai-chat' ? body['messages'] : body['input']) as unknown[];
        assert.deepEqual(checkMessages(list, provider), [], JSON.stringify(list));
        assert.equal(mayTakeTurn(list, provider), true);
      }
    });
  }
});

function casesOf(provider: Provider) {
  return CASES.filter((one) => one.provider === provider);
}

/** Whether the SDK sends the list to its model, with a tool that it may run when somebody approved it. */
async function takenByAiSdk(list: readonly unknown[]): Promise<boolean> {
  let asked = false;
  const model = new MockLanguageModelV4({
    doGenerate: async (given) => {
      asked = true;
      return generated(() => ({ say: 'Done.' }), given);
    },
  });
  const { jsonSchema } = await import('ai');
  const look = tool({ inputSchema: jsonSchema({ type: 'object' }), needsApproval: true, execute: () => 'seen' });
  try {
    await generateText({ model, messages: structuredClone(list) as ModelMessage[], tools: { look }, maxRetries: 0 });
    return true;
  } catch (error) {
    assert.equal(asked, false, String(error));
    return false;
  }
}

/** What the API says: two calls to the tool in one go, then that it is done; and so again. */
function answered(path: string, count: number): unknown {
  const calls = count % 2 === 1 ? [`call_${count}a`, `call_${count}b`] : [];
  if (path.endsWith('/chat/completions')) {
    const toolCalls = calls.map((id) => ({ id, type: 'function', function: { name: 'look', arguments: '{}' } }));
    const message =
      calls.length > 0
        ? { role: 'assistant', content: null, tool_calls: toolCalls }
        : { role: 'assistant', content: 'Done.' };
    return {
      id: `c${count}`,
      object: 'chat.completion',
      created: 1,
      model: 'any',
      choices: [{ index: 0, message, finish_reason: 'stop' }],
    };
  }
  const asked = calls.map((id) => ({
    type: 'function_call',
    id: `fc_${id}`,
    call_id: id,
    name: 'look',
    arguments: '{}',
    status: 'completed',
  }));
  const said = {
    type: 'message',
    id: `msg_${count}`,
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: 'Done.', annotations: [] }],
  };
  const thought = { type: 'reasoning', id: `rs_${count}`, summary: [] };
  return {
    id: `r${count}`,
    object: 'response',
    created_at: 1,
    model: 'any',
    status: 'completed',
    output: [thought, ...(asked.length > 0 ? asked : [said])],
  };
}
