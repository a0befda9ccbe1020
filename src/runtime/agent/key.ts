/**
 * A platform as one attempt sees it: its key is another one after every question, so it is asked for at each call.
 */
import type { PlatformAt } from '../platform.ts';

export function keyedBy(url: string, keyNow: () => string | undefined): PlatformAt {
  return {
    url,
    get token() {
      return keyNow();
    },
  };
}
