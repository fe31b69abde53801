/**
 * CloudFront's edges: one port that answers for every distribution, with what the policies of its bucket, and of the bucket's key,
 * let that distribution read. Nothing is kept: each request is one to the origin.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { CloudFrontClient, type DistributionSummary, paginateListDistributions } from "@aws-sdk/client-cloudfront";
import { GetKeyPolicyCommand, KMSClient } from "@aws-sdk/client-kms";
import { GetBucketPolicyCommand, GetObjectCommand, type GetObjectCommandOutput, S3Client } from "@aws-sdk/client-s3";
import { isAllowed, type Request } from "@switchyard/iam/decide.ts";
import { readDocument } from "@switchyard/iam/document.ts";
import { sandboxCertificate } from "../alb/certificate.ts";
import type { CloudContext } from "../handlers.ts";

const installed = new WeakMap<CloudContext, Edge>();

export function edgeOf(cloud: CloudContext): Edge {
  let edge = installed.get(cloud);
  if (edge === undefined) {
    edge = new Edge(cloud);
    installed.set(cloud, edge);
    cloud.onStop(() => edge?.close());
  }
  return edge;
}

/** Headers of AWS's managed policies (CloudFront developer guide, "Use managed response headers policies"). */
const security = {
  "referrer-policy": "strict-origin-when-cross-origin",
  "strict-transport-security": "max-age=31536000",
  "x-content-type-options": "nosniff",
  "x-frame-options": "SAMEORIGIN",
  "x-xss-protection": "1; mode=block",
};
const anyOrigin = { "access-control-allow-origin": "*" };
const managed: Readonly<Record<string, (origin: string | undefined) => Readonly<Record<string, string>>>> = {
  "67f7725c-6f97-4210-82d7-5512b31e9d03": () => security,
  "e61eb60c-9c35-4d20-a928-2b84e02af89c": (origin) => (origin === undefined ? security : { ...security, ...anyOrigin }),
};

class Edge {
  readonly #cloud: CloudContext;
  #server: Promise<Server> | undefined;

  constructor(cloud: CloudContext) {
    this.#cloud = cloud;
  }

  /** Where it listens for HTTPS, from the first that asks on; undefined where no distribution has the name. */
  async portOf(host: string): Promise<number | undefined> {
    if ((await this.#distributionOf(host)) === undefined) return undefined;
    this.#server ??= this.#open();
    return ((await this.#server).address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const server = await this.#server;
    server?.closeAllConnections();
    server?.close();
  }

  async #open(): Promise<Server> {
    const server = createServer(await sandboxCertificate(), (request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        this.#cloud.log(
          `edge: ${request.method} ${request.url}: ${error instanceof Error ? error.stack : String(error)}`,
        );
        response.writeHead(502).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const distribution = await this.#distributionOf((request.headers.host ?? "").replace(/:\d+$/, ""));
    const behavior = distribution?.DefaultCacheBehavior;
    const method = request.method as "GET" | "HEAD";
    const headers = managed[behavior?.ResponseHeadersPolicyId ?? ""]?.(request.headers.origin) ?? {};
    const isTaken = distribution?.Enabled === true && behavior?.AllowedMethods?.Items?.includes(method);
    const key = decodeURIComponent(new URL(request.url ?? "/", "https://edge").pathname.slice(1));
    const object = isTaken ? await this.#read(distribution, key) : undefined;
    // What it may not read and what is not there look the same to who may not list the bucket (Amazon S3, GetObject).
    if (object === undefined) return void response.writeHead(403, headers).end();
    const { ContentType, ContentLength, ETag, CacheControl, Body } = object;
    response.writeHead(200, {
      ...(ContentType && { "content-type": ContentType }),
      ...(CacheControl && { "cache-control": CacheControl }),
      ...{ etag: ETag, "content-length": ContentLength, ...headers },
    });
    response.end(method === "HEAD" ? undefined : await Body?.transformToByteArray());
  }

  async #distributionOf(host: string): Promise<DistributionSummary | undefined> {
    const client = this.#cloud.moto(CloudFrontClient);
    for await (const { DistributionList } of paginateListDistributions({ client }, {}))
      for (const one of DistributionList?.Items ?? [])
        if (one.DomainName === host || one.Aliases?.Items?.includes(host)) return one;
    return undefined;
  }

  /** The object, where the policies let the distribution read it. */
  async #read(distribution: DistributionSummary, Key: string): Promise<GetObjectCommandOutput | undefined> {
    const origin = distribution.Origins?.Items?.find(
      ({ Id }) => Id === distribution.DefaultCacheBehavior?.TargetOriginId,
    );
    const Bucket = /^(.+)\.s3[.-][a-z0-9-]*\.?amazonaws\.com$/.exec(origin?.DomainName ?? "")?.[1];
    if (Bucket === undefined || Key === "") return undefined;
    const s3 = this.#cloud.moto(S3Client);
    const { Policy } = await s3.send(new GetBucketPolicyCommand({ Bucket })).catch(ifNone);
    const bucket = `arn:aws:s3:::${Bucket}`;
    const asks = { distribution: distribution.ARN ?? "", encryptionOf: bucket };
    if (!this.#may(Policy, { ...asks, action: "s3:GetObject", resource: `${bucket}/${Key}` })) return undefined;
    const object = await s3.send(new GetObjectCommand({ Bucket, Key })).catch(() => undefined);
    const KeyId = object?.SSEKMSKeyId;
    if (KeyId === undefined) return object;
    const kms = this.#cloud.moto(KMSClient);
    const ofKey = await kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: "default" }));
    return this.#may(ofKey.Policy, { ...asks, action: "kms:Decrypt", resource: KeyId }) ? object : undefined;
  }

  #may(policy: string | undefined, asked: Asked): boolean {
    const { action, resource, distribution, encryptionOf } = asked;
    const request: Request = {
      ...{
        caller: { kind: "Service", id: "cloudfront.amazonaws.com" },
        action,
        resource,
        account: this.#cloud.account,
      },
      context: new Map([
        ["aws:sourcearn", distribution],
        ["aws:sourceaccount", this.#cloud.account],
        ["aws:securetransport", "true"],
        ["kms:encryptioncontext:aws:s3:arn", encryptionOf],
      ]),
    };
    return policy !== undefined && isAllowed({ identity: [], resource: readDocument(policy) }, request);
  }
}

interface Asked {
  readonly action: string;
  readonly resource: string;
  /** ARN of who asks. */
  readonly distribution: string;
  /** ARN of the bucket, by which S3 tells its key's uses apart. */
  readonly encryptionOf: string;
}

function ifNone(error: Error): { readonly Policy?: undefined } {
  if (error.name === "NoSuchBucketPolicy" || error.name === "NoSuchBucket") return {};
  throw error;
}
