import type { Action, RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { lb } from "@pulumi/aws";
import { ProviderError } from "../errors.ts";
import { type Context, type Rows, row, type Tags } from "../row.ts";
import { type Bag, isBag } from "../values.ts";
import { camel, first, must, pascal, tagList, tagRecord } from "./shared.ts";

async function tag(arn: string, tags: Tags, removed: string[], { elb }: Context): Promise<void> {
  if (removed.length > 0) await elb.removeTags({ ResourceArns: [arn], TagKeys: removed });
  if (Object.keys(tags).length > 0) await elb.addTags({ ResourceArns: [arn], Tags: tagList(tags) });
}

async function tagsOf(arn: string, { elb }: Context): Promise<Tags> {
  const { TagDescriptions } = await elb.describeTags({ ResourceArns: [arn] });
  return tagRecord(first(TagDescriptions)?.Tags);
}

const tagging = (tags: Tags) => (Object.keys(tags).length > 0 ? { Tags: tagList(tags) } : {});
const suffix = (arn: string | undefined) =>
  arn
    ?.split(":")
    .at(-1)
    ?.replace(/^loadbalancer\//, "");

/** Properties that AWS keeps as attributes: text under a name of their own. */
type Attributes = Record<string, string>;
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
const groupAttributes: Attributes = {
  deregistrationDelay: "deregistration_delay.timeout_seconds",
  slowStart: "slow_start.duration_seconds",
  loadBalancingAlgorithmType: "load_balancing.algorithm.type",
};

const toAttributes = (inputs: Bag, names: Attributes) =>
  Object.entries(names)
    .filter(([key]) => inputs[key] !== undefined)
    .map(([key, Key]) => ({ Key, Value: String(inputs[key]) }));

type Listed = { Key?: string | undefined; Value?: string | undefined }[];
const attribute = (listed: Listed | undefined, name: string) => listed?.find(({ Key }) => Key === name)?.Value;
const typed = (text: string) =>
  text === "true" ? true : text === "false" ? false : /^\d+$/.test(text) ? Number(text) : text;

function fromAttributes(listed: Listed | undefined, names: Attributes): Bag {
  const found = Object.entries(names).map(([key, name]) => [key, attribute(listed, name)] as const);
  return Object.fromEntries(
    found.filter(([, text]) => text !== undefined).map(([key, text]) => [key, typed(text ?? "")]),
  );
}

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
      ...tagging(aws.tags),
    });
    const id = aws.created(must(first(made.LoadBalancers)?.LoadBalancerArn, "LoadBalancerArn"));
    await setBalancerAttributes(id, inputs, aws);
    await aws.until(`load balancer ${inputs.name} to be active`, async () => {
      const { LoadBalancers } = await aws.elb.describeLoadBalancers({ LoadBalancerArns: [id] });
      return first(LoadBalancers)?.State?.Code !== "provisioning" || undefined;
    });
    return id;
  },
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
  tag,
  delete: (id, { elb }) => elb.deleteLoadBalancer({ LoadBalancerArn: id }),
});

interface Check extends Bag {
  interval?: number;
  timeout?: number;
  matcher?: string;
}
function healthCheck(check: Check | undefined) {
  if (check === undefined) return {};
  return {
    HealthCheckEnabled: check["enabled"] as boolean | undefined,
    HealthCheckPath: check["path"] as string | undefined,
    HealthCheckPort: check["port"] as string | undefined,
    HealthCheckProtocol: check["protocol"] as "HTTP" | undefined,
    HealthCheckIntervalSeconds: check.interval,
    HealthCheckTimeoutSeconds: check.timeout,
    HealthyThresholdCount: check["healthyThreshold"] as number | undefined,
    UnhealthyThresholdCount: check["unhealthyThreshold"] as number | undefined,
    ...(check.matcher !== undefined && { Matcher: { HttpCode: check.matcher } }),
  };
}

interface Stickiness {
  type?: string;
  enabled?: boolean;
  cookieDuration?: number;
}
async function setGroupAttributes(arn: string, inputs: Bag, { elb }: Context) {
  const stickiness = inputs["stickiness"] as Stickiness | undefined;
  const Attributes: Listed = toAttributes(inputs, groupAttributes);
  if (stickiness) {
    Attributes.push({ Key: "stickiness.enabled", Value: String(stickiness.enabled ?? true) });
    Attributes.push({ Key: "stickiness.type", Value: stickiness.type ?? "lb_cookie" });
    Attributes.push({
      Key: "stickiness.lb_cookie.duration_seconds",
      Value: String(stickiness.cookieDuration ?? 86400),
    });
  }
  if (Attributes.length > 0) await elb.modifyTargetGroupAttributes({ TargetGroupArn: arn, Attributes });
}

