import type { secretsmanager } from "@pulumi/aws";
import { type Context, type Functions, fn, type Rows, row } from "../row.ts";
import { putRow } from "./shapes.ts";
import { asJson, must, tagList, tagRecord } from "./shared.ts";

const describe = async (SecretId: string, { secretsmanager }: Context) => {
  const found = await secretsmanager.describeSecret({ SecretId });
  return found.DeletedDate === undefined ? found : undefined;
};

const secret = row<secretsmanager.SecretArgs, secretsmanager.Secret>({
  update: ["description", "kmsKeyId", "recoveryWindowInDays", "policy", "forceOverwriteReplicaSecret"],
  replace: ["name"],
  autoName: { key: "name", max: 255 },
  defaults: { recoveryWindowInDays: 30, forceOverwriteReplicaSecret: false },
  computed: ["arn", "policy", "replicas"],
  create: async ({ name, description, kmsKeyId, policy }, { secretsmanager, tags, created }) => {
    const made = await secretsmanager.createSecret({
      Name: name,
      Description: description,
      KmsKeyId: kmsKeyId,
      ...(Object.keys(tags).length > 0 && { Tags: tagList(tags) }),
    });
    const id = created(must(made.ARN, "the secret's ARN"));
    if (policy) await secretsmanager.putResourcePolicy({ SecretId: id, ResourcePolicy: asJson(policy) });
    return id;
  },
  read: async (id, aws) => {
    const found = await describe(id, aws);
    if (!found) return undefined;
    const { ResourcePolicy } = await aws.secretsmanager.getResourcePolicy({ SecretId: id });
    return {
      arn: found.ARN,
      name: found.Name,
      description: found.Description ?? "",
      ...(found.KmsKeyId && { kmsKeyId: found.KmsKeyId }),
      policy: ResourcePolicy ?? "",
      replicas: [],
      tagsAll: tagRecord(found.Tags),
    };
  },
  write: async (SecretId, { description, kmsKeyId, policy }, { secretsmanager }, { changed }) => {
    if (changed("description", "kmsKeyId")) {
      await secretsmanager.updateSecret({ SecretId, Description: description ?? "", KmsKeyId: kmsKeyId });
    }
    if (!changed("policy")) return;
    if (policy) await secretsmanager.putResourcePolicy({ SecretId, ResourcePolicy: asJson(policy) });
    else await secretsmanager.deleteResourcePolicy({ SecretId });
  },
  tag: (SecretId, tags, { secretsmanager }) => secretsmanager.tagResource({ SecretId, Tags: tagList(tags) }),
  untag: (SecretId, removed, { secretsmanager }) => secretsmanager.untagResource({ SecretId, TagKeys: removed }),
  delete: (SecretId, { secretsmanager }, { recoveryWindowInDays }) =>
    secretsmanager.deleteSecret({
      SecretId,
      ...(recoveryWindowInDays === 0
        ? { ForceDeleteWithoutRecovery: true }
        : { RecoveryWindowInDays: recoveryWindowInDays ?? 30 }),
    }),
});

const CURRENT = "AWSCURRENT";

