import { after, before } from 'node:test';
import { openServer, type TestServer } from '../support/postgres.ts';
import { deliverySuite } from './delivery/suite.ts';
import { WAYS } from './delivery/ways.ts';
let server: TestServer | undefined;
before(async () => {
  server = await openServer();
});
after(async () => server?.close());
deliverySuite(
  { name: 'PostgreSQL', store: async () => ({ environment: { DATABASE_URL: await server!.database() } }) },
  WAYS.filter(({ name }) => process.env.WAY === undefined || process.env.WAY === name),
);
