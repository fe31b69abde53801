import type { lb } from "@pulumi/aws";
import { type Context, type Rows, row } from "../../row.ts";
import type { Bag } from "../../values.ts";
import { first, must } from "../shared.ts";
import { type Attributes, attribute, fromAttributes, type Listed, toAttributes } from "./attributes.ts";
import { suffix, tagging, tagsOf, tagsOn } from "./tags.ts";

const balancerAttributes: Attributes = {
  idleTimeout: "idle_timeout.timeout_seconds",
  enableDeletionProtection: "deletion_protection.enabled",
  dropInvalidHeaderFields: "routing.http.drop_invalid_header_fields.enabled",
  enableHttp2: "routing.http2.enabled",
  desyncMitigationMode: "routing.http.desync_mitigation_mode",
  preserveHostHeader: "routing.http.preserve_host_header.enabled",
  xffHeaderProcessingMode: "routing.http.xff_header_processing.mode",
  enableCrossZoneLoadBalancing: "load_balancing.cross_zone.enabled",
  clientKeepAlive: "client_keep_alive.seconds",
};

interface Logs {
  bucket?: string;
  prefix?: string;
  enabled?: boolean;
}
function logAttributes(kind: "access_logs" | "connection_logs", logs: Logs | undefined): Listed {
  if (logs === undefined) return [];
  return [
    { Key: `${kind}.s3.enabled`, Value: String(logs.enabled ?? false) },
    ...(logs.bucket ? [{ Key: `${kind}.s3.bucket`, Value: logs.bucket }] : []),
    ...(logs.prefix ? [{ Key: `${kind}.s3.prefix`, Value: logs.prefix }] : []),
  ];
}
const readLogs = (kind: string, listed: Listed | undefined) => ({
  bucket: attribute(listed, `${kind}.s3.bucket`) ?? "",
  prefix: attribute(listed, `${kind}.s3.prefix`) ?? "",
  enabled: attribute(listed, `${kind}.s3.enabled`) === "true",
});

async function setBalancerAttributes(arn: string, inputs: Bag, { elb }: Context) {
  const Attributes = [
    ...toAttributes(inputs, balancerAttributes),
    ...logAttributes("access_logs", inputs["accessLogs"] as Logs | undefined),
    ...logAttributes("connection_logs", inputs["connectionLogs"] as Logs | undefined),
  ];
  if (Attributes.length > 0) await elb.modifyLoadBalancerAttributes({ LoadBalancerArn: arn, Attributes });
}

const loadBalancer = row<lb.LoadBalancerArgs, lb.LoadBalancer>({
  update: [
    "securityGroups",
    "subnets",
    "ipAddressType",
    "accessLogs",
    "connectionLogs",
    ...(Object.keys(balancerAttributes) as "idleTimeout"[]),
  ],
  replace: ["name", "internal", "loadBalancerType"],
  autoName: { key: "name", max: 32 },
  defaults: {
    loadBalancerType: "application",
    enableDeletionProtection: false,
    idleTimeout: 60,
    enableHttp2: true,
    dropInvalidHeaderFields: false,
    desyncMitigationMode: "defensive",
    preserveHostHeader: false,
    xffHeaderProcessingMode: "append",
    clientKeepAlive: 3600,
  },
  computed: [
    "arn",
    "arnSuffix",
    "dnsName",
    "zoneId",
    "vpcId",
    "internal",
    "ipAddressType",
    "securityGroups",
    "subnets",
    "subnetMappings",
  ],
  create: async (inputs, aws) => {
    const made = await aws.elb.createLoadBalancer({
      Name: inputs.name,
      Type: inputs.loadBalancerType as "application",
      Scheme: inputs.internal ? "internal" : "internet-facing",
      Subnets: inputs.subnets,
      SecurityGroups: inputs.securityGroups,
      IpAddressType: inputs.ipAddressType as "ipv4" | undefined,
      ...tagsOn(aws.tags),
    });
    const id = aws.created(must(first(made.LoadBalancers)?.LoadBalancerArn, "LoadBalancerArn"));
    await setBalancerAttributes(id, inputs, aws);
    return id;
  },
  ready: (id, { elb, until }, { name }) =>
    until(`load balancer ${name} to be active`, async () => {
      const { LoadBalancers } = await elb.describeLoadBalancers({ LoadBalancerArns: [id] });
      return first(LoadBalancers)?.State?.Code !== "provisioning" || undefined;
    }),
  read: async (id, aws) => {
    const found = first((await aws.elb.describeLoadBalancers({ LoadBalancerArns: [id] })).LoadBalancers);
    if (!found) return undefined;
    const [{ Attributes }, tagsAll] = await Promise.all([
      aws.elb.describeLoadBalancerAttributes({ LoadBalancerArn: id }),
      tagsOf(id, aws),
    ]);
    const subnets = (found.AvailabilityZones ?? []).map(({ SubnetId }) => SubnetId ?? "");
    return {
      arn: id,
      arnSuffix: suffix(id),
      name: found.LoadBalancerName,
      dnsName: found.DNSName,
      zoneId: found.CanonicalHostedZoneId,
      vpcId: found.VpcId,
      internal: found.Scheme === "internal",
      loadBalancerType: found.Type,
      ipAddressType: found.IpAddressType,
      securityGroups: found.SecurityGroups ?? [],
      subnets,
      subnetMappings: subnets.map((subnetId) => ({ subnetId })) as never,
      accessLogs: readLogs("access_logs", Attributes),
      connectionLogs: readLogs("connection_logs", Attributes),
      ...fromAttributes(Attributes, balancerAttributes),
      tagsAll,
    };
  },
  write: async (id, inputs, aws, { changed }) => {
    const { securityGroups, subnets, ipAddressType } = inputs;
    if (changed("securityGroups"))
      await aws.elb.setSecurityGroups({ LoadBalancerArn: id, SecurityGroups: securityGroups });
    if (changed("subnets")) await aws.elb.setSubnets({ LoadBalancerArn: id, Subnets: subnets });
    if (changed("ipAddressType"))
      await aws.elb.setIpAddressType({ LoadBalancerArn: id, IpAddressType: ipAddressType as "ipv4" });
    const none = { enabled: false };
    const attributes = Object.entries({ accessLogs: none, connectionLogs: none, ...inputs }).filter(([key]) =>
      changed(key as "name"),
    );
    await setBalancerAttributes(id, Object.fromEntries(attributes), aws);
  },
  ...tagging,
  delete: (id, { elb }) => elb.deleteLoadBalancer({ LoadBalancerArn: id }),
});

export const loadBalancerRows: Rows = { "aws:lb/loadBalancer:LoadBalancer": loadBalancer };
