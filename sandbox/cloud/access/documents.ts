/** The documents that limit a role, as moto has them; read again after anything of IAM or the organization has changed. */
import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  type IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
} from "@aws-sdk/client-iam";
import { type PolicyDocument, readDocument } from "@switchyard/iam/document.ts";

export interface RoleDocuments {
  readonly arn: string;
  readonly trust: PolicyDocument;
  readonly maxSessionSeconds: number;
  readonly identity: readonly PolicyDocument[];
  readonly boundaryArn?: string | undefined;
  readonly boundary?: PolicyDocument | undefined;
}

/** Everything of a role that decides; undefined when there is none of the name. */
export async function roleDocuments(iam: IAMClient, name: string): Promise<RoleDocuments | undefined> {
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: name })).catch(ifMissing);
  if (Role === undefined) return undefined;
  const [inline, attached] = await Promise.all([
    iam.send(new ListRolePoliciesCommand({ RoleName: name })),
    iam.send(new ListAttachedRolePoliciesCommand({ RoleName: name })),
  ]);
  const boundaryArn = Role.PermissionsBoundary?.PermissionsBoundaryArn;
  const [own, managed, boundary] = await Promise.all([
    Promise.all((inline.PolicyNames ?? []).map((policy) => inlineDocument(iam, name, policy))),
    Promise.all((attached.AttachedPolicies ?? []).map(({ PolicyArn }) => managedDocument(iam, PolicyArn ?? ""))),
    boundaryArn === undefined ? undefined : managedDocument(iam, boundaryArn),
  ]);
  return {
    arn: Role.Arn ?? "",
    trust: documentOf(Role.AssumeRolePolicyDocument),
    maxSessionSeconds: Role.MaxSessionDuration ?? 3600,
    identity: [...own, ...managed],
    boundaryArn,
    boundary,
  };
}

async function inlineDocument(iam: IAMClient, RoleName: string, PolicyName: string): Promise<PolicyDocument> {
  const { PolicyDocument } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
  return documentOf(PolicyDocument);
}

async function managedDocument(iam: IAMClient, PolicyArn: string): Promise<PolicyDocument> {
  const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn }));
  const version = { PolicyArn, VersionId: Policy?.DefaultVersionId };
  const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand(version));
  return documentOf(PolicyVersion?.Document);
}

/** IAM answers documents as a URL carries them. */
function documentOf(text: string | undefined): PolicyDocument {
  return readDocument(decodeURIComponent(text ?? ""));
}

function ifMissing(error: Error): { readonly Role?: undefined } {
  if (error.name === "NoSuchEntityException" || error.name === "NoSuchEntity") return {};
  throw error;
}
