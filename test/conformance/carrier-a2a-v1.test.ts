/** The carrier suite over A2A 1.0. */
import { carrierSuite } from '../../src/testing/carrier-suite.ts';
import { a2aStage } from '../unit/carriers/a2a-stage.ts';

carrierSuite({ name: 'A2A 1.0', open: () => a2aStage('1.0') });
