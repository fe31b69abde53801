import { actionsOf } from "@switchyard/iam/actions.ts";
import { type Context, conditionHolds, readOperator } from "@switchyard/iam/conditions.ts";
import { resourceMatches, speaksOfAction } from "@switchyard/iam/decide.ts";
import { covers, type PolicyDocument, type Statement } from "@switchyard/iam/document.ts";
import { arnParts } from "@switchyard/iam/glob.ts";

/** What stands for everything: no policy that means less than everything matches it. */
const anything = "arn:aws:unnamed:us-east-1:123456789012:unnamed/unnamed";

/** Whether a statement speaks of every resource there is. */
export function isUnscoped({ resources, byNotResource }: Statement): boolean {
  return byNotResource || resources.some((pattern) => resourceMatches(pattern, anything));
}

/** Whether a statement allows everything there is, whatever its conditions: the holder may meet them. */
export function allowsEverything(document: PolicyDocument, statement: Statement): boolean {
  return (
    statement.allow &&
    isUnscoped(statement) &&
    !statement.byNotAction &&
    statement.actions.some((pattern) => covers(pattern, "unnamed:Unnamed")) &&
    !isDenied(document, "unnamed:Unnamed", anything)
  );
}

/** Of some actions, those a statement allows on resources it does not name, with nothing to narrow them. */
export function unlimited(
  document: PolicyDocument,
  statement: Statement,
  actions: readonly string[],
): readonly string[] {
  if (!statement.allow || isNarrowed(statement)) return [];
  return actions.filter((action) => {
    if (!speaksOfAction(statement, action)) return false;
    const [service = ""] = action.split(":");
    const resources = actionsOf(service).find(({ name }) => name === action)?.resources ?? [];
    return (resources.length > 0 ? resources : [anything]).some(
      (resource) => reaches(statement, resource) && !isDenied(document, action, resource),
    );
  });
}

/** Whether a statement's resources take in one it does not name, in whichever region and account. */
function reaches({ resources, notResources, byNotResource }: Statement, resource: string): boolean {
  if (byNotResource) return !notResources.some((pattern) => resourceMatches(anywhere(pattern), resource));
  return resources.some((pattern) => resourceMatches(anywhere(pattern), resource));
}

function anywhere(pattern: string): string {
  const parts = arnParts(pattern);
  if (parts === undefined) return pattern;
  const [arn, , service, region, account, resource] = parts;
  return [arn, "*", service, region === "" ? "" : "*", account === "" ? "" : "*", resource].join(":");
}

function isDenied({ statements }: PolicyDocument, action: string, resource: string): boolean {
  return statements.some(
    (one) => !one.allow && one.conditions.length === 0 && speaksOfAction(one, action) && reaches(one, resource),
  );
}

/** What any request of the holder's has, or may have at will. */
const ordinary: Context = new Map([
  ["aws:securetransport", "true"],
  ["aws:requestedregion", "us-east-1"],
  ["aws:currenttime", "2026-01-01T00:00:00Z"],
  ["aws:viaawsservice", "false"],
]);
const atWill =
  /^(aws:(useragent|referer|requestedregion|securetransport|currenttime|epochtime|requesttag\/.*|tagkeys))$/;

/** Whether a condition keeps anything out: a request with some other value, or with none, would not meet it. */
export function isNarrowed({ conditions }: Statement): boolean {
  return conditions.some((condition) => {
    const key = condition.key.toLowerCase();
    if (atWill.test(key) && !ordinaryFails(condition)) return false;
    const present = new Map([...ordinary, [key, ordinary.get(key) ?? "unnamed"]]);
    const inArn = new Map([...ordinary, [key, anything]]);
    const absent = new Map([...ordinary].filter(([name]) => name !== key));
    const { base } = readOperator(condition.operator);
    if (base === "null") return false;
    return ![present, inArn, absent].some((context) => conditionHolds(condition, context));
  });
}

function ordinaryFails(condition: { operator: string; key: string; values: readonly string[] }): boolean {
  return ordinary.has(condition.key.toLowerCase()) && !conditionHolds(condition, ordinary);
}
