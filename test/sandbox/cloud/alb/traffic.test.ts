import assert from "node:assert/strict";
import http from "node:http";
import type { AddressInfo } from "node:net";
import {
  CreateRuleCommand,
  DeregisterTargetsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyRuleCommand,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { Agent, request } from "undici";
import WebSocket, { WebSocketServer } from "ws";
import { loadBalancingOf } from "../../../../sandbox/cloud/alb/install.ts";
import { type Balancer, createBalancer, createGroup, until, useInProcessCloud } from "./in-process.ts";

interface Backend {
  readonly port: number;
  readonly name: string;
  readonly server: http.Server;
  healthStatus: number;
}

describe("load balancer traffic", () => {
  const cloud = useInProcessCloud();
  const backends: Backend[] = [];
  const agents: Agent[] = [];
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.destroy()));
    for (const { server } of backends.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  async function backend(
    name: string,
    handle?: http.RequestListener,
    options: http.ServerOptions = {},
  ): Promise<Backend> {
    const server = http.createServer(options, (incoming, response) => {
      if (incoming.url === "/healthz") {
        response.writeHead(self.healthStatus).end();
        return;
      }
      response.setHeader("x-name", name);
      if (handle !== undefined) handle(incoming, response);
      else incoming.resume().on("end", () => response.end(name));
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const self: Backend = { port: (server.address() as AddressInfo).port, name, server, healthStatus: 200 };
    backends.push(self);
    return self;
  }

  const elb = () => cloud().client(ElasticLoadBalancingV2Client);
  const weighted = (groups: Record<string, number>, sticky?: number) => [
    {
      Type: "forward" as const,
      ForwardConfig: {
        TargetGroups: Object.entries(groups).map(([TargetGroupArn, Weight]) => ({ TargetGroupArn, Weight })),
        ...(sticky === undefined ? {} : { TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: sticky } }),
      },
    },
  ];

  async function rule(
    balancer: Balancer,
    path: string,
    groups: Record<string, number>,
    priority: number,
    sticky?: number,
  ) {
    const created = await elb().send(
      new CreateRuleCommand({
        ListenerArn: balancer.listener,
        Priority: priority,
        Conditions: [{ Field: "path-pattern", PathPatternConfig: { Values: [path] } }],
        Actions: weighted(groups, sticky),
      }),
    );
    return created.Rules?.[0]?.RuleArn ?? "";
  }

  const register = (group: string, ...ports: number[]) =>
    elb().send(
      new RegisterTargetsCommand({ TargetGroupArn: group, Targets: ports.map((Port) => ({ Id: "127.0.0.1", Port })) }),
    );
  const states = async (group: string) => {
    const answer = await elb().send(new DescribeTargetHealthCommand({ TargetGroupArn: group }));
    return (answer.TargetHealthDescriptions ?? []).map(({ TargetHealth }) => TargetHealth);
  };
  const healthy = (group: string) =>
    until(`targets of ${group} healthy`, async () => {
      const all = await states(group);
      return all.length > 0 && all.every((health) => health?.State === "healthy");
    });

  /** Blue and green, one target each, behind a rule at the given weights. */
  async function pair(
    weights: readonly [number, number],
    options: { sticky?: number; handle?: http.RequestListener } = {},
  ) {
    const balancer = await createBalancer(cloud());
    const blue = await createGroup(cloud(), balancer.vpc);
    const green = await createGroup(cloud(), balancer.vpc);
    const ruleArn = await rule(balancer, "/*", { [blue]: weights[0], [green]: weights[1] }, 10, options.sticky);
    const [b, g] = [await backend("blue", options.handle), await backend("green", options.handle)];
    await register(blue, b.port);
    await register(green, g.port);
    await healthy(blue);
    await healthy(green);
    const shift = (toBlue: number, toGreen: number) =>
      elb().send(
        new ModifyRuleCommand({
          RuleArn: ruleArn,
          Actions: weighted({ [blue]: toBlue, [green]: toGreen }, options.sticky),
        }),
      );
    return { balancer, blue, green, b, g, shift };
  }

  async function get(url: string, headers: Record<string, string> = {}) {
    const answer = await request(url, { headers });
    return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
  }

  it("answers by the default action without a rule", async () => {
    const balancer = await createBalancer(cloud());
    assert.deepEqual(await get(`${balancer.url}/x`).then(({ status, body }) => ({ status, body })), {
      status: 404,
      body: "nothing here",
    });
  });

  it("shifts from blue to green under load without a failed request", async () => {
    const { balancer, shift } = await pair([100, 0]);
    const agent = new Agent({ connections: 16 });
    agents.push(agent);
    const seen = new Map<string, number>();
    let failed = 0;
    let running = true;
    const worker = async (i: number) => {
      for (let n = 0; running; n++) {
        const post = (n + i) % 3 === 0;
        const answer = await request(`${balancer.url}/x`, {
          dispatcher: agent,
          method: post ? "POST" : "GET",
          body: post ? "a body" : undefined,
        });
        const body = await answer.body.text();
        if (answer.statusCode !== 200) failed += 1;
        seen.set(body, (seen.get(body) ?? 0) + 1);
      }
    };
    const workers = Array.from({ length: 16 }, (_, i) => worker(i));
    for (const green of [10, 50, 100]) {
      await until(`${green} more`, () => (seen.get("blue") ?? 0) + (seen.get("green") ?? 0) > green * 5);
      await shift(100 - green, green);
    }
    const before = seen.get("green") ?? 0;
    await until("green serves", () => (seen.get("green") ?? 0) > before + 500);
    const blueAfter = seen.get("blue") ?? 0;
    await until("green alone", () => (seen.get("green") ?? 0) > before + 1000);
    running = false;
    await Promise.all(workers);
    assert.equal(failed, 0);
    assert.equal(seen.get("blue"), blueAfter);
  });

  it("lets a long request finish while its target drains, and sends it no new ones", async () => {
    let release: (() => void) | undefined;
    const { balancer, blue, b } = await pair([100, 0], {
      handle: (incoming, response) => {
        if (incoming.url !== "/slow") response.end("fast");
        else release = () => response.end("slow");
      },
    });
    const slow = get(`${balancer.url}/slow`);
    await until("the slow request arrives", () => release !== undefined);
    await elb().send(
      new DeregisterTargetsCommand({ TargetGroupArn: blue, Targets: [{ Id: "127.0.0.1", Port: b.port }] }),
    );
    assert.deepEqual((await states(blue))[0], {
      State: "draining",
      Reason: "Target.DeregistrationInProgress",
      Description: "Target deregistration is in progress",
    });
    assert.equal((await get(`${balancer.url}/x`)).status, 503);
    release?.();
    assert.equal((await slow).body, "slow");
    await until("the target is gone", async () => (await states(blue)).length === 0);
  });

  it("cuts what outlives the deregistration delay", async () => {
    let arrived = false;
    const never: http.RequestListener = () => {
      arrived = true;
    };
    const { balancer, blue, b } = await pair([100, 0], { handle: never });
    const stuck = get(`${balancer.url}/stuck`).then(({ status }) => status);
    await until("the request arrives", () => arrived);
    await elb().send(
      new DeregisterTargetsCommand({ TargetGroupArn: blue, Targets: [{ Id: "127.0.0.1", Port: b.port }] }),
    );
    assert.equal(await stuck, 502);
  });

  it("keeps a websocket through a shift, and cuts it when its target's delay is over", async () => {
    const { balancer, blue, b, shift } = await pair([100, 0]);
    const sockets = new WebSocketServer({ server: b.server });
    sockets.on("connection", (socket) => socket.on("message", (data) => socket.send(`echo ${data}`)));
    const client = new WebSocket(`${balancer.url.replace("http", "ws")}/socket`);
    const messages: string[] = [];
    client.on("message", (data) => messages.push(String(data)));
    const closed = new Promise<void>((done) => client.on("close", () => done()));
    await new Promise((open, fail) => client.on("open", open).on("error", fail));
    await shift(0, 100);
    await until("green serves", async () => (await get(`${balancer.url}/x`)).body === "green");
    client.send("still here");
    await until("an echo", () => messages.includes("echo still here"));
    await elb().send(
      new DeregisterTargetsCommand({ TargetGroupArn: blue, Targets: [{ Id: "127.0.0.1", Port: b.port }] }),
    );
    client.send("draining");
    await until("an echo while draining", () => messages.includes("echo draining"));
    await closed;
    sockets.close();
    const { forcedCloses } = loadBalancingOf(cloud().context).groups.get(blue) ?? {};
    await until("the forced close is counted", () => forcedCloses?.websocket === 1);
    assert.equal(forcedCloses?.request, 0);
  });

  it("fails open when no target is healthy", async () => {
    const { balancer, blue, b } = await pair([100, 0]);
    b.healthStatus = 500;
    await until("unhealthy", async () => (await states(blue))[0]?.State === "unhealthy");
    assert.deepEqual((await states(blue))[0], {
      State: "unhealthy",
      Reason: "Target.ResponseCodeMismatch",
      Description: "Health checks failed with these codes: [500]",
    });
    assert.equal((await get(`${balancer.url}/x`)).body, "blue");
  });

  it("answers 503 for the share of a group without targets", async () => {
    const { balancer, green, g, shift } = await pair([100, 0]);
    await elb().send(
      new DeregisterTargetsCommand({ TargetGroupArn: green, Targets: [{ Id: "127.0.0.1", Port: g.port }] }),
    );
    await shift(50, 50);
    const seen = new Set<number>();
    await until("both", async () => {
      seen.add((await get(`${balancer.url}/x`)).status);
      return seen.size === 2;
    });
    assert.deepEqual([...seen].sort(), [200, 503]);
  });

  it("keeps a client on its group against the weights, 503 included, while the cookie lasts", async () => {
    const { balancer, blue, b, shift } = await pair([100, 0], { sticky: 100 });
    const first = await get(`${balancer.url}/x`);
    const cookies = [first.headers["set-cookie"] ?? []].flat();
    const cookie = cookies.find((one) => one.startsWith("AWSALBTG="))?.split(";")[0] ?? "";
    await shift(0, 100);
    await until("others go to green", async () => (await get(`${balancer.url}/x`)).body === "green");
    assert.equal((await get(`${balancer.url}/x`, { cookie })).body, "blue");
    await elb().send(
      new DeregisterTargetsCommand({ TargetGroupArn: blue, Targets: [{ Id: "127.0.0.1", Port: b.port }] }),
    );
    assert.equal((await get(`${balancer.url}/x`, { cookie })).status, 503);
    await until("the cookie expires", async () => (await get(`${balancer.url}/x`, { cookie })).body === "green");
  });

  it("passes a closed idle connection over without a failed request", async () => {
    const balancer = await createBalancer(cloud());
    const group = await createGroup(cloud(), balancer.vpc);
    await rule(balancer, "/*", { [group]: 1 }, 10);
    // Without the Keep-Alive hint the balancer cannot know when the target gives up on the connection.
    const short = await backend("short", (_, response) => response.writeHead(200, { "keep-alive": "" }).end("ok"), {
      keepAliveTimeout: 5,
    });
    await register(group, short.port);
    await healthy(group);
    for (let n = 0; n < 60; n++) {
      assert.equal((await get(`${balancer.url}/x`)).status, 200);
      await new Promise((idle) => setTimeout(idle, n % 12));
    }
  });

  it("answers 502 when the target refuses the connection", async () => {
    const { balancer, b } = await pair([100, 0]);
    b.server.closeAllConnections();
    b.server.close();
    assert.equal((await get(`${balancer.url}/x`)).status, 502);
  });

  it("streams bodies both ways and adds its headers", async () => {
    const { balancer } = await pair([100, 0], {
      handle: (incoming, response) => {
        response.setHeader("x-seen", JSON.stringify(incoming.headers));
        incoming.pipe(response);
      },
    });
    const body = Buffer.alloc(3_000_000, "switchyard ");
    const answer = await request(`${balancer.url}/x`, {
      method: "POST",
      body,
      headers: { "x-forwarded-for": "192.0.2.1" },
    });
    assert.ok(Buffer.from(await answer.body.arrayBuffer()).equals(body));
    const seen = JSON.parse(String(answer.headers["x-seen"])) as Record<string, string>;
    assert.equal(seen["x-forwarded-for"], "192.0.2.1, 127.0.0.1");
    assert.equal(seen["x-forwarded-proto"], "http");
    assert.equal(seen["x-forwarded-port"], "80");
    assert.match(seen["x-amzn-trace-id"] ?? "", /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
  });

  it("checks a group at weight 0, and leaves one no rule names unused", async () => {
    const balancer = await createBalancer(cloud());
    const [used, idle, loose] = await Promise.all([0, 1, 2].map(() => createGroup(cloud(), balancer.vpc)));
    assert.ok(used && idle && loose);
    const one = await backend("one");
    for (const group of [used, idle, loose]) await register(group, one.port);
    await rule(balancer, "/*", { [used]: 100, [idle]: 0 }, 10);
    await healthy(idle);
    assert.deepEqual(await states(loose), [
      {
        State: "unused",
        Reason: "Target.NotInUse",
        Description: "Target group is not configured to receive traffic from the load balancer",
      },
    ]);
  });
});
