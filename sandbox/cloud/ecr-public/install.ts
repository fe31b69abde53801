/** Amazon ECR Public, which moto lacks: repositories and their pages; images are kept as ECR's are, and tags may move. */
import { createHash } from "node:crypto";
import * as ecrPublic from "@aws-sdk/client-ecr-public";
import { issueToken } from "../distribution/token.ts";
import { type ImageCommands, installPushes } from "../ecr/images.ts";
import { installUploads, type UploadCommands } from "../ecr/layers.ts";
import type { OpenRepositoryOf } from "../ecr/repository.ts";
import { ImageStore, type Repository } from "../ecr/store.ts";
import { awsError, type CloudContext } from "../handlers.ts";

interface PublicRepository {
  readonly account: string;
  readonly name: string;
  readonly createdAt: Date;
  catalogue: ecrPublic.RepositoryCatalogData;
  readonly tags: Map<string, string>;
}

/** The alias AWS gives a registry that has asked for none: `public.ecr.aws/<alias>/<repository>`. */
export function registryAlias(account: string): string {
  return `s${createHash("sha256").update(account).digest("hex").slice(0, 7)}`;
}

/** Amazon ECR Public has its API in two regions (AWS General Reference, "Amazon ECR Public endpoints and quotas"). */
const regions = new Set(["us-east-1", "us-west-2"]);

/** What is in `public.ecr.aws/<alias>/<name>`. */
export type FindPublic = (alias: string, name: string) => Repository | undefined;

export function installEcrPublic(cloud: CloudContext, store: ImageStore): FindPublic {
  const repositories = new Map<string, PublicRepository>();
  cloud.onReset(() => repositories.clear());
  const keyOf = (account: string, name: string) => `${account}/${name}`;
  const arnOf = ({ account, name }: PublicRepository) => `arn:aws:ecr-public::${account}:repository/${name}`;
  const find = (account: string, name: string | undefined): PublicRepository => {
    const found = repositories.get(keyOf(account, name ?? ""));
    if (found) return found;
    const where = `in the registry with id '${account}'`;
    throw awsError("RepositoryNotFoundException", `The repository with name '${name}' does not exist ${where}`);
  };
  const byArn = (arn: string | undefined) => {
    const [, account = "", name = ""] = /^arn:aws:ecr-public::(\d{12}):repository\/(.+)$/.exec(arn ?? "") ?? [];
    return find(account, name);
  };
  const described = (one: PublicRepository): ecrPublic.Repository => ({
    repositoryArn: arnOf(one),
    registryId: one.account,
    repositoryName: one.name,
    repositoryUri: `public.ecr.aws/${registryAlias(one.account)}/${one.name}`,
    createdAt: one.createdAt,
  });
  const open: OpenRepositoryOf = async (name, { account, region }) => {
    refuseRegion(region);
    const found = find(account, name);
    const { images, blobs } = store.repository(ImageStore.key(account, "public", found.name));
    return { name: found.name, registryId: account, settings: {}, images, blobs };
  };
  installUploads(cloud, store, open, ecrPublic as unknown as UploadCommands);
  installPushes(cloud, store, open, ecrPublic as unknown as ImageCommands);
  cloud.handle(ecrPublic.CreateRepositoryCommand, ({ repositoryName: name = "", catalogData, tags }, call) => {
    refuseRegion(call.region);
    const key = keyOf(call.account, name);
    if (repositories.has(key))
      throw awsError("RepositoryAlreadyExistsException", `The repository with name '${name}' already exists`);
    if (!/^(?=.{2,205}$)(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(name))
      throw awsError("InvalidParameterException", "Invalid parameter at 'repositoryName'");
    const { logoImageBlob: _, ...data } = catalogData ?? {};
    const made = {
      account: call.account,
      name,
      createdAt: new Date(),
      catalogue: data,
      tags: new Map((tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value] as const)),
    };
    repositories.set(key, made);
    return { repository: described(made), catalogData: data };
  });
  cloud.handle(ecrPublic.DescribeRepositoriesCommand, ({ repositoryNames }, call) => {
    refuseRegion(call.region);
    const all = [...repositories.values()].filter(({ account }) => account === call.account);
    return { repositories: (repositoryNames?.map((name) => find(call.account, name)) ?? all).map(described) };
  });
  cloud.handle(ecrPublic.DeleteRepositoryCommand, ({ repositoryName, force }, call) => {
    const found = find(call.account, repositoryName);
    const key = ImageStore.key(call.account, "public", found.name);
    if (store.repository(key).images.size > 0 && !force)
      throw awsError("RepositoryNotEmptyException", `The repository with name '${found.name}' still contains images`);
    store.deleteRepository(key);
    repositories.delete(keyOf(call.account, found.name));
    return { repository: described(found) };
  });
  cloud.handle(ecrPublic.GetRepositoryCatalogDataCommand, ({ repositoryName }, call) => ({
    catalogData: find(call.account, repositoryName).catalogue,
  }));
  cloud.handle(ecrPublic.PutRepositoryCatalogDataCommand, ({ repositoryName, catalogData }, call) => {
    const found = find(call.account, repositoryName);
    const { logoImageBlob: _, ...data } = catalogData ?? {};
    found.catalogue = data;
    return { catalogData: data };
  });
  cloud.handle(ecrPublic.ListTagsForResourceCommand, ({ resourceArn }) => ({
    tags: [...byArn(resourceArn).tags].map(([Key, Value]) => ({ Key, Value })),
  }));
  cloud.handle(ecrPublic.TagResourceCommand, ({ resourceArn, tags }) => {
    for (const { Key = "", Value = "" } of tags ?? []) byArn(resourceArn).tags.set(Key, Value);
    return {};
  });
  cloud.handle(ecrPublic.UntagResourceCommand, ({ resourceArn, tagKeys }) => {
    for (const key of tagKeys ?? []) byArn(resourceArn).tags.delete(key);
    return {};
  });
  cloud.handle(ecrPublic.GetAuthorizationTokenCommand, (_, call) => {
    refuseRegion(call.region);
    return { authorizationData: issueToken("public", call) };
  });
  return (alias, name) => {
    const found = [...repositories.values()].find((one) => one.name === name && registryAlias(one.account) === alias);
    return found && store.repository(ImageStore.key(found.account, "public", name));
  };
}

function refuseRegion(region: string): void {
  if (!regions.has(region))
    throw awsError("UnsupportedCommandException", `Amazon ECR Public is not in ${region}: use us-east-1`);
}
