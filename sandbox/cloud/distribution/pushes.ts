/**
 * Pushes as the OCI distribution specification has them. They become the calls of Amazon ECR that AWS asks a right for
 * (Amazon ECR User Guide, "IAM permissions for pushing an image"), under the credentials the client has logged in with.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { isDigest } from "../ecr/layers.ts";
import { digestOf, type ImageStore } from "../ecr/store.ts";
import { readBody } from "../front.ts";
import type { Client } from "./pulls.ts";
import { registryOf } from "./registry.ts";
import type { Login } from "./token.ts";

/** A part of a layer as ECR takes it (Amazon ECR API reference, InitiateLayerUpload). */
const partBytes = 10_485_760;

/** Answers false to a request that is no push. */
export type ServePush = (
  push: Client,
  request: IncomingMessage,
  response: ServerResponse,
  rest: string,
) => Promise<boolean>;

export function pushes(endpoint: string, store: ImageStore): ServePush {
  const registry = (login: Login) => registryOf(login, endpoint);

  const begin = async ({ login, repositoryName, path }: Client, response: ServerResponse) => {
    const { uploadId = "" } = await registry(login).initiateLayerUpload({ repositoryName });
    accepted(response, `${path}/blobs/uploads/${uploadId}`, uploadId, 0);
  };

  const append = async (push: Client, request: IncomingMessage, uploadId: string) => {
    const api = registry(push.login);
    const { repositoryName } = push;
    const send = async (layerPartBlob: Buffer) => {
      const partFirstByte = store.upload(uploadId)?.received ?? 0;
      const partLastByte = partFirstByte + layerPartBlob.length - 1;
      await api.uploadLayerPart({ repositoryName, uploadId, partFirstByte, partLastByte, layerPartBlob });
    };
    let [waiting, bytes]: [Buffer[], number] = [[], 0];
    for await (const chunk of request) {
      waiting.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes < partBytes) continue;
      await send(Buffer.concat(waiting));
      [waiting, bytes] = [[], 0];
    }
    if (bytes > 0) await send(Buffer.concat(waiting));
  };

  const complete = async (push: Client, response: ServerResponse, uploadId: string, digest: string) => {
    const { repositoryName } = push;
    await registry(push.login)
      .completeLayerUpload({ repositoryName, uploadId, layerDigests: [digest] })
      .catch(unless("LayerAlreadyExistsException"));
    created(response, `${push.path}/blobs/${digest}`, digest);
  };

  const putManifest = async (push: Client, request: IncomingMessage, response: ServerResponse, reference: string) => {
    const imageManifest = (await readBody(request)).toString("utf8");
    const digest = digestOf(imageManifest);
    await registry(push.login)
      .putImage({
        repositoryName: push.repositoryName,
        imageManifest,
        imageManifestMediaType: request.headers["content-type"],
        ...(isDigest(reference) ? { imageDigest: reference } : { imageTag: reference }),
      })
      .catch(unless("ImageAlreadyExistsException"));
    created(response, `${push.path}/manifests/${digest}`, digest);
  };

  return async (push, request, response, rest) => {
    const url = new URL(rest, "http://registry");
    const [, uploadId] = /^blobs\/uploads\/([\w-]+)$/.exec(url.pathname.slice(1)) ?? [];
    const [, reference] = /^manifests\/([^/]+)$/.exec(url.pathname.slice(1)) ?? [];
    if (request.method === "POST" && /^\/blobs\/uploads\/?$/.test(url.pathname)) await begin(push, response);
    else if (uploadId !== undefined && (request.method === "PATCH" || request.method === "PUT")) {
      await append(push, request, uploadId);
      const digest = url.searchParams.get("digest");
      if (request.method === "PUT") await complete(push, response, uploadId, digest ?? "");
      else accepted(response, `${push.path}${url.pathname}`, uploadId, store.upload(uploadId)?.received ?? 0);
    } else if (request.method === "PUT" && reference !== undefined)
      await putManifest(push, request, response, reference);
    else return false;
    return true;
  };
}

function accepted(response: ServerResponse, location: string, uploadId: string, received: number): void {
  const range = `0-${Math.max(0, received - 1)}`;
  response.writeHead(202, { location, range, "docker-upload-uuid": uploadId, "content-length": 0 }).end();
}

function created(response: ServerResponse, location: string, digest: string): void {
  response.writeHead(201, { location, "docker-content-digest": digest, "content-length": 0 }).end();
}

/** What is there already was pushed. */
function unless(name: string): (error: Error) => undefined {
  return (error) => {
    if (error.name !== name) throw error;
  };
}
