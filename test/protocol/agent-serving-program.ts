/** An agent that listens in a process of its own, so that it can be killed: it prints where it is. */
import { openAgent } from './agent-serving-stage.ts';

const { url, listener } = await openAgent();
console.log(JSON.stringify({ url, card: listener.card }));
