/** AWS WAF: web ACLs, what they stand in front of, and their logs. No rule is evaluated here: AWS's are AWS's alone. */
import { isDeepStrictEqual } from "node:util";
import type { WebACL } from "@aws-sdk/client-wafv2";
import type { wafv2 } from "@pulumi/aws";
import { type Context, type In, type Rows, row } from "../row.ts";
import { carriable, isBag } from "../values.ts";
import { attachmentRow, putRow } from "./shapes.ts";
import { camel, must, pascal, tagList, tagRecord } from "./shared.ts";

type Inputs = In<wafv2.WebAclArgs>;
type Visibility = Inputs["visibilityConfig"];

/** The one member that Pulumi writes with another letter: cloudwatch. */
const toAws = ({ cloudwatchMetricsEnabled, ...rest }: Visibility) => ({
  CloudWatchMetricsEnabled: cloudwatchMetricsEnabled,
  ...pascal<object>(rest),
});
const toPulumi = (found: WebACL["VisibilityConfig"]) => {
  const { cloudWatchMetricsEnabled, ...rest } = camel<Record<string, unknown>>(found);
  return { cloudwatchMetricsEnabled: cloudWatchMetricsEnabled, ...rest };
};

const request = ({ name, scope, description, defaultAction, rules = [], visibilityConfig }: Inputs) => ({
  Name: must(name, "the web ACL's name"),
  Scope: scope as "REGIONAL",
  ...(description !== undefined && { Description: description }),
  DefaultAction: pascal<WebACL["DefaultAction"]>(defaultAction),
  VisibilityConfig: toAws(visibilityConfig) as WebACL["VisibilityConfig"],
  Rules: rules.map(({ visibilityConfig: own, ...rule }) => ({
    ...pascal<object>(rule),
    VisibilityConfig: toAws(own),
  })) as WebACL["Rules"],
});

const named = (Id: string, { name, scope }: Pick<Inputs, "name" | "scope">) => ({
  Id,
  Name: must(name, "the web ACL's name"),
  Scope: scope as "REGIONAL",
});

/** Compared to the letter: `{ count: {} }` and `{ none: {} }` differ by the name of an empty block alone. */
const sameBlocks = (left: unknown, right: unknown) => isDeepStrictEqual(inOrder(left), inOrder(right));
/** Rules in the order they are asked in, whatever order they are listed in. */
const inOrder = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(carriable).sort((a, b) => priorityOf(a) - priorityOf(b)) : carriable(value);
const priorityOf = (rule: unknown) => (isBag(rule) ? Number(rule["priority"]) : 0);

/** What each write of a web ACL has to name, so that two do not undo each other. */
const lockToken = async (id: string, { waf }: Context, inputs: Inputs) =>
  (await waf.getWebACL(named(id, inputs))).LockToken;

const webAcl = row<wafv2.WebAclArgs, wafv2.WebAcl>({
  update: ["description", "defaultAction", "rules", "visibilityConfig"],
  replace: ["name", "scope"],
  required: ["scope", "defaultAction", "visibilityConfig"],
  autoName: { key: "name", max: 128 },
  computed: ["arn", "capacity", "lockToken"],
  recomputed: ["lockToken"],
  equal: { rules: sameBlocks, defaultAction: sameBlocks },
  create: async (inputs, { waf, tags, created }) => {
    const { Summary } = await waf.createWebACL({
      ...request(inputs),
      ...(Object.keys(tags).length > 0 && { Tags: tagList(tags) }),
    });
    return created(must(Summary?.Id, "Summary.Id"));
  },
  read: async (id, { waf }, state) => {
    const { WebACL: found, LockToken } = await waf.getWebACL(named(id, state));
    if (found === undefined) return undefined;
    const { TagInfoForResource } = await waf.listTagsForResource({ ResourceARN: found.ARN });
    return {
      arn: must(found.ARN, "WebACL.ARN"),
      name: found.Name,
      capacity: found.Capacity,
      lockToken: LockToken,
      ...(found.Description && { description: found.Description }),
      defaultAction: camel(found.DefaultAction),
      visibilityConfig: toPulumi(found.VisibilityConfig) as Visibility,
      rules: (found.Rules ?? []).map(({ VisibilityConfig, ...rule }) => ({
        ...camel<object>(rule),
        visibilityConfig: toPulumi(VisibilityConfig),
      })) as never,
      tagsAll: tagRecord(TagInfoForResource?.TagList),
    };
  },
  write: async (id, inputs, aws) => {
    await aws.waf.updateWebACL({ ...request(inputs), Id: id, LockToken: await lockToken(id, aws, inputs) });
    return undefined;
  },
  tag: (_id, tags, { waf }, { arn }) => waf.tagResource({ ResourceARN: arn, Tags: tagList(tags) }),
  untag: (_id, TagKeys, { waf }, { arn }) => waf.untagResource({ ResourceARN: arn, TagKeys }),
  delete: async (id, aws, state) =>
    aws.waf.deleteWebACL({ ...named(id, state), LockToken: await lockToken(id, aws, state) }),
});

const association = attachmentRow<wafv2.WebAclAssociationArgs, wafv2.WebAclAssociation, "webAclArn" | "resourceArn">({
  parts: ["webAclArn", "resourceArn"],
  separator: ",",
  attach: ({ webAclArn, resourceArn }, { waf }) =>
    waf.associateWebACL({ WebACLArn: webAclArn, ResourceArn: resourceArn }),
  find: async ({ webAclArn, resourceArn }, { waf }) => {
    const { WebACL: found } = await waf.getWebACLForResource({ ResourceArn: resourceArn });
    return found?.ARN === webAclArn ? {} : undefined;
  },
  detach: ({ resourceArn }, { waf }) => waf.disassociateWebACL({ ResourceArn: resourceArn }),
});

const logging = putRow<wafv2.WebAclLoggingConfigurationArgs, wafv2.WebAclLoggingConfiguration>({
  id: "resourceArn",
  update: ["redactedFields"],
  replace: ["resourceArn", "logDestinationConfigs"],
  required: ["resourceArn", "logDestinationConfigs"],
  exact: ["redactedFields"],
  put: ({ resourceArn, logDestinationConfigs, redactedFields = [] }, { waf }) =>
    waf.putLoggingConfiguration({
      LoggingConfiguration: {
        ResourceArn: resourceArn,
        LogDestinationConfigs: logDestinationConfigs,
        RedactedFields: pascal(redactedFields),
      },
    }),
  read: async (id, { waf }) => {
    const { LoggingConfiguration: found } = await waf.getLoggingConfiguration({ ResourceArn: id });
    return {
      resourceArn: id,
      logDestinationConfigs: found?.LogDestinationConfigs,
      redactedFields: camel(found?.RedactedFields ?? []),
    };
  },
  delete: (id, { waf }) => waf.deleteLoggingConfiguration({ ResourceArn: id }),
});

export const wafRows: Rows = {
  "aws:wafv2/webAcl:WebAcl": webAcl,
  "aws:wafv2/webAclAssociation:WebAclAssociation": association,
  "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": logging,
};
