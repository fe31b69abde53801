import assert from "node:assert/strict";
import http from "node:http";
import type { AddressInfo } from "node:net";
import {
  type Action,
  CreateRuleCommand,
  DeregisterTargetsCommand,
  DescribeRulesCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyRuleCommand,
  ModifyTargetGroupAttributesCommand,
  ModifyTargetGroupCommand,
  RegisterTargetsCommand,
  type RuleCondition,
  SetRulePrioritiesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { request } from "undici";
import { createBalancer, createGroup, until, useInProcessCloud } from "../../../../sandbox/cloud/alb/in-process.ts";

const fixed = (StatusCode: string): Action[] => [{ Type: "fixed-response", FixedResponseConfig: { StatusCode } }];
const path = (...Values: string[]): RuleCondition => ({ Field: "path-pattern", PathPatternConfig: { Values } });
const source = (...Values: string[]): RuleCondition => ({ Field: "source-ip", SourceIpConfig: { Values } });
const header = (HttpHeaderName: string, ...Values: string[]): RuleCondition => ({
  Field: "http-header",
  HttpHeaderConfig: { HttpHeaderName, Values },
});
const host = (...Values: string[]): RuleCondition => ({ Field: "host-header", HostHeaderConfig: { Values } });

const refused = (call: Promise<unknown>, name: string, message: string) =>
  assert.rejects(call, (error: Error) => {
    assert.deepEqual([error.name, error.message], [name, message]);
    return true;
  });

describe("changes to a listener's rules", () => {
  const cloud = useInProcessCloud();
  const elb = () => cloud().client(ElasticLoadBalancingV2Client);
  const create = async (ListenerArn: string, Priority: number, code: string, ...Conditions: RuleCondition[]) => {
    const command = new CreateRuleCommand({ ListenerArn, Priority, Conditions, Actions: fixed(code) });
    return (await elb().send(command)).Rules?.[0]?.RuleArn ?? "";
  };
  const status = async (url: string, headers: Record<string, string> = {}) => {
    const answer = await request(url, { headers });
    await answer.body.dump();
    return answer.statusCode;
  };

  it("let a request through that meets all of a rule's conditions, the client's address among them", async () => {
    const { listener, url } = await createBalancer(cloud());
    await create(listener, 1, "201", path("/x"), source("192.0.2.0/24"));
    await create(listener, 2, "202", path("/x"), source("192.0.2.0/24", "127.0.0.0/8"), header("x-who", "tester*"));
    await create(listener, 3, "203", path("/x"), host("*.example.com"));
    await until("the rules", async () => (await status(`${url}/x`, { host: "a.example.com" })) === 203);
    assert.equal(await status(`${url}/x`, { "x-who": "tester-1" }), 202);
    assert.equal(await status(`${url}/x`, { "x-who": "tester-1", "x-forwarded-for": "192.0.2.1" }), 202);
    assert.equal(await status(`${url}/x`, { "x-who": "somebody" }), 404);
    assert.equal(await status(`${url}/y`, { "x-who": "tester-1" }), 404);
  });

  it("take a rule's new conditions and actions together", async () => {
    const { listener, url } = await createBalancer(cloud());
    const RuleArn = await create(listener, 1, "201", path("/old"));
    await until("the rule", async () => (await status(`${url}/old`)) === 201);
    await elb().send(new ModifyRuleCommand({ RuleArn, Conditions: [path("/new")], Actions: fixed("202") }));
    await until("the change", async () => {
      const old = await status(`${url}/old`);
      assert.notEqual(old, 202, "the new action never answers for the old path");
      return old === 404 && (await status(`${url}/new`)) === 202;
    });
  });

  it("exchange priorities in one call, and refuse those that others keep", async () => {
    const { listener, url } = await createBalancer(cloud());
    const first = await create(listener, 1, "201", path("/*"));
    const second = await create(listener, 2, "202", path("/*"));
    const third = await create(listener, 3, "203", path("/other"));
    const set = (...pairs: [string, number][]) =>
      elb().send(
        new SetRulePrioritiesCommand({ RulePriorities: pairs.map(([RuleArn, Priority]) => ({ RuleArn, Priority })) }),
      );
    const order = async () => {
      const { Rules } = await elb().send(new DescribeRulesCommand({ ListenerArn: listener }));
      const byArn = new Map(Rules?.map(({ RuleArn, Priority }) => [RuleArn, Priority]));
      return [first, second, third].map((arn) => Number(byArn.get(arn)));
    };
    const exchanging = set([first, 2], [second, 1]);
    for (let looks = 0; looks < 5; looks++) assert.ok(["1,2,3", "2,1,3"].includes(String(await order())));
    await exchanging;
    assert.deepEqual(await order(), [2, 1, 3]);
    await until("the exchange", async () => (await status(`${url}/x`)) === 202);
    await refused(set([first, 3]), "PriorityInUseException", "Priority '3' is currently in use");
    await refused(set([first, 7], [second, 7]), "PriorityInUseException", "Priority '7' is currently in use");
    await refused(create(listener, 3, "200", path("/z")), "PriorityInUseException", "Priority '3' is currently in use");
    assert.deepEqual(await order(), [2, 1, 3], "nothing of a refused call is done");
    await set([first, 2]);
    assert.deepEqual(await order(), [2, 1, 3]);
  });

  it("are never in force half done, whatever changes the same rules at once", async () => {
    const { listener, url } = await createBalancer(cloud());
    const narrow = await create(listener, 10, "201", path("/x"));
    const other = await create(listener, 20, "203", path("/y"));
    await create(listener, 50, "202", path("/*"));
    const set = (RuleArn: string, Priority: number) =>
      elb().send(new SetRulePrioritiesCommand({ RulePriorities: [{ RuleArn, Priority }] }));
    const modify = (RuleArn: string, code: string) =>
      elb().send(new ModifyRuleCommand({ RuleArn, Actions: fixed(code) }));
    await until("the rules", async () => (await status(`${url}/x`)) === 201);
    let changing = true;
    const asked = (async () => {
      const answers = new Map<number, number>();
      for (; changing; await new Promise(setImmediate)) {
        const code = await status(`${url}/x`);
        answers.set(code, (answers.get(code) ?? 0) + 1);
      }
      return answers;
    })();
    for (let round = 0; round < 20; round++) {
      const [here = 0, there = 0] = round % 2 === 0 ? [11, 21] : [10, 20];
      await Promise.all([set(narrow, here), modify(narrow, "201"), set(other, there), modify(other, "203")]);
      assert.equal(await status(`${url}/x`), 201, `round ${round}`);
    }
    changing = false;
    assert.deepEqual([...(await asked).keys()], [201]);
  });

  const tooMany: [string, RuleCondition[], string][] = [
    ["six paths", [path("/1", "/2", "/3", "/4", "/5", "/6")], "A rule can only have '5' condition values"],
    [
      "five values and one",
      [path("/1", "/2", "/3"), header("a", "1", "2"), host("a.b")],
      "A rule can only have '5' condition values",
    ],
    ["six wildcards", [path("/*/*/*", "/*?/*")], "A rule can only have '5' condition wildcards"],
    ["two paths' conditions", [path("/1"), path("/2")], "A rule can only have one 'path-pattern' condition"],
    ["an address without its bits", [source("10.0.0.1")], "The value '10.0.0.1' is not a valid CIDR block"],
  ];
  for (const [name, conditions, message] of tooMany)
    it(`refuse ${name}, made or modified`, async () => {
      const { listener } = await createBalancer(cloud());
      await refused(create(listener, 1, "200", ...conditions), "ValidationError", message);
      const RuleArn = await create(listener, 1, "200", path("/1", "/2", "/*/*/*"), header("a", "*", "?"));
      const modify = new ModifyRuleCommand({ RuleArn, Conditions: conditions });
      await refused(elb().send(modify), "ValidationError", message);
    });
});

describe("changes to a target group", () => {
  const cloud = useInProcessCloud();
  const elb = () => cloud().client(ElasticLoadBalancingV2Client);
  const sendAllTo = (ListenerArn: string, TargetGroupArn: string) =>
    elb().send(
      new CreateRuleCommand({
        ListenerArn,
        ...{ Priority: 1, Conditions: [path("/*")], Actions: [{ Type: "forward", TargetGroupArn }] },
      }),
    );

  it("take effect on the checks under way, at once", async () => {
    const server = http.createServer((incoming, response) => {
      response.writeHead(incoming.url === "/live" ? 204 : 404).end();
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { listener, vpc } = await createBalancer(cloud());
    // Scaled by the pace, the next check is a minute away when the group is changed.
    const group = await createGroup(cloud(), vpc, {}, { path: "/live", intervalSeconds: 300 });
    const change = (more: Partial<ModifyTargetGroupCommand["input"]>) =>
      elb().send(new ModifyTargetGroupCommand({ TargetGroupArn: group, ...more }));
    await change({ Matcher: { HttpCode: "204" } });
    await sendAllTo(listener, group);
    const port = (server.address() as AddressInfo).port;
    const Targets = [{ Id: "127.0.0.1", Port: port }];
    await elb().send(new RegisterTargetsCommand({ TargetGroupArn: group, Targets }));
    const becomes = (state: string) =>
      until(state, async () => {
        const answer = await elb().send(new DescribeTargetHealthCommand({ TargetGroupArn: group }));
        return answer.TargetHealthDescriptions?.[0]?.TargetHealth?.State === state;
      });
    try {
      await becomes("healthy");
      await change({ HealthCheckPath: "/gone", HealthCheckIntervalSeconds: 5 });
      await becomes("unhealthy");
      await change({ Matcher: { HttpCode: "404" } });
      await becomes("healthy");
      await change({ HealthCheckIntervalSeconds: 300 });
      await change({ HealthCheckPath: "/live", UnhealthyThresholdCount: 2, HealthCheckIntervalSeconds: 5 });
      await becomes("unhealthy");
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it("decide how long the targets that leave from then on drain", async () => {
    const { listener, vpc } = await createBalancer(cloud());
    const group = await createGroup(cloud(), vpc);
    await sendAllTo(listener, group);
    const left = async () => {
      const answer = await elb().send(new DescribeTargetHealthCommand({ TargetGroupArn: group }));
      return answer.TargetHealthDescriptions?.map(({ Target, TargetHealth }) => [Target?.Port, TargetHealth?.State]);
    };
    const leave = async (Port: number, delay: string) => {
      const Targets = [{ Id: "127.0.0.1", Port }];
      await elb().send(new RegisterTargetsCommand({ TargetGroupArn: group, Targets }));
      const Attributes = [{ Key: "deregistration_delay.timeout_seconds", Value: delay }];
      await elb().send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn: group, Attributes }));
      await elb().send(new DeregisterTargetsCommand({ TargetGroupArn: group, Targets }));
    };
    await leave(1, "3000");
    await leave(2, "0");
    await until("only the first", async () => (await left())?.length === 1);
    assert.deepEqual(await left(), [[1, "draining"]]);
  });
});
