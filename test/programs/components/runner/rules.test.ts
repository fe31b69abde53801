import assert from "node:assert/strict";
import { alarmsRule, pushesRules } from "../../../../programs/components/runner/rules.ts";

const account = { id: "123456789012", region: "eu-west-1", partition: "aws" };
const url = (id: string, region: string, name: string) => `${id}.dkr.ecr.${region}.amazonaws.com/${name}`;

describe("the rules of the status queue", () => {
  it("match what is pushed to the repositories of this account and region", () => {
    const urls = [
      url("123456789012", "eu-west-1", "switchyard/api"),
      url("210987654321", "eu-west-1", "switchyard/web"),
      url("123456789012", "us-east-1", "switchyard/base"),
    ];
    assert.deepEqual(
      pushesRules(urls, account).map(({ pattern }) => pattern),
      [
        {
          source: ["aws.ecr"],
          "detail-type": ["ECR Image Action"],
          detail: { "action-type": ["PUSH"], result: ["SUCCESS"], "repository-name": ["switchyard/api"] },
        },
      ],
    );
  });

  it("are none of pushes where all repositories are elsewhere", () => {
    assert.deepEqual(pushesRules([url("210987654321", "eu-west-1", "switchyard/web")], account), []);
  });

  it("are several of pushes where one pattern would be longer than EventBridge takes, each repository in one", () => {
    const names = Array.from({ length: 120 }, (_, n) => `switchyard/${"x".repeat(n)}${n}`);
    const rules = pushesRules(
      names.map((name) => url("123456789012", "eu-west-1", name)),
      account,
    );
    for (const { pattern } of rules) assert.ok(JSON.stringify(pattern).length <= 2_048);
    const named = rules.flatMap(({ pattern }) => (pattern["detail"] as Record<string, string[]>)["repository-name"]);
    assert.deepEqual(named, names);
    assert.equal(new Set(rules.map(({ suffix }) => suffix)).size, rules.length);
  });

  it("match the alarms that are named, going off and over", () => {
    assert.deepEqual(alarmsRule(["switchyard-runner-x"]).pattern, {
      source: ["aws.cloudwatch"],
      "detail-type": ["CloudWatch Alarm State Change"],
      detail: { alarmName: ["switchyard-runner-x"], state: { value: ["ALARM", "OK"] } },
    });
  });
});
