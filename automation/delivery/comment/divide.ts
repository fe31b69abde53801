/** Divides a long report between comments: at ends of lines, and never within one. */

/** Lines that belong together, with what has to stand before and after wherever some of them are. */
export interface Piece {
  readonly open: readonly string[];
  readonly lines: readonly string[];
  readonly close: readonly string[];
}

export interface Divided {
  readonly parts: readonly string[];
  /** Lines that there was no room for. */
  readonly left: number;
}

interface Limits {
  /** Characters of a part. */
  readonly characters: number;
  readonly parts: number;
}

const size = (lines: readonly string[]) => lines.reduce((sum, line) => sum + line.length + 1, 0);

/**
 * The pieces in their order, in as few parts as they fit into. A piece that goes on in another part is closed in the one and
 * opened in the other.
 */
export function divide(pieces: readonly Piece[], { characters, parts: most }: Limits): Divided {
  const parts: string[][] = [[]];
  let room = characters;
  let left = 0;
  const next = (): boolean => {
    if (parts.length >= most) return false;
    parts.push([]);
    room = characters;
    return true;
  };
  const write = (lines: readonly string[]) => {
    parts.at(-1)?.push(...lines);
    room -= size(lines);
  };
  for (const { open, lines, close } of pieces) {
    const around = size(open) + size(close);
    let at = 0;
    do {
      const first = lines.slice(at, at + 1);
      if (around + size(first) > room && !next()) {
        left += lines.length - at;
        break;
      }
      write(open);
      room -= size(close);
      while (at < lines.length && size(lines.slice(at, at + 1)) <= room) {
        write(lines.slice(at, at + 1));
        at += 1;
      }
      room += size(close);
      write(close);
      // One line alone is longer than a part: whoever makes pieces makes none.
      if (at < lines.length && room === characters - around) {
        left += lines.length - at;
        break;
      }
    } while (at < lines.length);
  }
  return { parts: parts.filter((part) => part.length > 0).map((part) => `${part.join("\n")}\n`), left };
}
