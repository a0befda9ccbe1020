/**
 * What is kept by the key of a row while the row is there: a hash table with the verbs of a `Map`, in no order.
 *
 * A `Map` through which entries pass keeps the tables it outgrows chained to the newer ones, and with them all that was
 * in it, until the collector makes its longest round: every short round copied what had long been taken out (measured: a
 * third of the time of a delegation). Here what is taken out is gone. Keys are whole numbers above 0.
 */
const LEAST = 64;
/** It grows smaller only above this: what fills and empties with every turn of the loop stays as large as it was. */
const SHRINKS_ABOVE = 1024;
/** Spreads neighbours far apart: 2^32 over the golden ratio. */
const SPREAD = 0x9e_37_79_b1;

export class ByKey<V> {
  #size = 0;
  /** A power of two, and more than what is in it by a quarter: keys that follow one another lie far apart. */
  #places = LEAST;
  #shift = Math.clz32(LEAST) + 1;
  /** 0 where the place is free. */
  #keys = new Float64Array(LEAST);
  #values: (V | undefined)[] = free(LEAST);

  get size(): number {
    return this.#size;
  }

  get(key: number): V | undefined {
    return this.#values[this.#find(key)];
  }

  has(key: number): boolean {
    return this.#keys[this.#find(key)] === key;
  }

  set(key: number, value: V): this {
    const place = this.#find(key);
    this.#values[place] = value;
    if (this.#keys[place] !== key) {
      this.#keys[place] = key;
      this.#size += 1;
      if (this.#size * 5 > this.#places * 4) {
        this.#move(this.#places * 2);
      }
    }
    return this;
  }

  delete(key: number): boolean {
    const place = this.#find(key);
    if (this.#keys[place] !== key) {
      return false;
    }
    this.#size -= 1;
    this.#close(place);
    if (this.#size * 8 < this.#places && this.#places > SHRINKS_ABOVE) {
      this.#move(this.#places / 2);
    }
    return true;
  }

  clear(): void {
    this.#size = 0;
    this.#move(LEAST);
  }

  *keys(): IterableIterator<number> {
    for (const key of this.#keys) {
      if (key !== 0) {
        yield key;
      }
    }
  }

  *values(): IterableIterator<V> {
    for (const key of this.keys()) {
      const value = this.get(key);
      if (value !== undefined) {
        yield value;
      }
    }
  }

  /** Where the key is, or else the free place where it belongs. */
  #find(key: number): number {
    const last = this.#places - 1;
    let place = this.#home(key);
    for (let held = this.#keys[place]; held !== key && held !== 0; held = this.#keys[place]) {
      place = (place + 1) & last;
    }
    return place;
  }

  #home(key: number): number {
    // Of a key above 2^32 the lower half counts, which is what grows fastest.
    return Math.imul(key, SPREAD) >>> this.#shift;
  }

  /** Those behind a place that becomes free move up, as far as their own. */
  #close(place: number): void {
    const last = this.#places - 1;
    let hole = place;
    for (let next = (hole + 1) & last; this.#keys[next] !== 0; next = (next + 1) & last) {
      const key = this.#keys[next] ?? 0;
      const isBetween = ((next - this.#home(key)) & last) < ((next - hole) & last);
      if (!isBetween) {
        this.#keys[hole] = key;
        this.#values[hole] = this.#values[next];
        hole = next;
      }
    }
    this.#keys[hole] = 0;
    this.#values[hole] = undefined;
  }

  #move(places: number): void {
    const [keys, values] = [this.#keys, this.#values];
    this.#places = places;
    this.#shift = Math.clz32(places) + 1;
    this.#keys = new Float64Array(places);
    this.#values = free(places);
    if (this.#size > 0) {
      for (const [index, key] of keys.entries()) {
        if (key !== 0) {
          const place = this.#find(key);
          this.#keys[place] = key;
          this.#values[place] = values[index];
        }
      }
    }
  }
}

function free<V>(places: number): (V | undefined)[] {
  return Array.from<V | undefined>({ length: places }).fill(undefined);
}
