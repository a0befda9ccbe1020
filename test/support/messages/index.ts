/** Every list of the tables, legal and illegal. */
import { anthropic } from './anthropic.ts';
import type { Case } from './case.ts';
import { frameworks } from './frameworks.ts';
import { gemini } from './gemini.ts';
import { openai } from './openai.ts';

export type { Case } from './case.ts';

export const CASES: readonly Case[] = [...openai, ...anthropic, ...gemini, ...frameworks];
