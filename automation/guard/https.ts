/**
 * The way in by HTTPS: a certificate, its proof, a name, a port. An update that made some of it and failed leaves parts of a
 * way that nobody takes: what serves is asked for at the address the ledger has, of the last update that came to its end.
 */
import { isDeepStrictEqual } from "node:util";
import { typeOf } from "../stacks/changes.ts";
import { type Change, disrupts, harmless, type Judge, sides, type View } from "./verdict.ts";

export function isHttpsAnswered({ shape }: View): boolean {
  return shape?.url.startsWith("https:") === true;
}

/** Disruptive once HTTPS is what the environment is asked by. */
export const ofHttps =
  (why: string): Judge =>
  (_, view) =>
    isHttpsAnswered(view) ? disrupts(why) : harmless;

/** A name that proves a certificate, or leads to the balancer. */
export const nameRecord =
  (why: string): Judge =>
  (change, view) => {
    if (!isHttpsAnswered(view)) return harmless;
    const isProof = change.within.some((urn) => typeOf(urn) === "switchyard:traffic:Certificate");
    return disrupts(isProof ? "the certificate that HTTPS is answered with is not renewed any more" : why);
  };

/** Another kind of record takes the place of the one before in the same batch. Alone, one with a weight has all that is asked. */
export const recordKind: Judge = (change, view) => {
  const [before, after] = sides(change, "setIdentifier");
  if (before === undefined && after !== undefined) return harmless;
  return before !== undefined && after === undefined
    ? nameRecord("clients that another environment answers resolve the name to this one")(change, view)
    : nameRecord("clients resolve the name to something else")(change, view);
};

/** Where the name leads to, not whether that is asked for its health. */
export const recordTarget: Judge = (change, view) => {
  const [before, after] = sides(change, "aliases").map((aliases) =>
    (Array.isArray(aliases) ? aliases : []).map(({ name, zoneId }: Alias) => [name, zoneId]),
  );
  const isSame = isDeepStrictEqual(before, after) && before?.length === 1;
  return isSame ? harmless : nameRecord("clients resolve the name to something else")(change, view);
};

interface Alias {
  readonly name?: unknown;
  readonly zoneId?: unknown;
}

/** The listener, or the balancer's open port, that only HTTPS needs. */
export function isUnusedHttps({ before, urn }: Change, view: View): boolean {
  return (before?.["protocol"] === "HTTPS" || urn.endsWith("-alb-443")) && !isHttpsAnswered(view);
}