const targetGroup = row<lb.TargetGroupArgs, lb.TargetGroup>({
  update: ["healthCheck", "stickiness", ...(Object.keys(groupAttributes) as "slowStart"[])],
  replace: ["name", "port", "protocol", "protocolVersion", "vpcId", "targetType", "ipAddressType"],
  autoName: { key: "name", max: 32 },
  defaults: { deregistrationDelay: 300, slowStart: 0, targetType: "instance" },
  computed: [
    "arn",
    "arnSuffix",
    "loadBalancerArns",
    "healthCheck",
    "stickiness",
    "loadBalancingAlgorithmType",
    "ipAddressType",
    "protocolVersion",
  ],
  create: async (inputs, aws) => {
    const made = await aws.elb.createTargetGroup({
      Name: inputs.name,
      Port: inputs.port,
      Protocol: inputs.protocol as "HTTP",
      ProtocolVersion: inputs.protocolVersion,
      VpcId: inputs.vpcId,
      TargetType: inputs.targetType as "ip",
      IpAddressType: inputs.ipAddressType as "ipv4" | undefined,
      ...healthCheck(inputs.healthCheck as Check | undefined),
      ...tagging(aws.tags),
    });
    const id = aws.created(must(first(made.TargetGroups)?.TargetGroupArn, "TargetGroupArn"));
    await setGroupAttributes(id, inputs, aws);
    return id;
  },
  read: async (id, aws) => {
    const found = first((await aws.elb.describeTargetGroups({ TargetGroupArns: [id] })).TargetGroups);
    if (!found) return undefined;
    const [{ Attributes }, tagsAll] = await Promise.all([
      aws.elb.describeTargetGroupAttributes({ TargetGroupArn: id }),
      tagsOf(id, aws),
    ]);
    return {
      arn: id,
      arnSuffix: suffix(id),
      name: found.TargetGroupName,
      port: found.Port,
      protocol: found.Protocol,
      protocolVersion: found.ProtocolVersion ?? "HTTP1",
      vpcId: found.VpcId,
      targetType: found.TargetType,
      ipAddressType: found.IpAddressType ?? "ipv4",
      loadBalancerArns: found.LoadBalancerArns ?? [],
      healthCheck: {
        enabled: found.HealthCheckEnabled,
        path: found.HealthCheckPath as string,
        port: found.HealthCheckPort,
        protocol: found.HealthCheckProtocol,
        interval: found.HealthCheckIntervalSeconds,
        timeout: found.HealthCheckTimeoutSeconds as number,
        healthyThreshold: found.HealthyThresholdCount,
        unhealthyThreshold: found.UnhealthyThresholdCount,
        matcher: found.Matcher?.HttpCode as string,
      },
      stickiness: {
        enabled: attribute(Attributes, "stickiness.enabled") === "true",
        type: attribute(Attributes, "stickiness.type") ?? "lb_cookie",
        cookieDuration: Number(attribute(Attributes, "stickiness.lb_cookie.duration_seconds") ?? 86400),
      },
      ...fromAttributes(Attributes, groupAttributes),
      tagsAll,
    };
  },
  write: async (id, inputs, aws, { changed }) => {
    if (changed("healthCheck")) {
      await aws.elb.modifyTargetGroup({ TargetGroupArn: id, ...healthCheck(inputs.healthCheck as Check) });
    }
    const attributes = Object.entries({ stickiness: { enabled: false }, ...inputs }).filter(([key]) =>
      changed(key as "name"),
    );
    await setGroupAttributes(id, Object.fromEntries(attributes), aws);
  },
  tag,
  delete: (id, { elb }) => elb.deleteTargetGroup({ TargetGroupArn: id }),
});

interface ActionArgs extends Bag {
  type: string;
  order?: number;
  targetGroupArn?: string;
  forward?: { targetGroups: { arn: string; weight?: number }[]; stickiness?: { enabled?: boolean; duration: number } };
  redirect?: Bag;
  fixedResponse?: Bag;
}

