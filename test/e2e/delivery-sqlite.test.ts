/** Every way to reach a callee, on SQLite: real processes, killed and cut. */
import { deliverySuite } from './delivery/suite.ts';

deliverySuite({ name: 'SQLite', store: async () => ({ environment: {} }) });
