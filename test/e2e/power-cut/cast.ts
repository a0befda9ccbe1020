/** The two seats of every run: who delegates, and who is delegated to. */
export const CALLER = 'lead';
export const CALLEE = 'writer';
