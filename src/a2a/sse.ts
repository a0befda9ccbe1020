/**
 * An incremental reader of server-sent events: bytes in, as they happen to be cut; whole events out.
 *
 * It holds at most one unfinished event and refuses one that grows beyond its bound, so that a peer cannot fill our
 * memory. A line may end in LF, CR or CRLF, also across a cut; a code point may be cut too.
 */
export interface SseEvent {
  event: string;
  data: string;
  id: string | undefined;
}

const BREAK = /\r\n|\r|\n/gu;

export class SseReader {
  readonly #most: number;
  readonly #decoder = new TextDecoder('utf-8');
  /** Pieces of the line that has not ended yet. */
  #pieces: string[] = [];
  #size = 0;
  #afterCr = false;
  #data: string[] = [];
  #event = '';
  #id: string | undefined = undefined;

  constructor(options: { eventBytesMax: number }) {
    this.#most = options.eventBytesMax;
  }

  /** The events this piece completes; `too_large` when the current one has outgrown the bound. */
  push(chunk: Uint8Array): SseEvent[] | 'too_large' {
    return this.#take(this.#decoder.decode(chunk, { stream: true }));
  }

  #take(decoded: string): SseEvent[] | 'too_large' {
    const events: SseEvent[] = [];
    let from = 0;
    let text = decoded;
    if (this.#afterCr && text.length > 0) {
      this.#afterCr = false;
      text = text.startsWith('\n') ? text.slice(1) : text;
    }
    for (const { index: end } of text.matchAll(BREAK)) {
      this.#add(text.slice(from, end));
      if (this.#size > this.#most) {
        return 'too_large';
      }
      this.#endLine(events);
      this.#afterCr = end + 1 === text.length && text.endsWith('\r');
      from = end + (text.startsWith('\r\n', end) ? 2 : 1);
    }
    this.#add(text.slice(from));
    return this.#size > this.#most ? 'too_large' : events;
  }

  #add(piece: string): void {
    if (piece !== '') {
      this.#pieces.push(piece);
      this.#size += piece.length;
    }
  }

  #endLine(events: SseEvent[]): void {
    const line = this.#pieces.length === 1 ? (this.#pieces[0] ?? '') : this.#pieces.join('');
    this.#pieces = [];
    if (line !== '') {
      this.#field(line);
      return;
    }
    if (this.#data.length > 0) {
      events.push({ event: this.#event === '' ? 'message' : this.#event, data: this.#data.join('\n'), id: this.#id });
    }
    this.#data = [];
    this.#event = '';
    this.#size = 0;
  }

  #field(line: string): void {
    const colon = line.indexOf(':');
    if (colon === 0) {
      // A comment is a heartbeat; it must not add up over a long silence.
      this.#size -= line.length;
      return;
    }
    const name = colon === -1 ? line : line.slice(0, colon);
    const rest = colon === -1 ? '' : line.slice(colon + 1);
    const value = rest.startsWith(' ') ? rest.slice(1) : rest;
    if (name === 'data') {
      this.#data.push(value);
    } else if (name === 'event') {
      this.#event = value;
    } else if (name === 'id' && !value.includes('\0')) {
      this.#id = value;
    }
  }
}
