/** The resources an action is asked on: ARNs in the call, else the action's own forms of ARN filled with what the call names. */
import type { Action } from "@switchyard/iam/actions.ts";
import type { Members } from "../limits/limit.ts";

export interface Where {
  readonly account: string;
  readonly region: string;
}

/** Members that name what stands in an ARN by another name; compared without case. */
const names: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  "application-autoscaling": { ResourceId: ["ResourceId"] },
  cloudfront: { DistributionId: ["Id"] },
  cloudwatch: { AlarmName: ["AlarmName", "AlarmNames"], DashboardName: ["DashboardName", "DashboardNames"] },
  codebuild: { ProjectName: ["projectName", "names", "ids"] },
  dynamodb: { TableName: ["TableName"] },
  ecr: { RepositoryName: ["repositoryName", "repositoryNames"] },
  "ecr-public": { RepositoryName: ["repositoryName", "repositoryNames"] },
  ecs: {
    ClusterName: ["cluster", "clusters", "clusterName"],
    ServiceName: ["service", "services", "serviceName"],
    TaskDefinitionFamilyName: ["family"],
    TaskId: ["task", "tasks"],
  },
  elasticloadbalancing: { LoadBalancerName: ["Name"], TargetGroupName: ["Name"] },
  iam: { OidcProviderName: ["Url"], PolicyNameWithPath: ["PolicyName"], RoleNameWithPath: ["RoleName"] },
  kms: { Alias: ["AliasName"], KeyId: ["KeyId", "TargetKeyId"] },
  logs: {
    DeliveryDestinationName: ["name"],
    DeliveryName: ["id"],
    DeliverySourceName: ["name"],
    LogGroupName: ["logGroupName", "logGroupIdentifier"],
  },
  rds: {
    DbInstanceName: ["DBInstanceIdentifier"],
    ParameterGroupName: ["DBParameterGroupName"],
    SnapshotName: ["FinalDBSnapshotIdentifier", "DBSnapshotIdentifier"],
    SubnetGroupName: ["DBSubnetGroupName"],
  },
  route53: { Id: ["Id", "HostedZoneId"] },
  s3: { BucketName: ["Bucket"], ObjectName: ["Key"] },
  secretsmanager: { SecretId: ["SecretId", "Name"] },
  sns: { TopicName: ["Name"] },
};

/** What of a named value stands in an ARN: not the rest of another ARN, nor the kind before it. */
const within: Readonly<Record<string, RegExp>> = {
  Alias: /^alias\//,
  ClusterName: /^.*:cluster\//,
  Id: /^\/hostedzone\//,
  KeyId: /^.*:key\//,
  OidcProviderName: /^https:\/\//,
  // Of a build's id.
  ProjectName: /:.*$/,
  ServiceName: /^.*\//,
  TaskId: /^.*\//,
};

/** One of each resource the request names; `*` for an action that knows none. */
export function resourcesOf(action: Action, members: Members, where: Where): readonly string[] {
  const [service = ""] = action.name.split(":");
  if (action.types.length === 0) return ["*"];
  const own = overrides[action.name]?.(members, where);
  if (own !== undefined) return own;
  const arns = members.flatMap(([, value]) => (value.startsWith("arn:") ? [value] : []));
  const found = new Set<string>();
  const open: string[] = [];
  for (const { arn, required } of action.types) {
    const given = arns.filter((one) => matches(arn, one));
    const { filled, whole } = fill(arn, service, members, where);
    if (given.length > 0) for (const one of given) found.add(one);
    else if (whole) for (const one of filled) found.add(one);
    else if (required) open.push(...filled);
  }
  // EC2 asks on each resource a request makes or names; elsewhere what is required stands for the one that is named.
  if (found.size === 0 || service === "ec2") for (const one of open) found.add(one);
  if (found.size > 0) return [...found];
  // What EC2 asks on is known to EC2 alone: what an association or a gateway is of.
  return service === "ec2" ? [arnOf("ec2", where, "*/*")] : ["*"];
}

type Override = (members: Members, where: Where) => readonly string[] | undefined;

/** A web ACL, whose ARN has the scope in other words, and the managed rule groups that its rules name. */
const webAcl: Override = (members, where) => {
  const [name, id = "*"] = [memberOf(members, "Name"), memberOf(members, "Id")];
  if (name === undefined) return undefined;
  const scope = memberOf(members, "Scope") === "CLOUDFRONT" ? "global" : "regional";
  const managed = members.some(([path]) => path.includes("ManagedRuleGroupStatement"));
  return [`webacl/${name}/${id}`, ...(managed ? ["managedruleset/*/*"] : [])].map((one) =>
    arnOf("wafv2", where, `${scope}/${one}`),
  );
};

/** One that is made has no id yet. */
const tagged: Override = (members, { account }) => {
  const given = byArn(members, "Resource");
  return given.length > 0 ? given : [`arn:aws:cloudfront::${account}:distribution/*`];
};

