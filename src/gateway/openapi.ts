/**
 * The OpenAPI page, made from the table of routes and the schemas in `core/contract`: it cannot fall behind them.
 */
import { z } from 'zod';
import { ERRORS } from '../core/error.ts';
import type { Route } from './route.ts';

type Json = Record<string, unknown>;

export function openApi(routes: readonly Route[], version: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/gu, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Errand', version, description: 'Durable delegation between AI agents.' },
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      responses: { Problem: { description: 'A refusal with its code and a fix.', content: json(PROBLEM) } },
    },
    security: [{ bearer: [] }],
  };
}

const PROBLEM: Json = {
  type: 'object',
  required: ['error', 'code'],
  properties: {
    error: { type: 'string' },
    code: { type: 'string', enum: Object.keys(ERRORS) },
    fix: { type: 'string' },
    retry_after: { type: 'integer' },
  },
};

function operation(route: Route): Json {
  const answers = (route.answers ?? [200]).map((status) => [String(status), { description: route.summary }]);
  return {
    summary: route.summary,
    ...(route.access === 'anyone' ? { security: [] } : {}),
    parameters: [...pathParameters(route), ...queryParameters(route)],
    ...requestBodyOf(route),
    responses: { ...Object.fromEntries(answers), default: { $ref: '#/components/responses/Problem' } },
  };
}

function requestBodyOf(route: Route): Json {
  if (route.raw === true) {
    return { requestBody: { required: true, content: { 'application/octet-stream': {} } } };
  }
  return route.body === undefined
    ? {}
    : { requestBody: { required: route.bodyOptional !== true, content: json(schemaOf(route.body)) } };
}

function pathParameters(route: Route): Json[] {
  return [...route.path.matchAll(/:(\w+)/gu)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(route: Route): Json[] {
  if (route.query === undefined) {
    return [];
  }
  const { properties } = schemaOf(route.query);
  return Object.entries((properties ?? {}) as Json).map(([name, schema]) => ({ name, in: 'query', schema }));
}

function schemaOf(schema: z.ZodType): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
}

function json(schema: Json): Json {
  return { 'application/json': { schema } };
}