function refuseOthers(kind: string, given: Bag, known: readonly string[]) {
  const other = Object.keys(given).find((key) => !known.includes(key));
  if (other)
    throw new ProviderError("not-covered", {
      where: `aws:lb ${kind}`,
      what: `the sandbox's stand-in does not implement "${other}"`,
    });
}

const redirectDefaults = {
  host: "#{host}",
  path: "/#{path}",
  port: "#{port}",
  protocol: "#{protocol}",
  query: "#{query}",
};

function actions(list: unknown): Action[] {
  return (list as ActionArgs[]).map((action, index) => {
    refuseOthers("action", action, ["type", "order", "targetGroupArn", "forward", "redirect", "fixedResponse"]);
    const { forward } = action;
    return {
      Type: action.type as "forward",
      Order: action.order ?? index + 1,
      ...(action.targetGroupArn && !forward && { TargetGroupArn: action.targetGroupArn }),
      ...(forward && {
        ForwardConfig: {
          TargetGroups: forward.targetGroups.map(({ arn, weight }) => ({ TargetGroupArn: arn, Weight: weight ?? 1 })),
          ...(forward.stickiness && {
            TargetGroupStickinessConfig: {
              Enabled: forward.stickiness.enabled ?? false,
              DurationSeconds: forward.stickiness.duration,
            },
          }),
        },
      }),
      ...(action.redirect && { RedirectConfig: pascal({ ...redirectDefaults, ...action.redirect }) }),
      ...(action.fixedResponse && { FixedResponseConfig: pascal(action.fixedResponse) }),
    };
  });
}

function readActions(list: readonly Action[] | undefined) {
  const ordered = [...(list ?? [])].sort((a, b) => (a.Order ?? 0) - (b.Order ?? 0));
  return ordered.map((action, index) => {
    const { ForwardConfig: forward } = action;
    const stickiness = forward?.TargetGroupStickinessConfig;
    const groups = forward?.TargetGroups ?? [];
    return {
      type: action.Type,
      order: action.Order ?? index + 1,
      ...((action.TargetGroupArn ?? (groups.length === 1 && groups[0]?.TargetGroupArn)) && {
        targetGroupArn: action.TargetGroupArn ?? groups[0]?.TargetGroupArn,
      }),
      ...(forward && {
        forward: {
          targetGroups: groups.map(({ TargetGroupArn, Weight }) => ({ arn: TargetGroupArn, weight: Weight ?? 1 })),
          stickiness: { enabled: stickiness?.Enabled ?? false, duration: stickiness?.DurationSeconds ?? 0 },
        },
      }),
      ...(action.RedirectConfig && { redirect: camel(action.RedirectConfig) }),
      ...(action.FixedResponseConfig && { fixedResponse: camel(action.FixedResponseConfig) }),
    };
  });
}

const listener = row<lb.ListenerArgs, lb.Listener>({
  update: ["port", "protocol", "sslPolicy", "certificateArn", "defaultActions"],
  replace: ["loadBalancerArn"],
  ordered: ["defaultActions"],
  required: ["loadBalancerArn", "defaultActions"],
  computed: ["arn", "protocol", "sslPolicy"],
  create: async (inputs, { elb, tags }) => {
    const made = await elb.createListener({
      LoadBalancerArn: inputs.loadBalancerArn,
      Port: inputs.port,
      Protocol: (inputs.protocol ?? "HTTP") as "HTTP",
      SslPolicy: inputs.sslPolicy,
      ...(inputs.certificateArn && { Certificates: [{ CertificateArn: inputs.certificateArn }] }),
      DefaultActions: actions(inputs.defaultActions),
      ...tagging(tags),
    });
    return must(first(made.Listeners)?.ListenerArn, "ListenerArn");
  },
  read: async (id, aws) => {
    const found = first((await aws.elb.describeListeners({ ListenerArns: [id] })).Listeners);
    return (
      found && {
        arn: id,
        loadBalancerArn: found.LoadBalancerArn,
        port: found.Port,
        protocol: found.Protocol,
        ...(found.SslPolicy && { sslPolicy: found.SslPolicy }),
        ...(first(found.Certificates) && { certificateArn: first(found.Certificates)?.CertificateArn }),
        defaultActions: readActions(found.DefaultActions) as never,
        tagsAll: await tagsOf(id, aws),
      }
    );
  },
  write: async (id, inputs, { elb }, { changed }) => {
    await elb.modifyListener({
      ListenerArn: id,
      ...(changed("port") && { Port: inputs.port }),
      ...(changed("protocol") && { Protocol: inputs.protocol as "HTTP" }),
      ...(changed("sslPolicy") && { SslPolicy: inputs.sslPolicy }),
      ...(changed("certificateArn") && { Certificates: [{ CertificateArn: inputs.certificateArn }] }),
      ...(changed("defaultActions") && { DefaultActions: actions(inputs.defaultActions) }),
    });
  },
  tag,
  delete: (id, { elb }) => elb.deleteListener({ ListenerArn: id }),
});

