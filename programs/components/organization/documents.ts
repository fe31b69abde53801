import type { PolicyText } from "../../organization-config.ts";

export type ControlPolicyType = "SERVICE_CONTROL_POLICY" | "RESOURCE_CONTROL_POLICY";

/** AWS Organizations user guide, "Quotas": characters of a policy, and those attached to one root, unit or account. */
export const mostCharacters = 5120;
export const mostAttached = 5;

/** A policy as JSON without spaces, which AWS would count. */
export function policyJson(entry: PolicyText, type?: ControlPolicyType): string {
  if (entry.document !== undefined) return JSON.stringify(entry.document);
  const statements = (entry.statements ?? []).map((one) => ({
    Sid: one.sid,
    Effect: one.effect,
    // Of a resource control policy AWS takes no other (user guide, "RCP syntax").
    Principal: type === "RESOURCE_CONTROL_POLICY" ? "*" : undefined,
    Action: one.actions,
    NotAction: one.notActions,
    Resource: one.resources,
    Condition: one.conditions,
  }));
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

/** The ARN of a policy of AWS's own, given by name or ARN. */
export function managedPolicyArn(policy: string, partition: string): string {
  return policy.startsWith("arn:") ? policy : `arn:${partition}:iam::aws:policy/${policy}`;
}
