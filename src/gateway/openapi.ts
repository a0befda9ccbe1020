/**
 * The OpenAPI page, made from the table of routes and the schemas in `core/contract`: it cannot fall behind them.
 */
import { z } from 'zod';
import { ERRORS } from '../core/error.ts';
import { apiExamples, TOOLS, type ApiExample } from '../tools/index.ts';
import type { Route } from './route.ts';
import { Router } from './router.ts';

type Json = Record<string, unknown>;

export async function openApi(routes: readonly Route[], version: string): Promise<Json> {
  const paths: Record<string, Json> = {};
  const examples = await examplesByRoute(routes);
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/gu, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, examples.get(route) ?? []) };
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

/** Which tools of a model come to which route, and with what. */
async function examplesByRoute(routes: readonly Route[]): Promise<Map<Route, ApiExample[]>> {
  const router = new Router(routes);
  const byRoute = new Map<Route, ApiExample[]>();
  for (const example of await apiExamples(TOOLS)) {
    const found = router.find(example.method, example.path);
    if (found.kind !== 'route') {
      throw new Error(`The tool ${example.tool} asks for ${example.path}, and there is no such route.`);
    }
    byRoute.set(found.route, [...(byRoute.get(found.route) ?? []), example]);
  }
  return byRoute;
}

function operation(route: Route, examples: readonly ApiExample[]): Json {
  const answers = (route.answers ?? [200]).map((status) => [String(status), { description: route.summary }]);
  return {
    summary: route.summary,
    ...(examples.length === 0 ? {} : { 'x-errand-tools': examples.map(({ tool }) => tool) }),
    ...(route.access === 'anyone' ? { security: [] } : {}),
    parameters: [...pathParameters(route), ...queryParameters(route)],
    ...requestBodyOf(route, examples),
    responses: { ...Object.fromEntries(answers), default: { $ref: '#/components/responses/Problem' } },
  };
}

function requestBodyOf(route: Route, examples: readonly ApiExample[]): Json {
  if (route.raw === true) {
    return { requestBody: { required: true, content: { 'application/octet-stream': {} } } };
  }
  return route.body === undefined
    ? {}
    : {
        requestBody: { required: route.bodyOptional !== true, content: withExamples(schemaOf(route.body), examples) },
      };
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

function withExamples(schema: Json, examples: readonly ApiExample[]): Json {
  const values = examples.map(({ tool, body }) => [tool, { summary: `as ${tool} sends it`, value: body ?? {} }]);
  const shown = values.length === 0 ? {} : { examples: Object.fromEntries(values) as Json };
  return { 'application/json': { schema, ...shown } };
}

function json(schema: Json): Json {
  return { 'application/json': { schema } };
}
