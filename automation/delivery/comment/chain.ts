/** Comments that belong together, told by a marker nobody sees: what to write so that they say what they shall. */

export interface ExistingComment {
  readonly id: number;
  readonly body: string;
}

export type CommentAction =
  | { readonly kind: "create"; readonly body: string }
  | { readonly kind: "update"; readonly id: number; readonly body: string }
  | { readonly kind: "delete"; readonly id: number };

/** @param name what the comments are of, such as `plan` */
export function markerOf(name: string): string {
  return `<!-- switchyard:${name} -->`;
}

export function isMarked(name: string, body: string): boolean {
  return body.startsWith(markerOf(name));
}

/**
 * Updates in place, adds what is more and takes away what is left over; nothing where all is said already.
 *
 * @param existing those of the chain, in any order
 */
export function chainActions(
  existing: readonly ExistingComment[],
  wanted: readonly string[],
): readonly CommentAction[] {
  const kept = existing.toSorted((a, b) => a.id - b.id);
  const written = wanted.flatMap((body, i): readonly CommentAction[] => {
    const there = kept[i];
    if (!there) return [{ kind: "create", body }];
    // GitHub keeps a comment without the white space at its end.
    return there.body.trimEnd() === body.trimEnd() ? [] : [{ kind: "update", id: there.id, body }];
  });
  return [...written, ...kept.slice(wanted.length).map(({ id }): CommentAction => ({ kind: "delete", id }))];
}
