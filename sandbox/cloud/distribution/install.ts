/**
 * Images as any client pushes and pulls them (OCI distribution specification): `/v2/<repository>` for ECR, whose every
 * request is logged in, and `/v2/<alias>/<repository>` for ECR Public, which anybody pulls from.
 */
import { createReadStream } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { ImageStore } from "../ecr/store.ts";
import type { FindPublic } from "../ecr-public/install.ts";
import type { CloudContext } from "../handlers.ts";
import { type Client, type Pulls, privatePulls, publicPulls } from "./pulls.ts";
import { pushes } from "./pushes.ts";
import { readToken } from "./token.ts";

const path = /^\/v2\/(.+?)(\/(?:manifests|blobs)\/.*)$/;

export function installDistribution(cloud: CloudContext, store: ImageStore, findPublic: FindPublic): void {
  const servePush = pushes(cloud.endpoint, store);
  cloud.route("/v2/", async (request, response) => {
    const login = readToken(request.headers.authorization);
    if (request.url === "/v2/")
      return login ? send(request, response, { type: "application/json", body: "{}" }) : challenge(response);
    const [, name = "", rest = ""] = path.exec(request.url ?? "") ?? [];
    const [alias = "", ...names] = name.split("/");
    const shared = findPublic(alias, names.join("/"));
    if (shared === undefined && login === undefined) return challenge(response);
    const client: Client | undefined = login && {
      login,
      repositoryName: shared ? names.join("/") : name,
      path: `/v2/${name}`,
    };
    try {
      if (client && (await servePush(client, request, response, rest))) return;
      if (request.method !== "GET" && request.method !== "HEAD") return challenge(response);
      const pulls = shared ? publicPulls(shared, store) : client && privatePulls(client, cloud.endpoint);
      if (pulls) await servePull(pulls, store, request, response, rest);
    } catch (error) {
      const { name: code, message } = error as Error;
      const [, status, meant] = refusals.find(([pattern]) => pattern.test(code)) ?? [undefined, 400, "UNSUPPORTED"];
      refuse(response, status, meant, message);
    }
  });
}

/** Errors of ECR → status and code of the specification. */
const refusals: readonly (readonly [error: RegExp, status: number, code: string])[] = [
  [/^AccessDenied/, 403, "DENIED"],
  [/^RepositoryNotFoundException$/, 404, "NAME_UNKNOWN"],
  [/^ImageTagAlreadyExistsException$/, 400, "TAG_INVALID"],
  [/^InvalidLayerException$/, 400, "DIGEST_INVALID"],
  [/^UploadNotFoundException$/, 404, "BLOB_UPLOAD_UNKNOWN"],
  [/NotFoundException$/, 400, "MANIFEST_BLOB_UNKNOWN"],
];

async function servePull(
  pulls: Pulls,
  store: ImageStore,
  request: IncomingMessage,
  response: ServerResponse,
  rest: string,
): Promise<void> {
  const [, kind, reference = ""] = /^\/(manifests|blobs)\/([^/?]+)$/.exec(rest) ?? [];
  if (kind === "manifests") {
    const image = await pulls.manifest(reference);
    if (image === undefined) return refuse(response, 404, "MANIFEST_UNKNOWN", "manifest unknown");
    return send(request, response, { type: image.mediaType, body: image.manifest, digest: image.digest });
  }
  const size = (await pulls.hasBlob(reference, request.method === "HEAD")) ? store.blobSize(reference) : undefined;
  if (size === undefined) return refuse(response, 404, "BLOB_UNKNOWN", "blob unknown to registry");
  const headers = { "content-length": size, "docker-content-digest": reference };
  response.writeHead(200, { "content-type": "application/octet-stream", ...headers });
  if (request.method === "HEAD") return void response.end();
  await pipeline(createReadStream(store.blobFile(reference)), response);
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { type, body, digest }: { readonly type: string; readonly body: string; readonly digest?: string },
): void {
  const headers = { "content-type": type, "content-length": Buffer.byteLength(body) };
  response.writeHead(200, { ...headers, ...(digest !== undefined && { "docker-content-digest": digest }) });
  response.end(request.method === "HEAD" ? undefined : body);
}

function challenge(response: ServerResponse): void {
  response.setHeader("www-authenticate", 'Basic realm="sandbox",service="ecr.amazonaws.com"');
  refuse(response, 401, "UNAUTHORIZED", "no basic auth credentials");
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  const body = JSON.stringify({ errors: [{ code, message }] });
  response
    .writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
    .end(body);
}
