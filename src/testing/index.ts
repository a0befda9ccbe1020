/**
 * For those who write an engine or a carrier, or test above one: the suites that ours pass, a stage to play on, and a
 * peer that speaks A2A and does as it is told.
 */
export { carrierSuite, type CarrierSuite } from './carrier-suite.ts';
export { engineSuite, type EngineUnderTest } from './engine-suite.ts';
export { batchIn, delegationIn, refusedWith, resultOf, Scene, type Harness } from './scene.ts';
export { scriptedPeer, type Behaviour, type ScriptedPeer, type ScriptedPeerOptions } from './scripted-peer.ts';
