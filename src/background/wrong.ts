/**
 * A slip in what a program says of itself: told where it stands, and not when the first task comes.
 */
export function wrong(words: string): TypeError {
  return new TypeError(`errand/background: ${words}.`);
}