const secretVersion = row<secretsmanager.SecretVersionArgs, secretsmanager.SecretVersion>({
  update: ["versionStages"],
  replace: ["secretId", "secretString", "secretBinary"],
  required: ["secretId"],
  secrets: ["secretString", "secretBinary"],
  computed: ["arn", "versionId", "versionStages", "secretArn" as never, "hasSecretStringWo"],
  create: async ({ secretId, secretString, secretBinary, versionStages }, { secretsmanager }) => {
    const made = await secretsmanager.putSecretValue({
      SecretId: secretId,
      SecretString: secretString,
      ...(secretBinary && { SecretBinary: Buffer.from(secretBinary, "base64") }),
      VersionStages: versionStages,
    });
    return `${secretId}|${must(made.VersionId, "VersionId")}`;
  },
  read: async (id, aws) => {
    const [secretId = "", VersionId] = id.split("|");
    if ((await describe(secretId, aws)) === undefined) return undefined;
    const found = await aws.secretsmanager.getSecretValue({ SecretId: secretId, VersionId });
    return {
      arn: found.ARN,
      secretId,
      versionId: found.VersionId,
      versionStages: found.VersionStages ?? [],
      ...(found.SecretString !== undefined && { secretString: found.SecretString }),
      ...(found.SecretBinary && { secretBinary: Buffer.from(found.SecretBinary).toString("base64") }),
    };
  },
  write: async (id, { secretId, versionStages }, { secretsmanager }, { old }) => {
    const MoveToVersionId = id.split("|")[1];
    const held = (await secretsmanager.describeSecret({ SecretId: secretId })).VersionIdsToStages ?? {};
    const holder = (stage: string) => Object.keys(held).find((version) => held[version]?.includes(stage));
    const added = (versionStages ?? []).filter((stage) => !old.versionStages?.includes(stage));
    for (const VersionStage of added) {
      const RemoveFromVersionId = holder(VersionStage);
      await secretsmanager.updateSecretVersionStage({
        SecretId: secretId,
        VersionStage,
        MoveToVersionId,
        RemoveFromVersionId,
      });
    }
    // AWSPREVIOUS went to the version that AWSCURRENT was taken from.
    const kept = added.includes(CURRENT) ? [CURRENT, "AWSPREVIOUS"] : [CURRENT];
    for (const VersionStage of (old.versionStages ?? []).filter(
      (stage) => !kept.includes(stage) && !versionStages?.includes(stage),
    )) {
      await secretsmanager.updateSecretVersionStage({
        SecretId: secretId,
        VersionStage,
        RemoveFromVersionId: MoveToVersionId,
      });
    }
  },
  // A version goes when no stage names it. The current one cannot lose its stage: it goes with its secret.
  delete: async (id, aws, { secretId }) => {
    const RemoveFromVersionId = id.split("|")[1] ?? "";
    const stages = (await describe(secretId, aws))?.VersionIdsToStages?.[RemoveFromVersionId] ?? [];
    for (const VersionStage of stages.filter((stage) => stage !== CURRENT)) {
      await aws.secretsmanager.updateSecretVersionStage({ SecretId: secretId, VersionStage, RemoveFromVersionId });
    }
  },
});

const secretPolicy = putRow<secretsmanager.SecretPolicyArgs, secretsmanager.SecretPolicy>({
  update: ["policy", "blockPublicPolicy"],
  replace: ["secretArn"],
  required: ["secretArn", "policy"],
  computed: [],
  id: "secretArn",
  put: ({ secretArn: SecretId, policy, blockPublicPolicy: BlockPublicPolicy }, { secretsmanager }) =>
    secretsmanager.putResourcePolicy({ SecretId, ResourcePolicy: asJson(policy), BlockPublicPolicy }),
  read: async (id, aws) => {
    if ((await describe(id, aws)) === undefined) return undefined;
    const { ResourcePolicy } = await aws.secretsmanager.getResourcePolicy({ SecretId: id });
    return ResourcePolicy ? { secretArn: id, policy: ResourcePolicy } : undefined;
  },
  delete: (id, { secretsmanager }) => secretsmanager.deleteResourcePolicy({ SecretId: id }),
});

export const secretsManagerRows: Rows = {
  "aws:secretsmanager/secret:Secret": secret,
  "aws:secretsmanager/secretVersion:SecretVersion": secretVersion,
  "aws:secretsmanager/secretPolicy:SecretPolicy": secretPolicy,
};

export const secretsManagerFunctions: Functions = {
  "aws:secretsmanager/getRandomPassword:getRandomPassword": fn<
    secretsmanager.GetRandomPasswordArgs,
    secretsmanager.GetRandomPasswordResult
  >(async (args, { secretsmanager, region }) => {
    const { RandomPassword } = await secretsmanager.getRandomPassword({
      PasswordLength: args.passwordLength,
      ExcludeCharacters: args.excludeCharacters,
      ExcludeNumbers: args.excludeNumbers,
      ExcludePunctuation: args.excludePunctuation,
      ExcludeUppercase: args.excludeUppercase,
      ExcludeLowercase: args.excludeLowercase,
      IncludeSpace: args.includeSpace,
      RequireEachIncludedType: args.requireEachIncludedType,
    });
    return { ...args, id: region, randomPassword: RandomPassword };
  }),
  "aws:secretsmanager/getSecretVersion:getSecretVersion": fn<
    secretsmanager.GetSecretVersionArgs,
    secretsmanager.GetSecretVersionResult
  >(async ({ secretId, versionId, versionStage }, { secretsmanager }) => {
    const found = await secretsmanager.getSecretValue({
      SecretId: secretId,
      VersionId: versionId,
      VersionStage: versionId ? undefined : (versionStage ?? CURRENT),
    });
    return {
      id: `${secretId}|${found.VersionId}`,
      secretId,
      arn: found.ARN,
      versionId: found.VersionId,
      versionStages: found.VersionStages,
      versionStage: versionStage ?? CURRENT,
      createdDate: found.CreatedDate?.toISOString(),
      secretString: found.SecretString ?? "",
      secretBinary: found.SecretBinary ? Buffer.from(found.SecretBinary).toString("base64") : "",
    };
  }),
};