const overrides: Readonly<Record<string, Override>> = {
  "wafv2:CreateWebACL": webAcl,
  "wafv2:DeleteWebACL": webAcl,
  "wafv2:GetWebACL": webAcl,
  "wafv2:UpdateWebACL": webAcl,
  // The reference has the classic form alone.
  "elasticloadbalancing:CreateLoadBalancer": (members, where) => {
    const kind = memberOf(members, "Type") === "network" ? "net" : "app";
    return [arnOf("elasticloadbalancing", where, `loadbalancer/${kind}/${memberOf(members, "Name")}/*`)];
  },
  // Of the kinds that can be tagged, the one that is made.
  "elasticloadbalancing:AddTags": (members, where) => {
    if (members.some(([path]) => path.startsWith("ResourceArns."))) return byArn(members, "ResourceArns.");
    const name = memberOf(members, "Name");
    const loadBalancer = memberOf(members, "LoadBalancerArn");
    const listener = memberOf(members, "ListenerArn");
    if (listener) return [`${listener.replace(":listener/", ":listener-rule/")}/*`];
    if (loadBalancer) return [`${loadBalancer.replace(":loadbalancer/", ":listener/")}/*`];
    const target = members.some(([path]) => path === "TargetType" || path === "HealthCheckPath");
    return [arnOf("elasticloadbalancing", where, target ? `targetgroup/${name}/*` : `loadbalancer/app/${name}/*`)];
  },
  "elasticloadbalancing:RemoveTags": (members) => byArn(members, "ResourceArns."),
  "ecs:TagResource": (members, where) => {
    const cluster = memberOf(members, "cluster")?.replace(/^.*\//, "");
    const [family, service, name] = ["family", "serviceName", "clusterName"].map((key) => memberOf(members, key));
    if (family) return [arnOf("ecs", where, `task-definition/${family}:*`)];
    if (service) return [arnOf("ecs", where, `service/${cluster}/${service}`)];
    return name ? [arnOf("ecs", where, `cluster/${name}`)] : byArn(members, "resourceArn");
  },
  "rds:AddTagsToResource": (members, where) => {
    const kinds = [
      ["db", "DBInstanceIdentifier"],
      ["pg", "DBParameterGroupName"],
      ["subgrp", "DBSubnetGroupName"],
      ["snapshot", "TargetDBSnapshotIdentifier"],
    ] as const;
    for (const [kind, member] of kinds) {
      const name = memberOf(members, member);
      if (name) return [arnOf("rds", where, `${kind}:${name}`)];
    }
    return undefined;
  },
  "logs:TagResource": (members, where) => {
    const kinds = [
      ["log-group", "logGroupName"],
      ["delivery", "deliveryDestinationArn"],
      ["delivery-source", "logType"],
      ["delivery-destination", "deliveryDestinationConfiguration.destinationResourceArn"],
    ] as const;
    const kind = kinds.find(([, member]) => memberOf(members, member) !== undefined)?.[0];
    if (kind === undefined) return byArn(members, "resourceArn");
    const name = memberOf(members, "logGroupName") ?? memberOf(members, "name") ?? "*";
    return [arnOf("logs", where, `${kind}:${name}`)];
  },
  "cloudwatch:TagResource": (members, where) => {
    const name = memberOf(members, "AlarmName");
    return name === undefined ? byArn(members, "ResourceARN") : [arnOf("cloudwatch", where, `alarm:${name}`)];
  },
  "logs:CreateDelivery": (members, where) => [
    arnOf("logs", where, "delivery:*"),
    arnOf("logs", where, `delivery-source:${memberOf(members, "deliverySourceName")}`),
    ...byArn(members, "deliveryDestinationArn"),
  ],
  "cloudfront:AllowVendedLogDeliveryForResource": (members) => byArn(members, "resourceArn"),
  "cloudfront:TagResource": tagged,
  "cloudfront:UntagResource": tagged,
  "ec2:CreateTags": (_, where) => [arnOf("ec2", where, "*/*")],
  "ec2:DeleteTags": (_, where) => [arnOf("ec2", where, "*/*")],
};

function arnOf(service: string, { region, account }: Where, resource: string): string {
  return `arn:aws:${service}:${region}:${account}:${resource}`;
}

function byArn(members: Members, path: string): readonly string[] {
  return members.flatMap(([at, value]) => (at.startsWith(path) ? [value] : []));
}

export function memberOf(members: Members, name: string): string | undefined {
  return members.find(([path]) => path === name)?.[1];
}

const variable = /\$\{([^}]*)\}/g;

function matches(template: string, arn: string): boolean {
  const pattern = template
    .split(variable)
    .map((part, index) => (index % 2 === 1 ? ".*" : part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")))
    .join("");
  return new RegExp(`^${pattern}$`).test(arn);
}

/** The ARNs of a form with the call's values; `*` for what the call does not say, and then they are not whole. */
function fill(template: string, service: string, members: Members, where: Where) {
  let filled = [template];
  let whole = true;
  for (const [text, name = ""] of template.matchAll(variable)) {
    const values = valuesOf(name, service, members, where);
    if (values.length === 0) whole = false;
    const each = values.length === 0 ? ["*"] : values;
    filled = filled.flatMap((one) => each.map((value) => one.replace(text, () => value)));
  }
  return { filled: [...new Set(filled)], whole };
}

function valuesOf(name: string, service: string, members: Members, where: Where): readonly string[] {
  const known: Readonly<Record<string, string>> = { Partition: "aws", Region: where.region, Account: where.account };
  const fixed = known[name];
  if (fixed !== undefined) return [fixed];
  const wanted = new Set([name, ...(names[service]?.[name] ?? [])].map((one) => one.toLowerCase()));
  return members.flatMap(([path, value]) => {
    const last = path.replace(/(\.\d+)+$/, "");
    // Of nested members only those are named so that say it of the whole.
    if (!wanted.has((service === "dynamodb" ? (last.split(".").at(-1) ?? "") : last).toLowerCase())) return [];
    const strip = within[name];
    return [strip === undefined ? value : value.replace(strip, "")];
  });
}
