/** Names of the cloud's own DNS: which port of this machine stands for what an address leads to. */
import {
  ListHostedZonesCommand,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
  Route53Client,
} from "@aws-sdk/client-route-53";
import { edgeOf } from "../edge/edge.ts";
import type { CloudContext } from "../handlers.ts";
import type { LoadBalancing } from "./live.ts";

/** `GET /_switchyard/names?host=app.example.com&protocol=HTTPS&port=443` answers `{"boundTo": "20101"}`, or 404. */
export function installNames(cloud: CloudContext, live: LoadBalancing): void {
  cloud.route("/_switchyard/names", async (request, response) => {
    const asked = new URL(request.url ?? "/", cloud.endpoint).searchParams;
    const host = asked.get("host") ?? "";
    const target = /\.cloudfront\.net$/.test(host) ? host : await aliasOf(cloud.moto(Route53Client), host);
    const isHttps = asked.get("protocol") === "HTTPS" && asked.get("port") === "443";
    const edge = isHttps && target?.endsWith(".cloudfront.net") ? await edgeOf(cloud).portOf(host) : undefined;
    const balancer = [...live.loadBalancers.values()].find(({ frontPort }) => target === `127.0.0.1:${frontPort}`);
    const listener = [...live.listeners.values()].find(
      ({ loadBalancer, description: { Protocol, Port } }) =>
        loadBalancer === balancer?.arn && Protocol === asked.get("protocol") && String(Port) === asked.get("port"),
    );
    const boundTo = (edge ?? listener?.server.boundPort)?.toString();
    response
      .writeHead(boundTo === undefined ? 404 : 200, { "content-type": "application/json" })
      .end(JSON.stringify({ boundTo }));
  });
}

/** Where a name's alias leads, without the dot at its end. */
async function aliasOf(route53: Route53Client, host: string): Promise<string | undefined> {
  const { HostedZones = [] } = await route53.send(new ListHostedZonesCommand({}));
  for (const { Id } of HostedZones.filter(({ Name = "" }) => `.${host}.`.endsWith(`.${Name}`))) {
    const { ResourceRecordSets = [] } = await route53.send(
      new ListResourceRecordSetsCommand({ HostedZoneId: Id, StartRecordName: `${host}.`, StartRecordType: "A" }),
    );
    const found = answered(
      ResourceRecordSets.filter((record) => record.Name === `${host}.` && record.Type === "A"),
      Math.random(),
    );
    if (found) return found.AliasTarget?.DNSName?.replace(/\.$/, "");
  }
  return undefined;
}

/**
 * The record of a name that Route 53 answers with: each as often as its share of all weights says, and where none has any,
 * all alike (Route 53 developer guide, "Weighted routing").
 *
 * @param drawn at random, from 0 up to and without 1
 */
export function answered<R extends Pick<ResourceRecordSet, "Weight">>(
  records: readonly R[],
  drawn: number,
): R | undefined {
  const weightOf = ({ Weight = 0 }: R) => (records.some((one) => (one.Weight ?? 0) > 0) ? Weight : 1);
  let left = drawn * records.reduce((sum, record) => sum + weightOf(record), 0);
  return records.find((record) => {
    left -= weightOf(record);
    return left < 0;
  });
}
