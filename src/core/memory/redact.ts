/**
 * Takes secrets out of a text before it is kept: each becomes `[redacted:<kind>]`, and what was taken is counted.
 *
 * Time grows with the length of the text and with nothing in it: a pattern begins where it cannot begin again inside
 * what it has read, has no two ways to read the same characters, and what only an end can tell is looked for by
 * position. It errs towards taking out; a text that went through it goes through it unchanged.
 */
export interface Redaction {
  text: string;
  redacted: { kind: string; count: number }[];
}

interface Pattern {
  kind: string;
  /** `keep` stays before what is taken out, `after` behind it. */
  find: RegExp;
  /** Looked at only where it is found: what it needs to be a secret and not a word. */
  isSecret?: (found: string) => boolean;
}

const HAS_DIGIT = /\d/u;

const PATTERNS: readonly Pattern[] = [
  {
    kind: 'connection_password',
    find: /(?<keep>:\/\/[^\s:@/]{0,256}:)[^\s/]{1,512}(?<after>@)/gu,
  },
  { kind: 'github_token', find: /(?<![A-Za-z\d])(?:gh[a-z]_[A-Za-z\d]{20,}|github_pat_\w{20,})/gu },
  { kind: 'aws_key', find: /(?<![A-Za-z\d])(?:AKIA|ASIA)[A-Z\d]{16}(?![A-Za-z\d])/gu },
  { kind: 'slack_token', find: /(?<![A-Za-z\d])xox[a-z]-[A-Za-z\d-]{10,}/gu },
  { kind: 'google_key', find: /(?<![A-Za-z\d])AIza[\w-]{30,}/gu },
  { kind: 'errand_key', find: /(?<![A-Za-z\d])ek_(?:ws|org|op)_[\w-]{16,}/gu },
  { kind: 'attempt_token', find: /(?<![\w-])att_[\w-]{8,}\.\d{1,10}\.[\w-]{8,}/gu },
  { kind: 'jwt', find: /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*){1,4}/gu },
  { kind: 'api_key', find: /(?<![A-Za-z\d])sk-[\w-]{16,}/gu, isSecret: (found) => HAS_DIGIT.test(found) },
  {
    kind: 'authorization',
    find: /(?<keep>authorization["']?[ \t]{0,4}[:=][ \t]{0,4}["']?(?:basic|bearer|token)[ \t]{1,4})[^\s"'\\]{4,}/giu,
  },
  {
    kind: 'bearer',
    find: /(?<keep>(?<![A-Za-z\d])bearer[ \t]{1,4})[\w.~+/=-]{8,}/giu,
    isSecret: (found) => HAS_DIGIT.test(found),
  },
  {
    kind: 'password',
    find: assignment('pass(?:word|wd|phrase)|pwd'),
  },
  { kind: 'secret', find: assignment('secret(?:[_-]?(?:access[_-]?)?key)?') },
  { kind: 'token', find: assignment('token|api[_-]?key|access[_-]?key|private[_-]?key') },
];

/** `name=value`, `name = "value"`, `"name": "value"`, and `name: value` where the value looks like one. */
function assignment(name: string): RegExp {
  const quoted = `"[^"\\n]{1,512}(?<after>")|'[^'\\n]{1,512}(?<after>')`;
  const bare = `[^\\s"'\`,;&)}\\]]{1,512}`;
  const telling = `(?=[^\\s\\d]{0,64}\\d)${bare}`;
  const equals = `(?<keep>(?:${name})["']?[ \\t]{0,4}:?=[ \\t]{0,4})(?![=>])(?:${quoted}|${bare})`;
  const colon = `(?<keep>(?:${name})["']?[ \\t]{0,4}:[ \\t]{0,4})(?![=/:])(?:${quoted}|${telling})`;
  return new RegExp(`${equals}|${colon}`, 'giu');
}

/** What is taken out lets another pattern begin or end beside it; after so many rounds nothing was ever left. */
const ROUNDS_MAX = 4;

export function redact(text: string): Redaction {
  const counts = new Map<string, number>();
  const count = (kind: string) => counts.set(kind, (counts.get(kind) ?? 0) + 1);
  let before = '';
  let clean = text;
  for (let round = 0; round < ROUNDS_MAX && clean !== before; round += 1) {
    before = clean;
    clean = withoutPrivateKeys(clean, () => count('private_key'));
    for (const pattern of PATTERNS) {
      // Most texts have nothing of most kinds: they are not taken apart for it.
      if (clean.search(pattern.find) !== -1) {
        clean = besideMarks(clean, (piece) => without(piece, pattern, () => count(pattern.kind)));
      }
    }
  }
  return { text: clean, redacted: [...counts].map(([kind, number]) => ({ kind, count: number })) };
}

const MARK = /(?<mark>\[redacted:[a-z_]+\])/u;

/** A mark is never a part of what is taken out. */
function besideMarks(text: string, change: (piece: string) => string): string {
  return text
    .split(MARK)
    .map((piece, index) => (index % 2 === 1 ? piece : change(piece)))
    .join('');
}

function without(text: string, { kind, find, isSecret }: Pattern, count: () => void): string {
  return text.replace(find, (found: string, ...rest: unknown[]) => {
    if (isSecret?.(found) === false) {
      return found;
    }
    const kept = rest.at(-1);
    const { keep = '', after = '' } = typeof kept === 'object' ? (kept as { keep?: string; after?: string }) : {};
    const opening = after === '"' || after === "'" ? after : '';
    count();
    return `${keep}${opening}[redacted:${kind}]${after}`;
  });
}

const BEGIN = /-----BEGIN [A-Z\d ]{0,40}PRIVATE KEY(?: BLOCK)?-----/u;
const END = 'PRIVATE KEY';
const DASHES = '-----';

/** From its first line to its last, or, if the last was cut off, to the end of the text. */
function withoutPrivateKeys(text: string, count: () => void): string {
  const kept: string[] = [];
  let from = 0;
  const find = new RegExp(BEGIN, 'gu');
  for (let begin = find.exec(text); begin !== null; begin = find.exec(text)) {
    kept.push(text.slice(from, begin.index), '[redacted:private_key]');
    count();
    from = endOfKey(text, find.lastIndex);
    find.lastIndex = from;
  }
  return [...kept, text.slice(from)].join('');
}

function endOfKey(text: string, from: number): number {
  const end = text.indexOf(`${DASHES}END `, from);
  const name = end === -1 ? -1 : text.indexOf(END, end);
  const dashes = name === -1 ? -1 : text.indexOf(DASHES, name);
  return dashes === -1 ? text.length : dashes + DASHES.length;
}
