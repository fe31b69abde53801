import type { ecr } from "@pulumi/aws";
import { ProviderError } from "../errors.ts";
import { type Functions, fn, type Rows, row } from "../row.ts";
import { putRow } from "./shapes.ts";
import { asJson, first, must, tagList, tagRecord } from "./shared.ts";

const repository = row<ecr.RepositoryArgs, ecr.Repository>({
  update: ["imageTagMutability", "imageTagMutabilityExclusionFilters", "imageScanningConfiguration", "forceDelete"],
  replace: ["name", "encryptionConfigurations"],
  autoName: { key: "name", max: 256, lower: true },
  defaults: { imageTagMutability: "MUTABLE", forceDelete: false },
  computed: ["arn", "registryId", "repositoryUrl"],
  create: async (inputs, { ecr, tags }) => {
    const encryption = first(inputs.encryptionConfigurations);
    await ecr.createRepository({
      repositoryName: inputs.name,
      imageTagMutability: inputs.imageTagMutability as "IMMUTABLE",
      imageScanningConfiguration: inputs.imageScanningConfiguration,
      ...(encryption && {
        encryptionConfiguration: {
          encryptionType: (encryption.encryptionType ?? "AES256") as "KMS",
          kmsKey: encryption.kmsKey,
        },
      }),
      ...(Object.keys(tags).length > 0 && { tags: tagList(tags) }),
    });
    return must(inputs.name, "the repository's name");
  },
  read: async (id, { ecr }) => {
    const found = first((await ecr.describeRepositories({ repositoryNames: [id] })).repositories);
    if (!found) return undefined;
    const { tags } = await ecr.listTagsForResource({ resourceArn: found.repositoryArn });
    const { encryptionConfiguration: encryption } = found;
    return {
      arn: found.repositoryArn,
      name: found.repositoryName,
      registryId: found.registryId,
      repositoryUrl: found.repositoryUri,
      imageTagMutability: found.imageTagMutability,
      imageScanningConfiguration: { scanOnPush: found.imageScanningConfiguration?.scanOnPush ?? false },
      encryptionConfigurations: encryption
        ? [{ encryptionType: encryption.encryptionType ?? "AES256", kmsKey: encryption.kmsKey ?? "" }]
        : [],
      tagsAll: tagRecord(tags),
    };
  },
  write: async (repositoryName, inputs, { ecr }, { changed }) => {
    if (changed("imageTagMutability")) {
      await ecr.putImageTagMutability({ repositoryName, imageTagMutability: inputs.imageTagMutability as "IMMUTABLE" });
    }
    if (changed("imageScanningConfiguration")) {
      const imageScanningConfiguration = inputs.imageScanningConfiguration ?? { scanOnPush: false };
      await ecr.putImageScanningConfiguration({ repositoryName, imageScanningConfiguration });
    }
  },
  tag: (_id, tags, { ecr }, { arn: resourceArn }) => ecr.tagResource({ resourceArn, tags: tagList(tags) }),
  untag: (_id, removed, { ecr }, { arn: resourceArn }) => ecr.untagResource({ resourceArn, tagKeys: removed }),
  delete: (repositoryName, { ecr }, { forceDelete }) => ecr.deleteRepository({ repositoryName, force: forceDelete }),
});

const lifecyclePolicy = putRow<ecr.LifecyclePolicyArgs, ecr.LifecyclePolicy>({
  id: "repository",
  update: ["policy"],
  replace: ["repository"],
  required: ["repository", "policy"],
  computed: ["registryId"],
  put: ({ repository: repositoryName, policy }, { ecr }) =>
    ecr.putLifecyclePolicy({ repositoryName, lifecyclePolicyText: asJson(policy) }),
  read: async (id, { ecr }) => {
    const found = await ecr.getLifecyclePolicy({ repositoryName: id });
    return { repository: id, registryId: found.registryId, policy: found.lifecyclePolicyText };
  },
  delete: (repositoryName, { ecr }) => ecr.deleteLifecyclePolicy({ repositoryName }),
});

const repositoryPolicy = putRow<ecr.RepositoryPolicyArgs, ecr.RepositoryPolicy>({
  id: "repository",
  update: ["policy"],
  replace: ["repository"],
  required: ["repository", "policy"],
  computed: ["registryId"],
  put: ({ repository: repositoryName, policy }, { ecr }) =>
    ecr.setRepositoryPolicy({ repositoryName, policyText: asJson(policy) }),
  read: async (id, { ecr }) => {
    const found = await ecr.getRepositoryPolicy({ repositoryName: id });
    return { repository: id, registryId: found.registryId, policy: found.policyText };
  },
  delete: (repositoryName, { ecr }) => ecr.deleteRepositoryPolicy({ repositoryName }),
});

export const ecrRows: Rows = {
  "aws:ecr/repository:Repository": repository,
  "aws:ecr/lifecyclePolicy:LifecyclePolicy": lifecyclePolicy,
  "aws:ecr/repositoryPolicy:RepositoryPolicy": repositoryPolicy,
};

export const ecrFunctions: Functions = {
  "aws:ecr/getAuthorizationToken:getAuthorizationToken": fn<
    ecr.GetAuthorizationTokenArgs,
    ecr.GetAuthorizationTokenResult
  >(async ({ registryId }, { ecr, region }) => {
    const granted = first(
      (await ecr.getAuthorizationToken(registryId ? { registryIds: [registryId] } : {})).authorizationData,
    );
    const token = must(granted?.authorizationToken, "authorizationToken");
    const [userName = "", ...password] = Buffer.from(token, "base64").toString().split(":");
    return {
      id: region,
      authorizationToken: token,
      userName,
      password: password.join(":"),
      proxyEndpoint: granted?.proxyEndpoint ?? "",
      expiresAt: granted?.expiresAt?.toISOString() ?? "",
    };
  }),
  "aws:ecr/getImage:getImage": fn<ecr.GetImageArgs, ecr.GetImageResult>(async (args, { ecr }) => {
    const { repositoryName, imageTag, imageDigest, mostRecent } = args;
    const imageIds = imageTag || imageDigest ? [{ imageTag, imageDigest }] : undefined;
    const { imageDetails = [] } = await ecr.describeImages({ repositoryName, imageIds });
    const pushed = (image: { imagePushedAt?: Date | undefined }) => image.imagePushedAt?.getTime() ?? 0;
    const found = [...imageDetails].sort((a, b) => pushed(b) - pushed(a))[0];
    if (!found || (imageDetails.length > 1 && !mostRecent)) {
      throw new ProviderError("invalid-input", {
        where: `aws:ecr/getImage ${repositoryName}`,
        what: found ? "the query matches several images" : "no image matches",
        fix: "Name an imageTag or imageDigest, or set mostRecent",
      });
    }
    const repository = first((await ecr.describeRepositories({ repositoryNames: [repositoryName] })).repositories);
    return {
      ...args,
      id: found.imageDigest,
      imageDigest: found.imageDigest,
      imageTags: found.imageTags ?? [],
      imagePushedAt: Math.floor(pushed(found) / 1000),
      imageSizeInBytes: found.imageSizeInBytes ?? 0,
      imageUri: `${repository?.repositoryUri}@${found.imageDigest}`,
      registryId: found.registryId,
    };
  }),
};
