import type { Action, RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { lb } from "@pulumi/aws";
import { ProviderError } from "../../errors.ts";
import { type Context, type Rows, row } from "../../row.ts";
import { type Bag, isBag } from "../../values.ts";
import { attachmentRow } from "../shapes.ts";
import { camel, first, must, pascal } from "../shared.ts";
import { type Attributes, fromAttributes, toAttributes } from "./attributes.ts";
import { tagging, tagsOf, tagsOn } from "./tags.ts";

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

const listenerAttributes: Attributes = {
  routingHttpResponseStrictTransportSecurityHeaderValue: "routing.http.response.strict_transport_security.header_value",
};
const header = Object.keys(listenerAttributes) as ["routingHttpResponseStrictTransportSecurityHeaderValue"];

async function setAttributes(ListenerArn: string, inputs: Bag, { elb }: Context) {
  const Attributes = toAttributes(inputs, listenerAttributes);
  if (Attributes.length > 0) await elb.modifyListenerAttributes({ ListenerArn, Attributes });
}

const listener = row<lb.ListenerArgs, lb.Listener>({
  update: ["port", "protocol", "sslPolicy", "certificateArn", "defaultActions", ...header],
  replace: ["loadBalancerArn"],
  ordered: ["defaultActions"],
  required: ["loadBalancerArn", "defaultActions"],
  computed: ["arn", "protocol", "sslPolicy", ...header],
  create: async (inputs, aws) => {
    const made = await aws.elb.createListener({
      LoadBalancerArn: inputs.loadBalancerArn,
      Port: inputs.port,
      Protocol: (inputs.protocol ?? "HTTP") as "HTTP",
      SslPolicy: inputs.sslPolicy,
      ...(inputs.certificateArn && { Certificates: [{ CertificateArn: inputs.certificateArn }] }),
      DefaultActions: actions(inputs.defaultActions),
      ...tagsOn(aws.tags),
    });
    const id = aws.created(must(first(made.Listeners)?.ListenerArn, "ListenerArn"));
    await setAttributes(id, inputs, aws);
    return id;
  },
  read: async (id, aws) => {
    const found = first((await aws.elb.describeListeners({ ListenerArns: [id] })).Listeners);
    if (!found) return undefined;
    const { Attributes } = await aws.elb.describeListenerAttributes({ ListenerArn: id });
    return {
      arn: id,
      ...fromAttributes(Attributes, listenerAttributes),
      loadBalancerArn: found.LoadBalancerArn,
      port: found.Port,
      protocol: found.Protocol,
      ...(found.SslPolicy && { sslPolicy: found.SslPolicy }),
      ...(first(found.Certificates) && { certificateArn: first(found.Certificates)?.CertificateArn }),
      defaultActions: readActions(found.DefaultActions) as never,
      tagsAll: await tagsOf(id, aws),
    };
  },
  write: async (id, inputs, aws, { changed }) => {
    if (changed(...header)) await setAttributes(id, inputs, aws);
    if (!changed("port", "protocol", "sslPolicy", "certificateArn", "defaultActions")) return;
    await aws.elb.modifyListener({
      ListenerArn: id,
      ...(changed("port") && { Port: inputs.port }),
      ...(changed("protocol") && { Protocol: inputs.protocol as "HTTP" }),
      ...(changed("sslPolicy") && { SslPolicy: inputs.sslPolicy }),
      ...(changed("certificateArn") && { Certificates: [{ CertificateArn: inputs.certificateArn }] }),
      ...(changed("defaultActions") && { DefaultActions: actions(inputs.defaultActions) }),
    });
  },
  ...tagging,
  delete: (id, { elb }) => elb.deleteListener({ ListenerArn: id }),
});

const listenerCertificate = attachmentRow<
  lb.ListenerCertificateArgs,
  lb.ListenerCertificate,
  "listenerArn" | "certificateArn"
>({
  parts: ["listenerArn", "certificateArn"],
  // As the official provider joins them: both are full of colons and slashes.
  separator: "_",
  computed: [],
  attach: ({ listenerArn, certificateArn }, { elb }) =>
    elb.addListenerCertificates({ ListenerArn: listenerArn, Certificates: [{ CertificateArn: certificateArn }] }),
  find: async ({ listenerArn, certificateArn }, { elb }) => {
    const { Certificates = [] } = await elb.describeListenerCertificates({ ListenerArn: listenerArn });
    return Certificates.some(({ CertificateArn }) => CertificateArn === certificateArn) ? {} : undefined;
  },
  detach: ({ listenerArn, certificateArn }, { elb }) =>
    elb.removeListenerCertificates({ ListenerArn: listenerArn, Certificates: [{ CertificateArn: certificateArn }] }),
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
      ...tagsOn(tags),
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
  ...tagging,
  delete: (id, { elb }) => elb.deleteRule({ RuleArn: id }),
});

async function nextPriority(ListenerArn: string, elb: Context["elb"]): Promise<number> {
  const { Rules } = await elb.describeRules({ ListenerArn });
  return (
    1 + Math.max(0, ...(Rules ?? []).filter(({ IsDefault }) => !IsDefault).map(({ Priority }) => Number(Priority)))
  );
}

export const listenerRows: Rows = {
  "aws:lb/listener:Listener": listener,
  "aws:lb/listenerCertificate:ListenerCertificate": listenerCertificate,
  "aws:lb/listenerRule:ListenerRule": listenerRule,
};
