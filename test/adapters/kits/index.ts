/** Every framework there is an adapter for. */
import type { Kit } from '../kit.ts';
import { aiSdk } from './ai-sdk.ts';
import { claudeAgentSdk } from './claude-agent-sdk.ts';
import { googleAdk } from './google-adk.ts';
import { jsonSchema } from './json-schema.ts';
import { langChain } from './langchain.ts';
import { mastra } from './mastra.ts';
import { openAiAgents } from './openai-agents.ts';

export const kits: readonly Kit[] = [langChain, aiSdk, openAiAgents, mastra, googleAdk, claudeAgentSdk, jsonSchema];
