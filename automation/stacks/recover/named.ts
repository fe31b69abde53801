import { type Finder, ifFound, type Look, onlyNew, textOf } from "./find.ts";

/** AWS KMS API reference, ListKeys. An account with more keys than this is not searched. */
const keysLookedThrough = 500;

async function iam({ aws }: Look) {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-iam"), aws.client("iam")]);
  return { sdk, client };
}
async function rds({ aws }: Look) {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-rds"), aws.client("rds")]);
  return { sdk, client };
}
async function kms({ aws }: Look) {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-kms"), aws.client("kms")]);
  return { sdk, client };
}
async function lambda({ aws }: Look) {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-lambda"), aws.client("lambda")]);
  return { sdk, client };
}

/** A key has no name: it is known by its description and tags. */
const keyFinder: Finder = async (inputs, look) => {
  const { sdk, client } = await kms(look);
  const wanted = JSON.stringify(Object.entries((inputs["tagsAll"] ?? inputs["tags"] ?? {}) as object).sort());
  const found: string[] = [];
  let seen = 0;
  for await (const { Keys = [] } of sdk.paginateListKeys({ client }, {})) {
    seen += Keys.length;
    if (seen > keysLookedThrough) return undefined;
    for (const { KeyId = "" } of Keys.filter(({ KeyId = "" }) => !look.known(KeyId))) {
      const { KeyMetadata } = await client.send(new sdk.DescribeKeyCommand({ KeyId }));
      if (KeyMetadata?.KeyState !== "Enabled" || KeyMetadata.Description !== inputs["description"]) continue;
      const { Tags = [] } = await client.send(new sdk.ListResourceTagsCommand({ KeyId }));
      if (JSON.stringify(Tags.map((t) => [t.TagKey, t.TagValue]).sort()) === wanted) found.push(KeyId);
    }
  }
  return onlyNew(found, look);
};

