import type { RepositoryCatalogDataInput } from "@aws-sdk/client-ecr-public";
import type { ecrpublic } from "@pulumi/aws";
import { type Functions, fn, type Rows, row } from "../row.ts";
import { first, must, tagList, tagRecord } from "./shared.ts";

/** A logo is left out: nothing here has one. */
function page(data: Partial<Record<string, unknown>> | undefined): RepositoryCatalogDataInput {
  const { logoImageBlob: _, ...texts } = data ?? {};
  return texts;
}

const repository = row<ecrpublic.RepositoryArgs, ecrpublic.Repository>({
  update: ["catalogData", "forceDestroy"],
  replace: ["repositoryName"],
  required: ["repositoryName"],
  defaults: { forceDestroy: false },
  computed: ["arn", "registryId", "repositoryUri"],
  create: async ({ repositoryName, catalogData }, { ecrpublic, tags }) => {
    await ecrpublic.createRepository({ repositoryName, catalogData: page(catalogData), tags: tagList(tags) });
    return must(repositoryName, "the repository's name");
  },
  read: async (id, { ecrpublic }) => {
    const found = first((await ecrpublic.describeRepositories({ repositoryNames: [id] })).repositories);
    const [{ tags }, { catalogData }] = await Promise.all([
      ecrpublic.listTagsForResource({ resourceArn: found?.repositoryArn }),
      ecrpublic.getRepositoryCatalogData({ repositoryName: id }),
    ]);
    return (
      found && {
        arn: found.repositoryArn,
        repositoryName: found.repositoryName,
        registryId: found.registryId,
        repositoryUri: found.repositoryUri,
        catalogData: catalogData as never,
        tagsAll: tagRecord(tags),
      }
    );
  },
  write: async (repositoryName, { catalogData }, { ecrpublic }, { changed }) => {
    if (changed("catalogData"))
      await ecrpublic.putRepositoryCatalogData({ repositoryName, catalogData: page(catalogData) });
  },
  tag: (_id, tags, { ecrpublic }, { arn: resourceArn }) => ecrpublic.tagResource({ resourceArn, tags: tagList(tags) }),
  untag: (_id, removed, { ecrpublic }, { arn: resourceArn }) =>
    ecrpublic.untagResource({ resourceArn, tagKeys: removed }),
  delete: (repositoryName, { ecrpublic }, { forceDestroy }) =>
    ecrpublic.deleteRepository({ repositoryName, force: forceDestroy }),
});

export const ecrpublicRows: Rows = { "aws:ecrpublic/repository:Repository": repository };

export const ecrpublicFunctions: Functions = {
  "aws:ecrpublic/getAuthorizationToken:getAuthorizationToken": fn<object, ecrpublic.GetAuthorizationTokenResult>(
    async (_, { ecrpublic }) => {
      const { authorizationData } = await ecrpublic.getAuthorizationToken({});
      const authorizationToken = must(authorizationData?.authorizationToken, "the authorization token");
      const [userName = "", password = ""] = Buffer.from(authorizationToken, "base64").toString("utf8").split(":");
      const expiresAt = authorizationData?.expiresAt?.toISOString() ?? "";
      return { authorizationToken, userName, password, expiresAt };
    },
  ),
};
