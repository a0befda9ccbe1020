import { deliverySuite } from './delivery/suite.ts';
import { WAYS } from './delivery/ways.ts';
deliverySuite(
  { name: 'SQLite', store: async () => ({ environment: {} }) },
  WAYS.filter(({ name }) => process.env.WAY === undefined || process.env.WAY === name),
);
