/**
 * Colours, only where a terminal shows them and NO_COLOR does not forbid it; and text of others made harmless.
 *
 * What a peer wrote may hold escape sequences or characters that turn the reading direction. On a terminal they are
 * shown and not performed.
 */
export type Colour = 'dim' | 'bold' | 'red' | 'green' | 'yellow' | 'cyan';

export type Paint = (colour: Colour, text: string) => string;

const CODES: Record<Colour, readonly [number, number]> = {
  dim: [2, 22],
  bold: [1, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

export function paintFor(stream: { isTTY?: boolean }, environment: NodeJS.ProcessEnv): Paint {
  const isBare = (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
  if (stream.isTTY !== true || isBare) {
    return (_colour, text) => text;
  }
  return (colour, text) => `\u001B[${CODES[colour][0]}m${text}\u001B[${CODES[colour][1]}m`;
}

const STATUS_COLOURS: Readonly<Record<string, Colour>> = {
  queued: 'yellow',
  pending: 'yellow',
  dispatched: 'cyan',
  in_progress: 'cyan',
  input_required: 'yellow',
  completed: 'green',
  failed: 'red',
  cancelled: 'dim',
};

export function paintStatus(paint: Paint, status: string): string {
  const colour = STATUS_COLOURS[status];
  return colour === undefined ? status : paint(colour, status);
}

/** Control characters but for the line end and the tab, and whatever turns or hides text, but for what joins emoji. */
const HOSTILE = /(?![\n\t\u200D])[\p{Cc}\p{Cf}\u2028\u2029]/gu;

export function harmless(text: string): string {
  return text.replaceAll(HOSTILE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x20
      ? String.fromCodePoint(0x24_00 + code)
      : `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
  });
}

/** On one line, at most so many characters. */
export function oneLine(text: string, most: number): string {
  const points = [...harmless(text).replaceAll(/\s+/gu, ' ').trim()];
  return points.length <= most ? points.join('') : `${points.slice(0, Math.max(0, most - 1)).join('')}…`;
}
