import { Organizations } from "@aws-sdk/client-organizations";
import { SSOAdmin } from "@aws-sdk/client-sso-admin";
import type { TestCloud } from "../../support/cloud.ts";
import { organization } from "./cases/organization.ts";

/** An organization, made as one makes it by hand, where the suite's cases find it; taken away again by the cloud's reset. */
export function useOrganization(cloud: TestCloud): void {
  before("make an organization", async () => {
    const { rootId, instanceArn, identityStoreId } = await makeOrganization(cloud.sdk());
    Object.assign(organization, { root: rootId, instance: { instanceArn }, identityStoreId });
  });
}

/** All of what docs/organization.md asks for; in the sandbox Identity Center is enabled from the start. */
export async function makeOrganization(sdk: ReturnType<TestCloud["sdk"]>) {
  const organizations = new Organizations(sdk);
  await organizations.createOrganization({ FeatureSet: "ALL" }).catch((error: Error) => {
    if (error.name !== "AlreadyInOrganizationException") throw error;
  });
  const { Roots } = await organizations.listRoots({});
  const rootId = Roots?.[0]?.Id ?? "";
  for (const PolicyType of ["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"] as const)
    if (!Roots?.[0]?.PolicyTypes?.some(({ Type }) => Type === PolicyType))
      await organizations.enablePolicyType({ RootId: rootId, PolicyType });
  const { Instances } = await new SSOAdmin(sdk).listInstances({});
  const { InstanceArn: instanceArn = "", IdentityStoreId: identityStoreId = "" } = Instances?.[0] ?? {};
  return { rootId, instanceArn, identityStoreId };
}
