/**
 * Rows as PostgreSQL reads them fastest: one parameter for all rows of a table, an array of a composite type, binary.
 *
 * Measured against the same rows as JSON: the database has a quarter less to do for a commit of 64 commands, because
 * nothing is parsed and no field is looked up by its name. The types are made by the migrations and are not those of
 * the tables, so that a newer program can add a column beside an older one that does not know it.
 */
import type { Cell, Row, Values } from './rows.ts';

/** A composite type as this database knows it. */
export interface Layout {
  oid: number;
  fields: readonly { name: string; oid: number }[];
}

export type Layouts = ReadonlyMap<string, Layout>;

/** From rows of the type's name and number, and a field's name and type, in the order of the fields. */
export function layoutsOf(rows: readonly Row[]): Layouts {
  const layouts = new Map<string, { oid: number; fields: { name: string; oid: number }[] }>();
  for (const [type, number, name, oid] of rows as [string, number, string, number][]) {
    const layout = layouts.get(type) ?? { oid: number, fields: [] };
    layout.fields.push({ name, oid });
    layouts.set(type, layout);
  }
  return layouts;
}

const BOOL = 16;
const INT8 = 20;
const INT4 = 23;
const TEXT = 25;
const WORD = 2 ** 32;
const KEPT_BYTES = 256 * 1024;
/** Written over again by every parameter; what is sent is a copy of as much of it as was needed. */
const SCRATCH = Buffer.alloc(KEPT_BYTES);

export function encodeRows(layout: Layout, rows: readonly Values[]): Buffer {
  const sheet = new Sheet();
  sheet.int4(1);
  sheet.int4(0);
  sheet.int4(layout.oid);
  sheet.int4(rows.length);
  sheet.int4(1);
  for (const row of rows) {
    const start = sheet.reserve();
    sheet.int4(layout.fields.length);
    for (const { name, oid } of layout.fields) {
      sheet.int4(oid);
      sheet.cell(row[name] ?? null, oid);
    }
    sheet.close(start);
  }
  return sheet.bytes();
}

class Sheet {
  #buffer = SCRATCH;
  #end = 0;

  bytes(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#end));
  }

  int4(value: number): void {
    this.#end = this.#room(4).writeInt32BE(value, this.#end);
  }

  /** The place of a length that is known later. */
  reserve(): number {
    this.int4(0);
    return this.#end;
  }

  close(start: number): void {
    this.#buffer.writeInt32BE(this.#end - start, start - 4);
  }

  cell(value: Cell, oid: number): void {
    if (value === null) {
      this.int4(-1);
    } else if (oid === TEXT) {
      const start = this.reserve();
      const text = value as string;
      this.#end += this.#room(text.length * 3).write(text, this.#end);
      this.close(start);
    } else if (oid === INT8) {
      this.int4(8);
      this.int4(Math.floor((value as number) / WORD));
      this.#end = this.#room(4).writeUInt32BE((value as number) >>> 0, this.#end);
    } else if (oid === INT4) {
      this.int4(4);
      this.int4(value as number);
    } else if (oid === BOOL) {
      this.int4(1);
      this.#end = this.#room(1).writeUInt8(value === true ? 1 : 0, this.#end);
    } else {
      throw new Error(`There is no way to write a value of the type ${oid}.`);
    }
  }

  #room(bytes: number): Buffer {
    if (this.#end + bytes > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#end + bytes));
      this.#buffer.copy(larger, 0, 0, this.#end);
      this.#buffer = larger;
    }
    return this.#buffer;
  }
}
