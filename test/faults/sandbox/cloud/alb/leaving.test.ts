import assert from "node:assert/strict";
import http from "node:http";
import type { AddressInfo } from "node:net";
import {
  CreateRuleCommand,
  DescribeRulesCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyRuleCommand,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { Agent, request } from "undici";
import type { Aws } from "../../../../../automation/aws/clients.ts";
import { environmentShape, type ServiceShape } from "../../../../../automation/deploy/observe/shape.ts";
import { readRules, writeWeights } from "../../../../../automation/deploy/observe/traffic.ts";
import { loadBalancingOf } from "../../../../../sandbox/cloud/alb/install.ts";
import { shapeWith } from "../../../../automation/deploy/fixtures.ts";
import {
  type Balancer,
  createBalancer,
  createGroup,
  until,
  useInProcessCloud,
} from "../../../../sandbox/cloud/alb/in-process.ts";

const stickinessSeconds = 3_600;

describe("leaving a colour", () => {
  const cloud = useInProcessCloud();
  const servers: http.Server[] = [];
  afterEach(() => {
    loadBalancingOf(cloud().context).lateMs = undefined;
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });
  const elb = () => cloud().client(ElasticLoadBalancingV2Client);
  const aws = () => ({ client: async () => elb() }) as unknown as Aws;
  const guard = () => new AbortController().signal;

  async function target(group: string, name: string): Promise<void> {
    const server = http.createServer((_, response) => response.end(name));
    servers.push(server);
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port: Port } = server.address() as AddressInfo;
    await elb().send(new RegisterTargetsCommand({ TargetGroupArn: group, Targets: [{ Id: "127.0.0.1", Port }] }));
    await until(`${name} healthy`, async () => (await state(group)) === "healthy");
  }

  async function state(group: string): Promise<string | undefined> {
    const { TargetHealthDescriptions } = await elb().send(new DescribeTargetHealthCommand({ TargetGroupArn: group }));
    return TargetHealthDescriptions?.[0]?.TargetHealth?.State;
  }

  /** A service as the program makes it: two colours, a production and a preview rule, with or without cookies. */
  async function serviceWith(sticky: boolean): Promise<{ balancer: Balancer; service: ServiceShape }> {
    const balancer = await createBalancer(cloud());
    const attributes: Record<string, string> = sticky ? { "stickiness.enabled": "true" } : {};
    const [blue, green] = [
      await createGroup(cloud(), balancer.vpc, attributes),
      await createGroup(cloud(), balancer.vpc, attributes),
    ];
    const rule = async (Priority: number, path: string, weights: readonly [number, number]) => {
      const created = await elb().send(
        new CreateRuleCommand({
          ListenerArn: balancer.listener,
          Priority,
          Conditions: [{ Field: "path-pattern", PathPatternConfig: { Values: [path] } }],
          Actions: [
            {
              Type: "forward",
              ForwardConfig: {
                TargetGroups: [
                  { TargetGroupArn: blue, Weight: weights[0] },
                  { TargetGroupArn: green, Weight: weights[1] },
                ],
                ...(sticky && {
                  TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: stickinessSeconds },
                }),
              },
            },
          ],
        }),
      );
      return created.Rules?.[0]?.RuleArn ?? "";
    };
    const previewRuleArn = await rule(10, "/preview", [0, 100]);
    const ruleArn = await rule(20, "/*", [100, 0]);
    await target(blue, "blue");
    await target(green, "green");
    const shape = environmentShape("production", shapeWith(["web"]));
    const web = shape.services["web"] as ServiceShape;
    const of = (targetGroupArn: string) => ({ ...web.blue, targetGroupArn });
    const arns = { ruleArn, previewRuleArn, blue: of(blue), green: of(green) };
    return { balancer, service: { ...web, ...arns, ...(sticky && { stickinessSeconds }) } };
  }

  const write = (service: ServiceShape, blue: number, alone?: true) =>
    writeWeights(
      aws(),
      service,
      service.ruleArn,
      { weights: { blue, green: 100 - blue }, ...(alone && { alone }) },
      guard,
    );

  /** A browser: keeps its cookies, and opens a connection for each request. */
  function browser(url: string) {
    const jar = new Map<string, string>();
    return async () => {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
      const { headers, body, statusCode } = await request(url, {
        headers: { ...(cookie && { cookie }), connection: "close" },
      });
      for (const set of [headers["set-cookie"] ?? []].flat()) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
        jar.set(name, value);
      }
      return statusCode === 200 ? await body.text() : String(statusCode);
    };
  }

  /** What a browser with a cookie gets until it is `wanted`. */
  const settles = (visit: () => Promise<string>, wanted: string) =>
    until(wanted, async () => (await visit()) === wanted);

  it("takes clients with cookies along at once; the next shift gives out cookies again", async () => {
    const { balancer, service } = await serviceWith(true);
    await write(service, 0);
    const visit = browser(balancer.url);
    await settles(visit, "green");
    await write(service, 100);
    for (let i = 0; i < 20; i++) assert.equal(await visit(), "green", "a cookie beats the weight on the way forward");
    await write(service, 100, true);
    await settles(visit, "blue");
    for (let i = 0; i < 20; i++) assert.equal(await visit(), "blue");
    assert.deepEqual((await readRules(aws(), [service], { name: "x-preview" })).get(service.ruleArn)?.weights, {
      blue: 100,
      green: 0,
    });
    // Still named by the preview rule: its targets go on being checked, and the next deploy finds them in use.
    assert.equal(await state(service.green.targetGroupArn), "healthy");
    await write(service, 0);
    const { Rules } = await elb().send(new DescribeRulesCommand({ RuleArns: [service.ruleArn] }));
    const forward = Rules?.[0]?.Actions?.[0]?.ForwardConfig;
    assert.equal(forward?.TargetGroups?.length, 2);
    assert.deepEqual(forward?.TargetGroupStickinessConfig, { Enabled: true, DurationSeconds: stickinessSeconds });
    await settles(browser(balancer.url), "green");
  });

  it("names both colours where no cookie keeps anyone", async () => {
    const { service } = await serviceWith(false);
    await write(service, 100, true);
    const { Rules } = await elb().send(new DescribeRulesCommand({ RuleArns: [service.ruleArn] }));
    assert.equal(Rules?.[0]?.Actions?.[0]?.ForwardConfig?.TargetGroups?.length, 2);
  });

  it("is refused by a rule of both sticky colours that is not sticky itself, as on AWS", async () => {
    const { service } = await serviceWith(true);
    const groups = [service.blue, service.green].map(({ targetGroupArn: TargetGroupArn }) => ({ TargetGroupArn }));
    await assert.rejects(
      elb().send(
        new ModifyRuleCommand({
          RuleArn: service.ruleArn,
          Actions: [{ Type: "forward", ForwardConfig: { TargetGroups: groups } }],
        }),
      ),
      /You must enable group stickiness on a rule/,
    );
  });

  it("takes as long as the last node of the load balancer does", async () => {
    const { balancer, service } = await serviceWith(false);
    loadBalancingOf(cloud().context).lateMs = 400;
    const agent = new Agent({ connections: 3 });
    const visit = async () => (await request(balancer.url, { dispatcher: agent })).body.text();
    const visits = async () => new Set(await Promise.all(Array.from({ length: 9 }, visit)));
    assert.deepEqual(await visits(), new Set(["blue"]));
    const began = performance.now();
    await write(service, 0);
    await until("both", async () => (await visits()).size === 2, 350);
    await until("green alone", async () => ![...(await visits())].includes("blue"), 2_000);
    assert.ok(performance.now() - began >= 400, `${performance.now() - began} ms`);
    await agent.destroy();
  });
});
