import assert from "node:assert/strict";
import * as aws from "@pulumi/aws";
import { rules } from "../../policies/catalogue.ts";
import { resourceRules } from "../../policies/resource-rules.ts";
import { isAbout } from "../../policies/rule.ts";
import { isRefused, refusedTypes } from "../../policies/rules/unjudged.ts";
import { canonicalType, siblings } from "../../policies/siblings.ts";
import { harmless } from "./found/harmless-types.ts";
import { resourceOutcomes, ruleNamed } from "./support/evaluate.ts";

const tokens = Object.values(aws as object).flatMap((module: object) =>
  Object.getOwnPropertyNames(module).flatMap((name) => {
    const token = (module as Record<string, { __pulumiType?: unknown } | undefined>)[name]?.__pulumiType;
    return typeof token === "string" ? [token] : [];
  }),
);
const token = (module: string, name: string) => `aws:${module}/${name[0]?.toLowerCase()}${name.slice(1)}:${name}`;

const opaque = [
  "aws:cloudformation/stack:Stack",
  "aws:cloudformation/stackSet:StackSet",
  "aws:cloudformation/stackInstances:StackInstances",
  "aws:cloudcontrol/resource:Resource",
  "aws:serverlessrepository/cloudFormationStack:CloudFormationStack",
  "aws:servicecatalog/provisionedProduct:ProvisionedProduct",
  "aws-native:cloudformation:Stack",
  "aws-native:index:ExtensionResource",
  "pulumi-nodejs:dynamic:Resource",
  "pulumi-nodejs:dynamic/opening:Rule",
  "pulumi-python:dynamic:Resource",
  "command:local:Command",
  "command:remote:Command",
];

describe("every type of a service the rules are about", () => {
  const judged = new Set<string>(rules.flatMap(({ types }) => types));
  const left = new Set(Object.entries(harmless).flatMap(([module, names]) => names.map((name) => token(module, name))));

  it("is judged, or refused as unknown, or found harmless, and not two of these", () => {
    const modules = new Set(Object.keys(harmless));
    for (const type of tokens.filter((one) => modules.has(one.split(/[:/]/)[1] ?? ""))) {
      const ways = [judged.has(canonicalType(type)) && !isRefused(type), isRefused(type), left.has(type)];
      assert.equal(ways.filter(Boolean).length, 1, `${type} is in ${ways.filter(Boolean).length} of the three`);
    }
    for (const type of [...left, ...refusedTypes]) assert.ok(tokens.includes(type), `the SDK has no ${type}`);
  });

  it("is judged under its second name as under its own", () => {
    for (const [type, others] of Object.entries(siblings)) {
      for (const other of others) {
        assert.ok(tokens.includes(type) && tokens.includes(other), other);
        for (const rule of resourceRules)
          assert.equal(isAbout(rule, other), isAbout(rule, type), `${rule.name} ${other}`);
      }
    }
  });

  it("is refused with the type to use instead", () => {
    const rule = ruleNamed("types-are-judged");
    assert.equal(rule.kind, "resource");
    const say = (type: string) =>
      rule.kind === "resource" && isAbout(rule, type)
        ? resourceOutcomes(rule, { type }, {}).map(({ what }) => what)
        : [];
    assert.deepEqual(say("aws:ec2/defaultVpc:DefaultVpc"), ["no rule knows aws.ec2.DefaultVpc: use aws.ec2.Vpc"]);
    assert.deepEqual(say("aws-native:s3:Bucket"), ["no rule knows aws-native.s3.Bucket: use aws.s3.Bucket"]);
    assert.deepEqual(say("aws-native:elasticloadbalancingv2:Listener"), [
      "no rule knows aws-native.elasticloadbalancingv2.Listener: use aws.lb.Listener",
    ]);
    for (const type of opaque) assert.match(say(type)[0] ?? "", /^no rule sees what [\w.-]+ makes$/, type);
    assert.deepEqual(say("aws:s3/bucketV2:BucketV2"), []);
    assert.deepEqual(say("aws:elasticache/cluster:Cluster"), []);
  });
});
