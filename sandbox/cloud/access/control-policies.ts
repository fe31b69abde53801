/** Service control policies that bind an account, as moto's organization has them. */
import { Organizations } from "@aws-sdk/client-organizations";
import { type PolicyDocument, readDocument } from "@switchyard/iam/document.ts";
import type { CloudContext } from "../handlers.ts";

const Filter = "SERVICE_CONTROL_POLICY";

/** Of the root, of each unit on the way and of the account itself; none without an organization, nor in its management account. */
export async function controlPolicies(
  cloud: CloudContext,
  account: string,
): Promise<readonly (readonly PolicyDocument[])[]> {
  const organizations = cloud.moto(Organizations);
  const { Organization } = await organizations.describeOrganization({}).catch(ifNone);
  if (Organization === undefined || Organization.MasterAccountId === account) return [];
  const targets = [account];
  for (let child = account; !child.startsWith("r-"); child = targets[0] ?? "") {
    const { Parents } = await organizations.listParents({ ChildId: child }).catch(ifNone);
    if (!Parents?.[0]?.Id) return [];
    targets.unshift(Parents[0].Id);
  }
  return Promise.all(targets.map((target) => attachedTo(organizations, target)));
}

async function attachedTo(organizations: Organizations, TargetId: string): Promise<readonly PolicyDocument[]> {
  const { Policies = [] } = await organizations.listPoliciesForTarget({ TargetId, Filter });
  const documents = Policies.map(async ({ Id }) => {
    const { Policy } = await organizations.describePolicy({ PolicyId: Id });
    return readDocument(Policy?.Content);
  });
  return Promise.all(documents);
}

/** An account of no organization, or of another one. */
function ifNone(error: Error): { readonly Organization?: undefined; readonly Parents?: undefined } {
  if (/NotInUse|NotFound/.test(error.name)) return {};
  throw error;
}