/** Condition kinds: Pulumi's name, and AWS's field and configuration. */
const conditionKinds = {
  pathPattern: ["path-pattern", "PathPatternConfig"],
  hostHeader: ["host-header", "HostHeaderConfig"],
  httpHeader: ["http-header", "HttpHeaderConfig"],
  httpRequestMethod: ["http-request-method", "HttpRequestMethodConfig"],
  sourceIp: ["source-ip", "SourceIpConfig"],
} as const;

function conditions(list: unknown): RuleCondition[] {
  return (list as Bag[]).flatMap((condition) => {
    refuseOthers("condition", condition, Object.keys(conditionKinds));
    return Object.entries(conditionKinds).flatMap(([key, [Field, config]]) =>
      isBag(condition[key]) ? [{ Field, [config]: pascal<object>(condition[key]) }] : [],
    );
  });
}

function readConditions(list: readonly RuleCondition[] | undefined): Bag[] {
  return (list ?? []).flatMap((condition) =>
    Object.entries(conditionKinds).flatMap(([key, [field, config]]) => {
      if (condition.Field !== field) return [];
      return [{ [key]: camel(condition[config] ?? { Values: condition.Values }) }];
    }),
  );
}

const listenerRule = row<lb.ListenerRuleArgs, lb.ListenerRule>({
  update: ["actions", "conditions", "priority"],
  replace: ["listenerArn"],
  ordered: ["actions"],
  required: ["listenerArn", "actions", "conditions"],
  computed: ["arn", "priority"],
  create: async (inputs, { elb, tags }) => {
    const made = await elb.createRule({
      ListenerArn: inputs.listenerArn,
      Priority: inputs.priority ?? (await nextPriority(inputs.listenerArn, elb)),
      Actions: actions(inputs.actions),
      Conditions: conditions(inputs.conditions),
      ...tagging(tags),
    });
    return must(first(made.Rules)?.RuleArn, "RuleArn");
  },
  read: async (id, aws) => {
    const found = first((await aws.elb.describeRules({ RuleArns: [id] })).Rules);
    return (
      found && {
        arn: id,
        // arn:…:listener-rule/app/<name>/<id>/<listener>/<rule>
        listenerArn: id.replace(":listener-rule/", ":listener/").replace(/\/[^/]+$/, ""),
        priority: Number(found.Priority),
        actions: readActions(found.Actions) as never,
        conditions: readConditions(found.Conditions) as never,
        tagsAll: await tagsOf(id, aws),
      }
    );
  },
  write: async (id, inputs, { elb }, { changed }) => {
    if (changed("priority"))
      await elb.setRulePriorities({ RulePriorities: [{ RuleArn: id, Priority: inputs.priority }] });
    if (!changed("actions", "conditions")) return;
    await elb.modifyRule({
      RuleArn: id,
      ...(changed("actions") && { Actions: actions(inputs.actions) }),
      ...(changed("conditions") && { Conditions: conditions(inputs.conditions) }),
    });
  },
  tag,
  delete: (id, { elb }) => elb.deleteRule({ RuleArn: id }),
});

async function nextPriority(ListenerArn: string, elb: Context["elb"]): Promise<number> {
  const { Rules } = await elb.describeRules({ ListenerArn });
  return (
    1 + Math.max(0, ...(Rules ?? []).filter(({ IsDefault }) => !IsDefault).map(({ Priority }) => Number(Priority)))
  );
}

export const lbRows: Rows = {
  "aws:lb/loadBalancer:LoadBalancer": loadBalancer,
  "aws:lb/targetGroup:TargetGroup": targetGroup,
  "aws:lb/listener:Listener": listener,
  "aws:lb/listenerRule:ListenerRule": listenerRule,
};
