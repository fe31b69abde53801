import { managedPolicies, managedPolicyName } from "@switchyard/iam/managed-policies.ts";
import { nearestOf } from "./nearest.ts";

/**
 * A policy of AWS's own that AWS does not have, and the names that may be meant: it is refused in the middle of an update.
 *
 * @param written Its ARN, or its name with the path before it.
 * @param newer Names that are newer than the list.
 */
export function unknownManagedPolicy(
  written: string,
  newer: readonly string[],
): { readonly name: string; readonly meant: string } | undefined {
  const name = written.startsWith("arn:") ? managedPolicyName(written) : written;
  if (name === undefined || managedPolicies().has(name) || newer.includes(name)) return undefined;
  const last = (policy: string) => policy.split("/").at(-1)?.toLowerCase();
  const elsewhere = [...managedPolicies()].filter((policy) => last(policy) === last(name));
  return { name, meant: (elsewhere.length > 0 ? elsewhere : nearestOf(name, managedPolicies(), 3)).join(" or ") };
}
