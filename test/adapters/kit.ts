/**
 * One framework, as the suite sees it: an agent of that framework with our tools and a model that does what it is told.
 *
 * The model is a function. The framework's own fake model asks it, with what the framework would have sent to a real
 * one; what it does goes through the framework's own loop.
 */
import type { Model } from '../../examples/script.ts';
import type { Caller } from '../../src/tools/adapters/json-schema.ts';
import type { Json } from '../../src/tools/index.ts';

export interface Kit {
  name: string;
  /** What a model is shown instead of the registry's schema; the same, if nothing is said. */
  showsAs?: (schema: Json) => Json;
  /** It leaves out what its schema does not name, before it comes to us. */
  dropsUnknown?: true;
  /** Runs the model until it says something; or until it is aborted, and then it fails or says nothing. */
  run: (context: Caller, model: Model, signal?: AbortSignal) => Promise<string>;
}
