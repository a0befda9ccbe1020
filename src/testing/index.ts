/**
 * For those who write an engine, or test above one: the suite that every engine must pass, and a stage to play on.
 */
export { engineSuite, type EngineUnderTest } from './engine-suite.ts';
export { delegationIn, refusedWith, resultOf, Scene, type Harness } from './scene.ts';
