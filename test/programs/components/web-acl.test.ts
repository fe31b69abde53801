import assert from "node:assert/strict";
import { redactedHeaders, ruleGroups } from "../../../programs/components/traffic/web-acl.ts";
import { runEnvironment } from "../runs.ts";

const webAcl = "aws:wafv2/webAcl:WebAcl";
const association = "aws:wafv2/webAclAssociation:WebAclAssociation";
const logging = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration";
const logGroup = "aws:cloudwatch/logGroup:LogGroup";

interface Rule {
  readonly name: string;
  readonly priority: number;
  readonly overrideAction: object;
  readonly statement: object;
}

const withFirewall = (mode: string) => runEnvironment({ waf: { mode } });

describe("the web application firewall", () => {
  it("is there only where it is asked for", async () => {
    const { resources } = await runEnvironment({});
    for (const type of [webAcl, association, logging]) assert.deepEqual(resources.all(type), []);
  });

  it("lets through what no rule is about, and asks AWS's groups in order, for no more units than are free", async () => {
    const { inputs } = (await withFirewall("count")).resources.one(webAcl);
    assert.deepEqual([inputs["scope"], inputs["defaultAction"]], ["REGIONAL", { allow: {} }]);
    const rules = inputs["rules"] as readonly Rule[];
    assert.deepEqual(
      rules.map(({ priority, statement }) => ({ priority, statement })),
      ["AmazonIpReputationList", "KnownBadInputsRuleSet", "CommonRuleSet"].map((group, priority) => ({
        priority,
        statement: { managedRuleGroupStatement: { vendorName: "AWS", name: `AWSManagedRules${group}` } },
      })),
    );
    assert.ok(ruleGroups.reduce((sum, { capacity }) => sum + capacity, 0) <= 1500);
  });

  it("counts, or does what the rules say; nothing else differs between the two", async () => {
    const inputsIn = async (mode: string) => (await withFirewall(mode)).resources.one(webAcl).inputs;
    const [count, block] = [await inputsIn("count"), await inputsIn("block")];
    const actions = ({ rules }: Record<string, unknown>) =>
      (rules as Rule[]).map(({ overrideAction }) => overrideAction);
    assert.deepEqual(actions(count), [{ count: {} }, { count: {} }, { count: {} }]);
    assert.deepEqual(actions(block), [{ none: {} }, { none: {} }, { none: {} }]);
    const rest = (inputs: Record<string, unknown>) => ({
      ...inputs,
      rules: (inputs["rules"] as Rule[]).map((rule) => ({ ...rule, overrideAction: {} })),
    });
    assert.deepEqual(rest(count), rest(block));
  });

  it("logs to a group that AWS WAF takes, under the environment's key, without what others could use", async () => {
    const { resources } = await withFirewall("block");
    const group = resources.one(logGroup, "sandbox-waf").inputs;
    assert.deepEqual([group["name"], group["retentionInDays"]], ["aws-waf-logs-switchyard-sandbox", 30]);
    assert.ok(group["kmsKeyId"]);
    const { inputs } = resources.one(logging);
    assert.deepEqual(
      inputs["redactedFields"],
      ["authorization", "cookie", "x-switchyard-preview"].map((name) => ({ singleHeader: { name } })),
    );
    assert.deepEqual(
      redactedHeaders.filter((name) => name !== name.toLowerCase()),
      [],
    );
  });

  it("keeps no samples, which have every header", async () => {
    const { inputs } = (await withFirewall("count")).resources.one(webAcl);
    const all = [inputs, ...(inputs["rules"] as Record<string, unknown>[])];
    for (const { visibilityConfig } of all)
      assert.equal((visibilityConfig as Record<string, unknown>)["sampledRequestsEnabled"], false);
  });

  it("stands before the environment's balancer, once its log is there", async () => {
    const { resources } = await withFirewall("count");
    const { inputs, dependsOn } = resources.one(association);
    assert.match(String(inputs["resourceArn"]), /sandbox/);
    assert.match(String(inputs["webAclArn"]), /sandbox/);
    assert.ok(dependsOn.some((urn) => urn.includes("WebAclLoggingConfiguration")));
  });
});
