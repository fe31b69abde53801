/** A place in a file; both count from 1, columns in characters. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Lines and columns of a text. */
export class Places {
  readonly #bytes: Buffer;
  /** Where each line begins, in bytes. */
  readonly #lines: number[] = [0];

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) this.#lines.push(at + 1);
  }

  at(offset: number): Place {
    const line = this.#line(offset);
    const before = this.#bytes.toString("utf8", this.#lines[line] ?? 0, offset);
    return { line: line + 1, column: [...before].length + 1 };
  }

  /** Where the line begins that an offset is in, in bytes. */
  lineOf(offset: number): number {
    return this.#lines[this.#line(offset)] ?? 0;
  }

  #line(offset: number): number {
    let low = 0;
    for (let high = this.#lines.length; high - low > 1; ) {
      const middle = (low + high) >> 1;
      if ((this.#lines[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low;
  }
}