/** Things AWS lets exist but once in an account and region under their name. */
export const namedFinders: Readonly<Record<string, Finder>> = {
  "aws:cloudwatch/logGroup:LogGroup": async (inputs, { aws }) => {
    const [sdk, client] = await Promise.all([import("@aws-sdk/client-cloudwatch-logs"), aws.client("logs")]);
    const name = textOf(inputs, "name");
    const command = new sdk.DescribeLogGroupsCommand({ logGroupNamePrefix: name });
    const { logGroups = [] } = await client.send(command);
    return logGroups.find((group) => group.logGroupName === name)?.logGroupName;
  },
  "aws:cloudwatch/queryDefinition:QueryDefinition": async (inputs, look) => {
    const [sdk, client] = await Promise.all([import("@aws-sdk/client-cloudwatch-logs"), look.aws.client("logs")]);
    const name = textOf(inputs, "name");
    const command = new sdk.DescribeQueryDefinitionsCommand({ queryDefinitionNamePrefix: name });
    const { queryDefinitions = [] } = await client.send(command);
    const found = queryDefinitions.filter((one) => one.name === name).map((one) => one.queryDefinitionId ?? "");
    return onlyNew(found, look);
  },
  "aws:dynamodb/table:Table": async (inputs, { aws, until }) => {
    const [sdk, client] = await Promise.all([import("@aws-sdk/client-dynamodb"), aws.client("dynamodb")]);
    const TableName = textOf(inputs, "name");
    const read = () => ifFound(client.send(new sdk.DescribeTableCommand({ TableName })));
    if ((await read()) === undefined) return undefined;
    const made = async () => (await read())?.Table?.TableStatus === "ACTIVE" || undefined;
    await until(`table ${TableName}`, made);
    return TableName;
  },
  "aws:iam/role:Role": async (inputs, look) => {
    const { sdk, client } = await iam(look);
    return (await ifFound(client.send(new sdk.GetRoleCommand({ RoleName: textOf(inputs, "name") }))))?.Role?.RoleName;
  },
  "aws:iam/policy:Policy": async (inputs, look) => {
    const { sdk, client } = await iam(look);
    for await (const { Policies = [] } of sdk.paginateListPolicies({ client }, { Scope: "Local" })) {
      const found = Policies.find((policy) => policy.PolicyName === inputs["name"]);
      if (found) return found.Arn;
    }
    return undefined;
  },
  "aws:iam/openIdConnectProvider:OpenIdConnectProvider": async (inputs, look) => {
    const { sdk, client } = await iam(look);
    const { OpenIDConnectProviderList = [] } = await client.send(new sdk.ListOpenIDConnectProvidersCommand({}));
    const host = textOf(inputs, "url").replace(/^https:\/\//, "");
    return OpenIDConnectProviderList.find(({ Arn = "" }) => Arn.endsWith(`:oidc-provider/${host}`))?.Arn;
  },
  "aws:kms/key:Key": keyFinder,
  "aws:kms/alias:Alias": async (inputs, look) => {
    const { sdk, client } = await kms(look);
    for await (const { Aliases = [] } of sdk.paginateListAliases({ client }, {})) {
      const found = Aliases.find((alias) => alias.AliasName === inputs["name"]);
      if (found) return found.AliasName;
    }
    return undefined;
  },
  "aws:ecr/repository:Repository": async (inputs, { aws }) => {
    const [sdk, client] = await Promise.all([import("@aws-sdk/client-ecr"), aws.client("ecr")]);
    const command = new sdk.DescribeRepositoriesCommand({ repositoryNames: [textOf(inputs, "name")] });
    return (await ifFound(client.send(command)))?.repositories?.[0]?.repositoryName;
  },
  "aws:ecrpublic/repository:Repository": async (inputs, { aws }) => {
    const [sdk, client] = await Promise.all([import("@aws-sdk/client-ecr-public"), aws.client("ecrPublic")]);
    const command = new sdk.DescribeRepositoriesCommand({ repositoryNames: [textOf(inputs, "repositoryName")] });
    return (await ifFound(client.send(command)))?.repositories?.[0]?.repositoryName;
  },
  "aws:s3/bucket:Bucket": async (inputs, { aws }) => {
    const [sdk, client] = await Promise.all([import("@aws-sdk/client-s3"), aws.client("s3")]);
    const Bucket = textOf(inputs, "bucket");
    return (await ifFound(client.send(new sdk.GetBucketLocationCommand({ Bucket })))) && Bucket;
  },
  "aws:secretsmanager/secret:Secret": async (inputs, { aws }) => {
    const [sdk, client] = await Promise.all([import("@aws-sdk/client-secrets-manager"), aws.client("secrets")]);
    const found = await ifFound(client.send(new sdk.DescribeSecretCommand({ SecretId: textOf(inputs, "name") })));
    return found?.DeletedDate === undefined ? found?.ARN : undefined;
  },
  "aws:lambda/function:Function": async (inputs, look) => {
    const { sdk, client } = await lambda(look);
    const FunctionName = textOf(inputs, "name");
    const read = () => ifFound(client.send(new sdk.GetFunctionConfigurationCommand({ FunctionName })));
    if ((await read()) === undefined) return undefined;
    await look.until(`function ${FunctionName}`, async () => (await read())?.State !== "Pending" || undefined);
    return FunctionName;
  },
  "aws:lambda/permission:Permission": async (inputs, look) => {
    const { sdk, client } = await lambda(look);
    const command = new sdk.GetPolicyCommand({ FunctionName: textOf(inputs, "function") });
    const policy = (await ifFound(client.send(command)))?.Policy ?? "{}";
    const { Statement = [] } = JSON.parse(policy) as { Statement?: { Sid?: string }[] };
    return Statement.find(({ Sid }) => Sid === inputs["statementId"])?.Sid;
  },
  "aws:rds/parameterGroup:ParameterGroup": async (inputs, look) => {
    const { sdk, client } = await rds(look);
    const command = new sdk.DescribeDBParameterGroupsCommand({ DBParameterGroupName: textOf(inputs, "name") });
    return (await ifFound(client.send(command)))?.DBParameterGroups?.[0]?.DBParameterGroupName;
  },
  "aws:rds/snapshotCopy:SnapshotCopy": async (inputs, look) => {
    const { sdk, client } = await rds(look);
    const DBSnapshotIdentifier = textOf(inputs, "targetDbSnapshotIdentifier");
    const read = async () =>
      (await ifFound(client.send(new sdk.DescribeDBSnapshotsCommand({ DBSnapshotIdentifier }))))?.DBSnapshots?.[0];
    if ((await read()) === undefined) return undefined;
    return look.until(`snapshot ${DBSnapshotIdentifier}`, async () =>
      (await read())?.Status === "available" ? DBSnapshotIdentifier : undefined,
    );
  },
  "aws:rds/subnetGroup:SubnetGroup": async (inputs, look) => {
    const { sdk, client } = await rds(look);
    const command = new sdk.DescribeDBSubnetGroupsCommand({ DBSubnetGroupName: textOf(inputs, "name") });
    return (await ifFound(client.send(command)))?.DBSubnetGroups?.[0]?.DBSubnetGroupName;
  },
  "aws:rds/instance:Instance": async (inputs, look) => {
    const { sdk, client } = await rds(look);
    const DBInstanceIdentifier = textOf(inputs, "identifier");
    const read = async () => {
      const answer = await ifFound(client.send(new sdk.DescribeDBInstancesCommand({ DBInstanceIdentifier })));
      return answer?.DBInstances?.[0];
    };
    if ((await read()) === undefined) return undefined;
    return look.until(`database ${DBInstanceIdentifier}`, async () => {
      const now = await read();
      return now?.DBInstanceStatus === "available" ? now.DbiResourceId : undefined;
    });
  },
};
