import type * as z from "zod";
import type { OrganizationSettings } from "../../organization-config.ts";
import { problem } from "../../validation.ts";
import { mustBe, type Path, policyTextProblems, twice } from "./checks.ts";
import { type ControlPolicyType, mostAttached } from "./documents.ts";
import { management } from "./expand.ts";
import { loginProblems } from "./login-problems.ts";
import { isInItself, pathUp, root } from "./units.ts";

type Context = z.RefinementCtx;

/** AWS Organizations user guide, "Quotas": units below the root that are in each other. */
const deepest = 5;

/** What no single field of an organization's configuration shows alone. */
export function organizationProblems(config: OrganizationSettings, context: Context): void {
  unitProblems(config, context);
  accountProblems(config, context);
  controlPolicyProblems(config, context);
  otherProblems(config, context);
  loginProblems(config, context);
  if (config.administers === "logins") loginsOnly(config, context);
}

function unitProblems({ units }: OrganizationSettings, context: Context): void {
  const known = [root, ...Object.keys(units)];
  for (const [name, { parent }] of Object.entries(units)) {
    const path = ["units", name, "parent"];
    if (name === root || name === management)
      problem(context, ["units", name], `${name} is a name of AWS's own`, "Give the unit another name");
    if (parent !== undefined) mustBe(context, path, parent, known, "unit");
    if (isInItself(units, name))
      problem(
        context,
        path,
        `the unit is in itself: ${[...pathUp(units, name), name].join(" in ")}`,
        "Break the circle",
      );
    else if (pathUp(units, name).length > deepest)
      problem(
        context,
        path,
        `it is ${pathUp(units, name).length} units deep, where AWS allows ${deepest}`,
        "Move it up",
      );
  }
  const shown = Object.entries(units).map(([name, unit]) => ({
    name,
    key: `${unit.parent ?? root}/${unit.name ?? name}`,
  }));
  for (const [name, other] of twice(shown))
    problem(context, ["units", name], `${other} has the same name in the same unit`, "Give one of them another name");
}

function accountProblems(config: OrganizationSettings, context: Context): void {
  const entries = Object.entries(config.accounts);
  for (const [name, { unit }] of entries) {
    if (name === management)
      problem(context, ["accounts", name], "the management account has no entry", "Give the account another name");
    if (unit !== undefined)
      mustBe(context, ["accounts", name, "unit"], unit, [root, ...Object.keys(config.units)], "unit");
  }
  for (const [name, other] of twice(entries.map(([name, { email }]) => ({ name, key: email.toLowerCase() }))))
    problem(
      context,
      ["accounts", name, "email"],
      `${other} has the same address, which AWS takes for one account only, ever`,
      "Give each account its own, such as aws+<account>@example.com",
    );
  for (const [name, other] of twice(entries.map(([name, account]) => ({ name, key: account.name ?? name }))))
    problem(context, ["accounts", name, "name"], `${other} has the same name`, "Give each account its own");
  if (config.administers === "organization" && entries.length + 1 > config.accountQuota)
    problem(
      context,
      ["accounts"],
      `${entries.length} accounts and the management account are more than AWS allows, ${config.accountQuota}`,
      "Ask AWS for a higher quota (Service Quotas, AWS Organizations), then set switchyard:accountQuota to it",
    );
}

const policyKinds = [
  ["serviceControlPolicies", "SERVICE_CONTROL_POLICY", "FullAWSAccess"],
  ["resourceControlPolicies", "RESOURCE_CONTROL_POLICY", "RCPFullAWSAccess"],
] as const satisfies readonly (readonly [string, ControlPolicyType, string])[];

function controlPolicyProblems(config: OrganizationSettings, context: Context): void {
  for (const [kind, type, ofAws] of policyKinds) {
    const attached = new Map<string, string[]>();
    for (const [name, policy] of Object.entries(config[kind])) {
      const path = [kind, name];
      policyTextProblems(policy, path, context, type);
      const units = [root, ...Object.keys(config.units)];
      for (const [index, unit] of policy.units.entries())
        mustBe(context, [...path, "units", index], unit, units, "unit");
      for (const [index, account] of policy.accounts.entries()) {
        const at = [...path, "accounts", index];
        if (account === management) problem(context, at, "no such policy binds the management account", "Leave it out");
        else mustBe(context, at, account, Object.keys(config.accounts), "account");
      }
      const targets = [
        ...policy.units.map((unit) => `unit ${unit}`),
        ...policy.accounts.map((one) => `account ${one}`),
      ];
      for (const target of new Set(targets)) attached.set(target, [...(attached.get(target) ?? []), name]);
    }
    for (const [target, policies] of attached)
      if (policies.length + 1 > mostAttached)
        problem(
          context,
          [kind],
          `${policies.length} policies (${policies.join(", ")}) are attached to ${target}, and ${ofAws}, which is there of itself: AWS takes ${mostAttached}`,
          "Join some of them into one, or attach them to a unit above",
        );
  }
  const all = policyKinds.flatMap(([kind]) => Object.keys(config[kind]).map((name) => ({ kind, name, key: name })));
  for (const { kind, name } of all.filter(
    (one, index) => all.findIndex(({ name: other }) => other === one.name) < index,
  ))
    problem(context, [kind, name], "another policy has the same name", "Give it another name");
}

function otherProblems(config: OrganizationSettings, context: Context): void {
  const accounts = Object.keys(config.accounts);
  if (config.trail !== undefined) {
    const path = ["trail", "account"];
    mustBe(context, path, config.trail.account, accounts, "account");
    staying(config, config.trail.account, path, "the trail's bucket is in it", context);
  }
  for (const [index, { account }] of config.delegatedAdministrators.entries()) {
    const path = ["delegatedAdministrators", index, "account"];
    if (account === management)
      problem(context, path, "the management account cannot be a delegated administrator", "Name another account");
    else mustBe(context, path, account, accounts, "account");
    staying(config, account, path, "it is a delegated administrator", context);
  }
  const pairs = config.delegatedAdministrators.map(({ account, service }, index) => ({
    name: String(index),
    key: `${account} ${service}`,
  }));
  for (const [index] of twice(pairs))
    problem(context, ["delegatedAdministrators", Number(index)], "it is there twice", "Leave one of them out");
}

function staying(config: OrganizationSettings, name: string, path: Path, why: string, context: Context): void {
  if (config.accounts[name]?.decommission !== true) return;
  problem(context, path, `${name} is to be decommissioned, and ${why}`, "Name another account first");
}

/** A delegated administrator has rights in Identity Center alone, and none over the management account in it. */
function loginsOnly(config: OrganizationSettings, context: Context): void {
  const others = [
    "serviceControlPolicies",
    "resourceControlPolicies",
    "delegatedAdministrators",
    "trail",
    "budget",
  ] as const;
  for (const key of others)
    if (Object.keys(config[key] ?? {}).length > 0)
      problem(
        context,
        [key],
        "a stack that administers logins has no right to it",
        "Keep it in the organization's own stack, in the management account",
      );
  for (const [index, { accounts }] of config.assignments.entries())
    if (accounts.includes(management))
      problem(
        context,
        ["assignments", index, "accounts"],
        "a delegated administrator cannot assign anybody to the management account",
        "Keep this assignment in the stack of the management account (switchyard:administers: organization)",
      );
}
