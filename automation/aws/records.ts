/** Records of one name in Route 53: a plain one, or one of each identifier, with its weight. */
import type { ResourceRecordSet, RRType } from "@aws-sdk/client-route-53";
import type { SharedNames } from "../../programs/shared-names.ts";
import type { Aws } from "./clients.ts";

/** Whoever made them; those that lead to an address unless another type is asked for. */
export async function recordsOf(
  aws: Aws,
  zoneId: string,
  host: string,
  type: RRType = "A",
): Promise<readonly ResourceRecordSet[]> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-route-53"), aws.client("route53")]);
  const { ResourceRecordSets = [] } = await client.send(
    new sdk.ListResourceRecordSetsCommand({
      ...{ HostedZoneId: zoneId, StartRecordName: host, StartRecordType: type, MaxItems: 100 },
    }),
  );
  return ResourceRecordSets.filter((one) => plainName(one.Name) === plainName(host) && one.Type === type);
}

/** A name as a program writes it. Route 53 answers with a dot at the end, and an asterisk as its octal code (Route 53 developer guide, "DNS domain name format"). */
export function plainName(name = ""): string {
  return name.replace(/\.$/, "").replace("\\052", "*").toLowerCase();
}

/** Records of each of the names, by the name. */
export async function recordsOfAll(
  aws: Aws,
  { zoneId, hosts }: SharedNames,
): Promise<ReadonlyMap<string, readonly ResourceRecordSet[]>> {
  const found = new Map<string, readonly ResourceRecordSet[]>();
  // One after the other: Route 53 answers five calls a second (Route 53 developer guide, "Quotas").
  for (const host of hosts) found.set(host, await recordsOf(aws, zoneId, host));
  return found;
}
