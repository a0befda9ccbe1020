/**
 * The memory engine under the rules of every engine. Opened again it finds the tables it left.
 */
import { engineSuite } from '../../src/testing/index.ts';
import { memoryHarness } from '../support/stage.ts';

engineSuite({ name: 'memory', open: memoryHarness });
