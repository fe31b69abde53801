/** That nothing is left, asked of every account itself and not of who destroyed it. */
import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { ECR } from "@aws-sdk/client-ecr";
import { ECRPUBLIC } from "@aws-sdk/client-ecr-public";
import { IAM } from "@aws-sdk/client-iam";
import { Organizations } from "@aws-sdk/client-organizations";
import { S3 } from "@aws-sdk/client-s3";
import { SSOAdmin } from "@aws-sdk/client-sso-admin";
import { STS } from "@aws-sdk/client-sts";
import { unexpected } from "./stage.ts";

const made = "OrganizationAccountAccessRole";

/** @param stateBucket made before any stack, and kept */
export async function mustBeEmpty(stateBucket: string): Promise<void> {
  const organizations = new Organizations({});
  const { Accounts = [] } = await organizations.listAccounts({});
  const own = (await new STS({}).getCallerIdentity({})).Account;
  for (const { Id = "" } of Accounts) {
    const left = await whatIsIn(Id === own ? {} : { credentials: await enter(Id) });
    const known = new Set([made, ...(Id === own ? [stateBucket] : [])]);
    const strays = left.filter((name) => !known.has(name));
    if (strays.length > 0) throw unexpected("switchyard destroy --everything", `account ${Id} still has ${strays}`);
  }
  const { Roots = [] } = await organizations.listRoots({});
  const units = await organizations.listOrganizationalUnitsForParent({ ParentId: Roots[0]?.Id });
  const [instance] = (await new SSOAdmin({}).listInstances({})).Instances ?? [];
  const sets = await new SSOAdmin({}).listPermissionSets({ InstanceArn: instance?.InstanceArn });
  const left = [...(units.OrganizationalUnits ?? []).map(({ Name }) => Name), ...(sets.PermissionSets ?? [])];
  if (left.length > 0) throw unexpected("switchyard destroy --everything", `the organization still has ${left}`);
}

async function enter(account: string) {
  const role = { RoleArn: `arn:aws:iam::${account}:role/${made}`, RoleSessionName: "story" };
  const { Credentials: given } = await new STS({}).assumeRole(role);
  return { accessKeyId: given?.AccessKeyId ?? "", secretAccessKey: given?.SecretAccessKey ?? "" };
}

async function whatIsIn(configuration: object): Promise<readonly string[]> {
  const [tables, repositories, open, roles, policies, buckets] = await Promise.all([
    new DynamoDB(configuration).listTables({}),
    new ECR(configuration).describeRepositories({}),
    new ECRPUBLIC({ ...configuration, region: "us-east-1" }).describeRepositories({}),
    new IAM(configuration).listRoles({}),
    new IAM(configuration).listPolicies({ Scope: "Local" }),
    new S3({ ...configuration, forcePathStyle: true }).listBuckets({}),
  ]);
  const names = [
    ...(tables.TableNames ?? []),
    ...(repositories.repositories ?? []).map(({ repositoryName }) => repositoryName),
    ...(open.repositories ?? []).map(({ repositoryName }) => repositoryName),
    ...(roles.Roles ?? []).map(({ RoleName }) => RoleName),
    ...(policies.Policies ?? []).map(({ PolicyName }) => PolicyName),
    ...(buckets.Buckets ?? []).map(({ Name }) => Name),
  ];
  return names.filter((name) => name !== undefined);
}
