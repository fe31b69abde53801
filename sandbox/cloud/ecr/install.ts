/** ECR's image operations. Repositories, their policies and settings stay moto's; what is in them is kept here. */

import { join } from "node:path";
import * as ecr from "@aws-sdk/client-ecr";
import {
  DeleteRepositoryCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
} from "@aws-sdk/client-ecr";
import { issueToken } from "../distribution/token.ts";
import { tellEventBridge } from "../events.ts";
import { awsError, type CloudContext } from "../handlers.ts";
import { installImages, installPushes } from "./images.ts";
import { installDownloads, installUploads } from "./layers.ts";
import type { OpenRepository, OpenRepositoryOf } from "./repository.ts";
import { installScans } from "./scans.ts";
import { ImageStore } from "./store.ts";

export function installEcr(cloud: CloudContext): ImageStore {
  const store = new ImageStore(join(cloud.dir, "ecr"));
  const open: OpenRepositoryOf = async (name, call) => {
    if (!name) throw awsError("InvalidParameterException", "Invalid parameter at 'repositoryName': it is missing");
    const answer = await call.moto(ECRClient).send(new DescribeRepositoriesCommand({ repositoryNames: [name] }));
    const settings = answer.repositories?.[0] ?? {};
    const { images, blobs } = store.repository(ImageStore.key(call.account, call.region, name));
    return { name, registryId: call.account, settings, images, blobs };
  };
  installUploads(cloud, store, open, ecr);
  installDownloads(cloud, store, open);
  installScans(cloud, open);
  installPushes(cloud, store, open, ecr, (...pushed) => void tellOfPush(cloud, ...pushed));
  installImages(cloud, open);

  cloud.handle(GetAuthorizationTokenCommand, (_, call) => {
    const proxyEndpoint = `https://${call.account}.dkr.ecr.${call.region}.amazonaws.com`;
    return { authorizationData: [{ ...issueToken("private", call), proxyEndpoint }] };
  });
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

function tellOfPush(
  cloud: CloudContext,
  { name, settings }: OpenRepository,
  { imageDigest, imageTag }: ecr.ImageIdentifier,
  moto: CloudContext["moto"],
): Promise<void> {
  return tellEventBridge(cloud, moto, {
    ...{ source: "aws.ecr", type: "ECR Image Action", resource: settings.repositoryArn ?? "" },
    detail: {
      ...{ result: "SUCCESS", "action-type": "PUSH", "repository-name": name },
      ...{ "image-digest": imageDigest, "image-tag": imageTag },
    },
  });
}
