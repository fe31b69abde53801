import type * as z from "zod";
import { didYouMean } from "../../nearest.ts";
import type { PolicyText } from "../../organization-config.ts";
import { problem } from "../../validation.ts";
import { type ControlPolicyType, mostCharacters, policyJson } from "./documents.ts";

type Context = z.RefinementCtx;
export type Path = readonly (string | number)[];

/** Refuses a name that is not among those there are. */
export function mustBe(context: Context, path: Path, name: string, known: readonly string[], what: string): void {
  if (known.includes(name)) return;
  problem(context, path, `there is no ${what} "${name}"`, didYouMean(name, known, what));
}

/** Those whose key another one before them has, each with that other. */
export function twice(
  entries: readonly { readonly name: string; readonly key: string }[],
): readonly [string, string][] {
  const first = new Map<string, string>();
  return entries.flatMap(({ name, key }): [string, string][] => {
    const other = first.get(key);
    if (other === undefined) first.set(key, name);
    return other === undefined ? [] : [[name, other]];
  });
}

/** A document of one's own, or statements, and within AWS's size. */
export function policyTextProblems(entry: PolicyText, path: Path, context: Context, type?: ControlPolicyType): void {
  const { document, statements } = entry;
  if ((document === undefined) === (statements === undefined)) {
    problem(context, path, "it needs either document or statements", "Give one of the two");
    return;
  }
  for (const [index, one] of (statements ?? []).entries()) {
    const at = [...path, "statements", index];
    if ((one.actions === undefined) === (one.notActions === undefined))
      problem(context, at, "it needs either actions or notActions", "Give one of the two");
    if (type === "RESOURCE_CONTROL_POLICY" && one.effect === "Allow")
      problem(context, [...at, "effect"], "a resource control policy can only deny", "Set it to Deny");
  }
  const characters = policyJson(entry, type).length;
  if (type !== undefined && characters > mostCharacters)
    problem(
      context,
      path,
      `it has ${characters} characters without spaces, where AWS takes ${mostCharacters}`,
      "Shorten it, or split it over two policies",
    );
}
