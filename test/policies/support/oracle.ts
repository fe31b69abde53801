import { runSimulation } from "@cloud-copilot/iam-simulate";
import { isAllowed } from "@switchyard/iam/decide.ts";
import { readDocument } from "@switchyard/iam/document.ts";
import type { Case } from "./generated-policies.ts";

/** What the pack's evaluator says of a case. */
export function ours(one: Case): boolean {
  return isAllowed(
    {
      identity: [readDocument(one.identity)],
      boundary: one.boundary && readDocument(one.boundary),
      resource: one.resource && readDocument(one.resource),
    },
    {
      caller: { kind: "AWS", arn: one.principal, account: one.principal.split(":")[4] ?? "" },
      action: one.action,
      resource: one.resourceArn,
      account: one.account,
      context: new Map(Object.entries(one.context).map(([key, value]) => [key.toLowerCase(), value])),
    },
  );
}

/** What the oracle says; undefined where it refuses the case. */
export async function theirs(one: Case): Promise<boolean | undefined> {
  const found = await runSimulation(
    {
      request: {
        principal: one.principal,
        action: one.action,
        resource: { resource: one.resourceArn, accountId: one.account },
        contextVariables: { ...one.context },
      },
      identityPolicies: [{ name: "own", policy: one.identity }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: one.resource,
      ...(one.boundary === undefined ? {} : { permissionBoundaryPolicies: [{ name: "limit", policy: one.boundary }] }),
    },
    {},
  );
  return found.resultType === "error" ? undefined : found.overallResult === "Allowed";
}

/** Where the two are known to differ, each with why the evaluator keeps its answer. */
export const differences: readonly { readonly why: string; readonly concerns: (one: Case) => boolean }[] = [
  {
    why: "a boundary's implicit denial limits what a resource gives to a role (IAM, 'Permissions boundaries for IAM entities'); the oracle takes the role's ARN for a session's",
    concerns: ({ principal, boundary, resource }) =>
      principal.includes(":role/") && boundary !== undefined && resource !== undefined,
  },
  {
    why: "0.0.0.0/0 is every IPv4 address; the oracle's is none",
    concerns: (one) => text(one).includes("0.0.0.0/0"),
  },
  {
    why: "an IPv6 address is none of an IPv4 range, so NotIpAddress holds; the oracle compares no two families",
    concerns: (one) => text(one).includes("NotIpAddress") && one.context["aws:SourceIp"] !== undefined,
  },
  {
    why: "IfExists holds when the key is absent (IAM, 'Condition operators'), also after ForAnyValue; the oracle's does not",
    concerns: (one) => /ForAnyValue:\w+IfExists/.test(text(one)),
  },
  {
    why: "a tag may be empty, and a variable is then an empty text; the oracle takes it for absent",
    concerns: (one) => one.context["aws:PrincipalTag/team"] === "" && text(one).includes("${aws:PrincipalTag/team"),
  },
];

function text({ identity, boundary, resource }: Case): string {
  return JSON.stringify([identity, boundary, resource]);
}

/** Cases of which both were asked, those that a known difference concerns left out, and every other difference. */
export async function compare(
  cases: readonly Case[],
): Promise<{ readonly compared: number; readonly allowed: number; readonly different: readonly string[] }> {
  const kept = cases.filter((one) => !differences.some(({ concerns }) => concerns(one)));
  const different: string[] = [];
  let [compared, allowed] = [0, 0];
  for (const one of kept) {
    const expected = await theirs(one);
    if (expected === undefined) continue;
    compared += 1;
    if (expected) allowed += 1;
    if (ours(one) !== expected)
      different.push(`${expected ? "allowed" : "denied"} by the oracle: ${JSON.stringify(one)}`);
  }
  return { compared, allowed, different };
}
