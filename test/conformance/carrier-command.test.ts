/** The carrier suite over programs of this machine. */
import { carrierSuite } from '../../src/testing/carrier-suite.ts';
import { programStage } from '../unit/carriers/command/stage.ts';

carrierSuite({ name: 'programs', open: async () => programStage() });
