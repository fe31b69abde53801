import { listedOn } from "@switchyard/iam/managed-policies.ts";
import type * as z from "zod";
import { unknownManagedPolicy } from "../../managed-policies.ts";
import type { OrganizationSettings } from "../../organization-config.ts";
import { problem } from "../../validation.ts";
import { mustBe, policyTextProblems, twice } from "./checks.ts";
import { policyJson } from "./documents.ts";
import { management } from "./expand.ts";
import { root } from "./units.ts";

/** AWS IAM Identity Center user guide, "Quotas": bytes of a permission set's inline policy. */
const mostInlineBytes = 32_768;

/** People, groups, permission sets, and who may use which where. */
export function loginProblems(config: OrganizationSettings, context: z.RefinementCtx): void {
  if (config.identity === "managed") peopleProblems(config, context);
  else externalProblems(config, context);
  permissionSetProblems(config, context);
  assignmentProblems(config, context);
}

function peopleProblems({ people, groups }: OrganizationSettings, context: z.RefinementCtx): void {
  const entries = Object.entries(people);
  for (const [name, person] of entries) {
    for (const key of ["email", "givenName", "familyName"] as const)
      if (person[key] === undefined)
        problem(context, ["people", name, key], "is missing", "Set it: Identity Center makes nobody without it");
    for (const [index, group] of (person.groups ?? []).entries())
      mustBe(context, ["people", name, "groups", index], group, Object.keys(groups), "group");
    for (const [index] of twice((person.groups ?? []).map((group, index) => ({ name: String(index), key: group }))))
      problem(context, ["people", name, "groups", Number(index)], "it is there twice", "Leave one of them out");
  }
  const emails = entries.map(([name, { email = name }]) => ({ name, key: email.toLowerCase() }));
  for (const [name, other] of twice(emails))
    problem(context, ["people", name, "email"], `${other} has the same address`, "Give each person their own");
}

/** Identity Center gets them from elsewhere, and overwrites what is written here. */
function externalProblems({ people, groups }: OrganizationSettings, context: z.RefinementCtx): void {
  const owned = "belongs to the identity provider (switchyard:identity: external), which overwrites it";
  for (const [name, person] of Object.entries(people))
    for (const key of Object.keys(person))
      problem(context, ["people", name, key], owned, "Leave it out, and change it there");
  for (const [name, { description }] of Object.entries(groups))
    if (description !== undefined)
      problem(context, ["groups", name, "description"], owned, "Leave it out, and change it there");
}

/** Statements deny unless they say `Allow`, there as in control policies. */
function allowsAnything(policy: OrganizationSettings["permissionSets"][string]["inlinePolicy"]): boolean {
  if (policy === undefined) return false;
  const { Statement } = JSON.parse(policyJson(policy)) as { Statement: unknown };
  return [Statement].flat().some((one) => (one as { Effect?: unknown }).Effect === "Allow");
}

function permissionSetProblems(
  { permissionSets, newerManagedPolicies: newer }: OrganizationSettings,
  context: z.RefinementCtx,
): void {
  for (const [name, set] of Object.entries(permissionSets)) {
    const path = ["permissionSets", name];
    managedPolicyProblems(set, path, newer, context);
    if (set.inlinePolicy !== undefined) {
      const at = [...path, "inlinePolicy"];
      policyTextProblems(set.inlinePolicy, at, context);
      const bytes = Buffer.byteLength(policyJson(set.inlinePolicy));
      if (bytes > mostInlineBytes)
        problem(context, at, `it has ${bytes} bytes, where AWS takes ${mostInlineBytes}`, "Shorten it");
    }
    if (set.managedPolicies.length === 0 && !allowsAnything(set.inlinePolicy))
      problem(context, path, "it allows nothing", "Give it managedPolicies or an inlinePolicy with effect: Allow");
    for (const [index] of twice(set.managedPolicies.map((key, index) => ({ name: String(index), key }))))
      problem(context, [...path, "managedPolicies", Number(index)], "it is there twice", "Leave one of them out");
    const boundary = set.permissionsBoundary;
    if (boundary !== undefined && (boundary.managedPolicy === undefined) === (boundary.customerPolicy === undefined))
      problem(
        context,
        [...path, "permissionsBoundary"],
        "it needs either managedPolicy or customerPolicy",
        "Give one of the two",
      );
  }
}

function managedPolicyProblems(
  { managedPolicies, permissionsBoundary: boundary }: OrganizationSettings["permissionSets"][string],
  path: readonly string[],
  newer: readonly string[],
  context: z.RefinementCtx,
): void {
  const named: [policy: string | undefined, at: (string | number)[]][] = [
    ...managedPolicies.map((policy, index) => [policy, ["managedPolicies", index]] as [string, (string | number)[]]),
    [boundary?.managedPolicy, ["permissionsBoundary", "managedPolicy"]],
  ];
  for (const [policy, at] of named) {
    const unknown = policy === undefined ? undefined : unknownManagedPolicy(policy, newer);
    if (unknown === undefined) continue;
    const meant = unknown.meant === "" ? "" : `Did you mean ${unknown.meant}? `;
    problem(
      context,
      [...path, ...at],
      `AWS has no policy ${unknown.name} that can be attached`,
      `${meant}If it is newer than the list of ${listedOn}, add it to switchyard:newerManagedPolicies`,
    );
  }
}

function assignmentProblems(config: OrganizationSettings, context: z.RefinementCtx): void {
  const units = [root, ...Object.keys(config.units)];
  const accounts = [management, ...Object.keys(config.accounts)];
  for (const [index, one] of config.assignments.entries()) {
    const path = ["assignments", index];
    mustBe(context, [...path, "group"], one.group, Object.keys(config.groups), "group");
    for (const [at, set] of one.permissionSets.entries())
      mustBe(context, [...path, "permissionSets", at], set, Object.keys(config.permissionSets), "permission set");
    for (const [at, unit] of one.units.entries()) mustBe(context, [...path, "units", at], unit, units, "unit");
    for (const [at, account] of one.accounts.entries())
      mustBe(context, [...path, "accounts", at], account, accounts, "account");
    if (one.units.length + one.accounts.length === 0)
      problem(context, path, "it is for no account", "Give it units or accounts");
  }
}
