/**
 * What an agent that means harm does in the bench of the honest ones beside it.
 */
export const HARMS = ['floods progress', 'returns 8 MB', 'never ends', 'floods its output'] as const;

export type Harm = (typeof HARMS)[number];
