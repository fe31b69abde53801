/** Records of one name in Route 53: a plain one, or one of each identifier, with its weight. */
import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import type { Aws } from "./clients.ts";

/** Those that lead to an address, whoever made them. */
export async function recordsOf(aws: Aws, zoneId: string, host: string): Promise<readonly ResourceRecordSet[]> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-route-53"), aws.client("route53")]);
  const { ResourceRecordSets = [] } = await client.send(
    new sdk.ListResourceRecordSetsCommand({
      ...{ HostedZoneId: zoneId, StartRecordName: host, StartRecordType: "A", MaxItems: 100 },
    }),
  );
  return ResourceRecordSets.filter((one) => plainName(one.Name) === plainName(host) && one.Type === "A");
}

/** Route 53 answers with a dot at the end, and an asterisk as its octal code (Route 53 developer guide, "DNS domain name format"). */
function plainName(name = ""): string {
  return name.replace(/\.$/, "").replace("\\052", "*").toLowerCase();
}
