/** Whether a policy document still allows all that it did. */
import { isDeepStrictEqual } from "node:util";
import { isUnknown } from "./verdict.ts";

type Statement = Readonly<Record<string, unknown>>;

/**
 * True when every statement of the first document is in the second, with at least its actions, resources and principals.
 * Only added denials could take something away then, so there must be none. A document that is not known yet grows: what
 * it would lose is told by another change, as a secret it names is by its deletion.
 *
 * @param needed Whether a resource with an action must stay allowed; all must when absent.
 */
export function allowsAtLeast(before: unknown, after: unknown, needed: Needed = () => true): boolean {
  if (isUnknown(after)) return true;
  const [all, now] = [statementsOf(before), statementsOf(after)];
  if (all === undefined || now === undefined) return false;
  const old = all.flatMap((statement) => withoutNeedless(statement, needed));
  const kept = old.every((statement) => now.some((other) => covers(other, statement)));
  const denials = now.filter(({ Effect }) => Effect !== "Allow");
  return kept && denials.every((denial) => old.some((statement) => isDeepStrictEqual(statement, denial)));
}

type Needed = (resource: string, action: string) => boolean;

/** A statement without the resources that nothing needs; none when it is about no other. */
function withoutNeedless(statement: Statement, needed: Needed): readonly Statement[] {
  const { Action, Effect, Resource } = statement;
  if (Effect !== "Allow" || Action === undefined || Resource === undefined) return [statement];
  const kept = [Resource].flat().filter((one) => [Action].flat().some((action) => needed(String(one), String(action))));
  if (kept.length === 0) return [];
  return [{ ...statement, Resource: Array.isArray(Resource) ? kept : Resource }];
}

function statementsOf(document: unknown): readonly Statement[] | undefined {
  try {
    const parsed = typeof document === "string" ? (JSON.parse(document) as unknown) : document;
    const { Statement } = parsed as { Statement?: Statement | Statement[] };
    return Statement === undefined ? undefined : [Statement].flat();
  } catch {
    return undefined;
  }
}

/** Parts of a statement that may only grow; every other part has to be the same. */
const lists: ReadonlySet<string> = new Set(["Action", "Resource"]);

function covers(wide: Statement, narrow: Statement): boolean {
  const keys = new Set([...Object.keys(wide), ...Object.keys(narrow)].filter((key) => key !== "Sid"));
  return [...keys].every((key) => {
    const [all, some] = [wide[key], narrow[key]];
    if (isDeepStrictEqual(all, some)) return true;
    if (!lists.has(key) || narrow["Effect"] !== "Allow") return false;
    const wanted = [some].flat();
    return some !== undefined && wanted.every((one) => [all].flat().includes(one));
  });
}
