/**
 * What a file is, from its bytes: what its sender claims never counts.
 *
 * A signature is looked for in the first part; without one it is text if all of it is UTF-8 without a zero byte.
 */
import { fileTypeFromBuffer } from 'file-type';

const TEXT = 'text/plain';
const UNKNOWN = 'application/octet-stream';

export class Sniffer {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #isText = true;
  #first: Uint8Array | undefined;

  read(bytes: Uint8Array): void {
    this.#first ??= bytes;
    this.#isText &&= !bytes.includes(0) && this.#decodes(() => this.#decoder.decode(bytes, MORE));
  }

  #decodes(decode: () => string): boolean {
    try {
      decode();
      return true;
    } catch {
      // It is no text, and that is the answer.
      return false;
    }
  }

  async mimeType(): Promise<string> {
    const signature = this.#first === undefined ? undefined : await signatureOf(this.#first);
    const isText = this.#isText && this.#decodes(() => this.#decoder.decode());
    return signature ?? (isText ? TEXT : UNKNOWN);
  }
}

const MORE = { stream: true };

/** A file that breaks off in the middle of what its signature promises is not what it says. */
async function signatureOf(bytes: Uint8Array): Promise<string | undefined> {
  try {
    return (await fileTypeFromBuffer(bytes))?.mime;
  } catch {
    return undefined;
  }
}
