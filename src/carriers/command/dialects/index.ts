/**
 * What the carrier sees of the dialects: the readers by name, how one is chosen, and what they tell and say.
 */
export { DIALECTS, dialectOf, type Reader, type Said, type Told } from './dialect.ts';
