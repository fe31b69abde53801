import type * as pulumi from "@pulumi/pulumi";
import type { OwnName } from "./components/storage/cdn.ts";
import { Certificate } from "./components/traffic/certificate.ts";
import type { EnvironmentConfig } from "./config.ts";

/** The only region CloudFront takes certificates of (CloudFront developer guide, "Requirements for using SSL/TLS certificates"). */
const region = "us-east-1";

/** Where an environment's CDN answers beside CloudFront's own name, with the certificate it needs for that. */
export function cdnName(
  certificateName: string,
  { files, domain }: EnvironmentConfig,
  options: pulumi.ComponentResourceOptions,
): OwnName | undefined {
  const host = files.cdn?.name;
  if (host === undefined || domain === undefined) return undefined;
  const { zoneId } = domain;
  const certificate = new Certificate(certificateName, { names: [host], zoneId, region }, options);
  return { host, zoneId, certificateArn: certificate.arn };
}
