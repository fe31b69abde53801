import { isDeepStrictEqual } from "node:util";
import type { Halt, Mutation, Step } from "../decide/decision.ts";

/**
 * What this process has written to the rules and the load balancer's answers confirmed. Where the same is to be written
 * once more, a rule was read as it was before (an answer may be old) or is changed by hand: it is looked at again, as on
 * drift.
 */
export class Written {
  readonly #rules = new Map<string, object>();

  add({ writes }: Step): void {
    for (const write of writes.flatMap(ofRule)) this.#rules.set(write.name, write.value);
  }

  again({ writes }: Step): Halt | undefined {
    const rules = writes.flatMap(ofRule).filter(({ name, value }) => isDeepStrictEqual(this.#rules.get(name), value));
    if (rules.length === 0) return undefined;
    const why = `${rules.map(({ name }) => name).join(", ")}: read otherwise than was written a moment ago`;
    return { kind: "halt", why, fix: "someone else changes the rule: stop them, then run the command again" };
  }
}

/** A write to rules, by what it is of and what it says. */
function ofRule(write: Mutation): readonly { readonly name: string; readonly value: object }[] {
  if (write.kind === "set-priorities") return [{ name: "the rules' places", value: write.places }];
  if (write.kind !== "set-weights") return [];
  const { service, rule, weights, takes } = write;
  return [{ name: `${service}'s ${rule} rule`, value: { weights, takes } }];
}
