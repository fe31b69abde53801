/** ECR's image operations. Repositories, their policies and settings stay moto's; what is in them is kept here. */

import { join } from "node:path";
import {
  DeleteRepositoryCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  type Repository as EcrRepository,
} from "@aws-sdk/client-ecr";
import type { MetadataBearer } from "@smithy/types";
import { type AwsCall, awsError, type CloudContext } from "../handlers.ts";
import { installImages } from "./images.ts";
import { installLayers } from "./layers.ts";
import { installScans } from "./scans.ts";
import { ImageStore, type Repository } from "./store.ts";

/** A repository as both moto and the store know it. */
export interface OpenRepository extends Repository {
  readonly name: string;
  readonly registryId: string;
  /** What moto knows of it: mutability, scanning, encryption. */
  readonly settings: EcrRepository;
}

export type OpenRepositoryOf = (
  name: string | undefined,
  call: Pick<AwsCall<object, MetadataBearer>, "moto" | "account" | "region">,
) => Promise<OpenRepository>;

export function installEcr(cloud: CloudContext): ImageStore {
  const store = new ImageStore(join(cloud.dir, "ecr"));
  const open: OpenRepositoryOf = async (name, call) => {
    if (!name) throw awsError("InvalidParameterException", "Invalid parameter at 'repositoryName': it is missing");
    const answer = await call.moto(ECRClient).send(new DescribeRepositoriesCommand({ repositoryNames: [name] }));
    const settings = answer.repositories?.[0] ?? {};
    const { images, blobs } = store.repository(ImageStore.key(call.account, call.region, name));
    return { name, registryId: call.account, settings, images, blobs };
  };
  installLayers(cloud, store, open);
  installScans(cloud, open);
  installImages(cloud, store, open);

  cloud.handle(DeleteRepositoryCommand, async (input, call) => {
    const repository = await open(input.repositoryName, call);
    if (repository.images.size > 0 && !input.force) {
      const where = `in registry with id '${call.account}'`;
      const message = `The repository with name '${repository.name}' ${where} cannot be deleted because it still contains images`;
      throw awsError("RepositoryNotEmptyException", message);
    }
    const answer = await call.toMoto();
    store.deleteRepository(ImageStore.key(call.account, call.region, repository.name));
    return answer;
  });
  cloud.onReset(() => store.clear());
  return store;
}
