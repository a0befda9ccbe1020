/**
 * How a rule gets its store: an empty one with two seats, `lead` who delegates and `writer` who has one slot.
 *
 * The store is closed when the play is over, whatever came of it.
 */
import type { Limits } from '../../core/delegation/index.ts';
import type { Scene } from '../scene.ts';

export type Stage = (play: (scene: Scene) => Promise<void>, limits?: Partial<Limits>) => Promise<void>;
