/** Google's ADK, in its own runner; it has no fake model, so this is one. */
import { BaseLlm, FunctionTool, InMemoryRunner, LlmAgent, type BaseLlmConnection, type LlmRequest } from '@google/adk';
import type { Answered, Model } from '../../../examples/script.ts';
import { tools } from '../../../src/tools/adapters/google-adk.ts';
import type { Json } from '../../../src/tools/index.ts';
import type { Kit } from '../kit.ts';

export const googleAdk: Kit = {
  name: 'Google ADK',
  showsAs: geminiKind,
  async run(context, model, signal) {
    const agent = new LlmAgent({
      ...{ name: 'lead', model: new Fake(model) },
      tools: tools(context, { FunctionTool }),
    });
    const runner = new InMemoryRunner({ agent });
    const place = { userId: 'someone', sessionId: 'only' };
    await runner.sessionService.createSession({ appName: runner.appName, ...place });
    let text = '';
    const events = runner.runAsync({
      ...place,
      newMessage: { role: 'user', parts: [{ text: 'Begin.' }] },
      ...(signal === undefined ? {} : { abortSignal: signal }),
    });
    for await (const { content } of events) {
      text = content?.parts?.at(-1)?.text ?? text;
    }
    return text;
  },
};

class Fake extends BaseLlm {
  readonly #model: Model;

  constructor(model: Model) {
    super({ model: 'fake' });
    this.#model = model;
  }

  async *generateContentAsync({ config, contents }: LlmRequest) {
    const declared = (config?.tools ?? []).flatMap((one) =>
      'functionDeclarations' in one ? one.functionDeclarations : [],
    );
    const shown = declared.flatMap((one) =>
      one === undefined
        ? []
        : [{ name: one.name ?? '', description: one.description ?? '', schema: one.parameters as unknown as Json }],
    );
    const move = this.#model({ tools: shown, answers: contents.flatMap(({ parts = [] }) => parts.flatMap(answersIn)) });
    const part =
      'say' in move ? { text: move.say } : { functionCall: { id: move.id, name: move.call, args: move.input } };
    yield { content: { role: 'model', parts: [part] } };
  }

  async connect(): Promise<BaseLlmConnection> {
    throw new Error('Nobody speaks to it live.');
  }
}

type Part = NonNullable<LlmRequest['contents'][number]['parts']>[number];

function answersIn({ functionResponse }: Part): Answered[] {
  const { output, error } = (functionResponse?.response ?? {}) as { output?: string; error?: string };
  const text = output ?? error;
  return text === undefined ? [] : [{ text, isError: error !== undefined }];
}

const LENGTHS = new Set(['minLength', 'maxLength', 'minItems', 'maxItems']);

/** As JSON Schema says it in Gemini's kind of schema. */
function geminiKind(schema: Json): Json {
  const text = JSON.stringify(schema, (keyword, value: unknown) => {
    if (LENGTHS.has(keyword) && typeof value === 'number') {
      return String(value);
    }
    return keyword === 'additionalProperties' ? undefined : value;
  });
  return JSON.parse(
    text.replaceAll(/"type":"([a-z]+)"/gu, (type) => type.replace(/[a-z]+"$/u, (word) => word.toUpperCase())),
  ) as Json;
}
