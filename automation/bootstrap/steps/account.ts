/** What the account itself has to be: the management account of an organization that people log in to. */
import type { Aws } from "../../aws/clients.ts";
import { liveAccounts, organizationOf } from "../../organization/live.ts";
import {
  identityCenterState,
  identityState,
  missingPolicyTypes,
  type OrganizationSeen,
  organizationState,
} from "../decide/judge.ts";
import { nothingToUndo } from "../decide/steps.ts";
import type { Step } from "../step.ts";

export const identity: Step = {
  name: "identity",
  title: "Credentials",
  describe: () => "say whose credentials these are, and of which account",
  detect: async ({ wanted }) => identityState(wanted),
  act: async () => undefined,
  undo: async () => nothingToUndo,
};

export const organization: Step = {
  name: "organization",
  title: "AWS organization",
  describe: ({ caller }) => `make account ${caller.account} the management account of an organization`,
  detect: async ({ aws, wanted }) => organizationState(await seeOrganization(aws), wanted),
  act: async ({ aws, wanted, tell }) => {
    const [sdk, client] = await Promise.all([import("@aws-sdk/client-organizations"), aws.client("organizations")]);
    if ((await seeOrganization(aws)) === undefined) {
      await client.send(new sdk.CreateOrganizationCommand({ FeatureSet: "ALL" }));
      tell("made the organization");
    }
    const seen = await seeOrganization(aws);
    for (const PolicyType of seen === undefined ? [] : missingPolicyTypes(seen, wanted.policyTypes)) {
      await client.send(new sdk.EnablePolicyTypeCommand({ RootId: seen?.rootId, PolicyType }));
      tell(`enabled policies of the type ${PolicyType}`);
    }
  },
  undo: async ({ aws, wanted }) => {
    const seen = await seeOrganization(aws);
    if (seen === undefined || seen.managementAccount !== wanted.caller.account) return nothingToUndo;
    const [sdk, client] = await Promise.all([import("@aws-sdk/client-organizations"), aws.client("organizations")]);
    const others = (await liveAccounts(aws)).filter(({ id }) => id !== wanted.caller.account);
    const members = others.map(({ id, name }) => `${name} (${id})`);
    if (members.length > 0)
      return {
        did: [],
        left: [`the organization ${seen.id}, with its accounts ${members.join(", ")}: \`switchyard account close\``],
        stands: true,
      };
    await client.send(new sdk.DeleteOrganizationCommand({}));
    return { did: [`deleted the organization ${seen.id}`], left: [], stands: false };
  },
};

async function seeOrganization(aws: Aws): Promise<OrganizationSeen | undefined> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-organizations"), aws.client("organizations")]);
  const found = await organizationOf(aws);
  if (found === undefined) return undefined;
  const { Id = "", MasterAccountId = "", FeatureSet } = found;
  const seen = { id: Id, managementAccount: MasterAccountId, allFeatures: FeatureSet === "ALL" };
  // A member account may not list the roots.
  const { Roots: [root] = [] } = await client.send(new sdk.ListRootsCommand({})).catch((error: Error) => {
    if (error.name === "AccessDeniedException") return { Roots: [] };
    throw error;
  });
  const enabled = (root?.PolicyTypes ?? []).filter(({ Status }) => Status === "ENABLED");
  return { ...seen, rootId: root?.Id, policyTypes: enabled.flatMap(({ Type }) => Type ?? []) };
}

export const identityCenter: Step = {
  name: "identity-center",
  title: "IAM Identity Center",
  describe: ({ region }) => `find IAM Identity Center in ${region}; only a person can enable it, in the console`,
  detect: async ({ aws, wanted }) => identityCenterState(await seeInstance(aws), wanted),
  act: async () => undefined,
  undo: async ({ aws }) => {
    const arn = await seeInstance(aws);
    return arn === undefined
      ? nothingToUndo
      : { did: [], left: [`IAM Identity Center (${arn}): the console takes it away`], stands: false };
  },
};

export async function seeInstance(aws: Aws): Promise<string | undefined> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-sso-admin"), aws.client("sso")]);
  for await (const { Instances = [] } of sdk.paginateListInstances({ client }, {}))
    for (const { InstanceArn } of Instances) if (InstanceArn !== undefined) return InstanceArn;
  return undefined;
}
