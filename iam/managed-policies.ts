import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The day AWS had the policies of the list. */
export const listedOn = "2026-09-30";

let known: ReadonlySet<string> | undefined;

/** AWS's own policies that can be attached, such as `ReadOnlyAccess` and `job-function/Billing`; where from, the list says. */
export function managedPolicies(): ReadonlySet<string> {
  known ??= new Set(
    readFileSync(join(import.meta.dirname, "managed-policies.txt"), "utf8")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#")),
  );
  return known;
}

/** The path and name of a policy that an ARN in AWS's main partition names; others have policies of their own. */
export function managedPolicyName(arn: string): string | undefined {
  return /^arn:aws:iam::aws:policy\/(.+)$/.exec(arn)?.[1];
}
