import assert from "node:assert/strict";
import type { Service } from "@aws-sdk/client-ecs";
import type { Aws } from "../../../../automation/aws/clients.ts";
import { changedByHand } from "../../../../automation/deploy/decide/hands.ts";
import type { ObservedColour } from "../../../../automation/deploy/decide/model.ts";
import { next } from "../../../../automation/deploy/decide/next.ts";
import { nothingYet, type Progress } from "../../../../automation/deploy/decide/progress.ts";
import { ecsSettings } from "../../../../automation/deploy/observe/health.ts";
import { environmentShape } from "../../../../automation/deploy/observe/shape.ts";
import { withGroups } from "../../../../automation/deploy/observe/target-groups.ts";
import type { GroupSettings, ReleaseDocument } from "../../../../programs/release.ts";
import {
  brief,
  colour,
  deployed,
  goalFor,
  now,
  observed,
  planned,
  release,
  setup,
  shapeWith,
  situation,
  stopped,
} from "../fixtures.ts";

const route = setup("/", 100);
const released: GroupSettings = { ...route.group, stickinessSeconds: 60 };
const v1 = { ...deployed("v1"), setup: { ...route, group: released } };
const document: ReleaseDocument = { ...release, services: { web: { live: "blue", blue: v1 } } };
const shape = environmentShape("production", shapeWith(["web"]));

/** A target group as the load balancer describes it. */
function described(
  { healthCheck, deregistrationDelaySeconds, stickinessSeconds }: GroupSettings,
  more: object = {},
): Aws {
  const attributes = {
    "deregistration_delay.timeout_seconds": deregistrationDelaySeconds,
    "stickiness.enabled": stickinessSeconds !== undefined,
    "stickiness.type": "lb_cookie",
    "stickiness.lb_cookie.duration_seconds": stickinessSeconds ?? 86_400,
  };
  const answers: Readonly<Record<string, object>> = {
    DescribeTargetGroupsCommand: {
      TargetGroups: [
        {
          HealthCheckPath: healthCheck.path,
          HealthCheckIntervalSeconds: healthCheck.intervalSeconds,
          HealthCheckTimeoutSeconds: healthCheck.timeoutSeconds,
          HealthyThresholdCount: healthCheck.healthyThreshold,
          UnhealthyThresholdCount: healthCheck.unhealthyThreshold,
          Matcher: { HttpCode: healthCheck.matcher ?? "200" },
          ...more,
        },
      ],
    },
    DescribeTargetGroupAttributesCommand: {
      Attributes: Object.entries(attributes).map(([Key, value]) => ({ Key, Value: String(value) })),
    },
  };
  const send = async (command: object) => answers[command.constructor.name];
  return { client: async () => ({ send }) } as unknown as Aws;
}

const refusing = {
  client: async () => ({ send: () => Promise.reject(Object.assign(new Error("no"), { name: "AccessDenied" })) }),
} as unknown as Aws;

async function seenBy(aws: Aws) {
  const before = observed({}, { release: document });
  return { ...before, services: await withGroups(aws, shape, document, before.services) };
}
const repaired = (seen: Awaited<ReturnType<typeof seenBy>>) =>
  next(situation({ goal: goalFor("repair"), observed: seen, progress: nothingYet }));

/** The ECS service of v1, as ECS describes it, and as a hand left it. */
function housed(change: Service): Awaited<ReturnType<typeof seenBy>> {
  const service: Service = {
    networkConfiguration: {
      awsvpcConfiguration: { subnets: [...route.subnetIds].reverse(), securityGroups: [route.securityGroupId] },
    },
    healthCheckGracePeriodSeconds: route.gracePeriodSeconds,
    loadBalancers: [{ containerName: route.containerName, containerPort: route.port }],
    deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
    ...change,
  };
  const before = observed({}, { release: document });
  const { web } = before.services;
  assert.ok(web);
  return {
    ...before,
    services: { ...before.services, web: { ...web, blue: { ...web.blue, ecs: ecsSettings(service) } } },
  };
}

describe("a live colour's ECS service", () => {
  it("is nothing to tell of where it is as it was released", () => {
    assert.deepEqual(changedByHand(housed({}), now), []);
    assert.match(brief(repaired(housed({}))), /^unchanged/);
  });

  const network = { subnets: [...route.subnetIds], securityGroups: [route.securityGroupId] };
  const cases: readonly (readonly [Service, string])[] = [
    [
      { networkConfiguration: { awsvpcConfiguration: { ...network, subnets: ["subnet-z"] } } },
      `subnets is subnet-z, not ${route.subnetIds.join(" ")}`,
    ],
    [
      { networkConfiguration: { awsvpcConfiguration: { ...network, securityGroups: ["sg-z"] } } },
      `securityGroups is sg-z, not ${route.securityGroupId}`,
    ],
    [
      { networkConfiguration: { awsvpcConfiguration: { ...network, assignPublicIp: "ENABLED" } } },
      "publicIp is ENABLED, not DISABLED",
    ],
    [{ healthCheckGracePeriodSeconds: 1 }, `gracePeriodSeconds is 1, not ${route.gracePeriodSeconds}`],
    [{ loadBalancers: [] }, `container is nothing, not ${route.containerName}:${route.port}`],
    [{ deploymentConfiguration: {} }, "circuitBreaker is off, not on with rollback"],
    [
      { deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: false } } },
      "circuitBreaker is on without rollback, not on with rollback",
    ],
    [{ platformVersion: "1.3.0" }, "platformVersion is 1.3.0, not LATEST"],
  ];
  for (const [change, says] of cases)
    it(`is told where ${says}, and set back by a repair`, () => {
      const seen = housed(change);
      assert.deepEqual(
        changedByHand(seen, now).map(({ why }) => why),
        [`settings of what serves or may be gone back to were changed by hand: the ECS service of web blue: ${says}`],
      );
      const decision = repaired(seen);
      assert.ok(decision.kind === "step");
      const [write] = decision.writes;
      assert.ok(write?.kind === "update-service" && !write.reconfigure && decision.writes.length === 1);
      assert.deepEqual([write.colour, write.taskDefinitionArn, write.setup], ["blue", v1.taskDefinitionArn, v1.setup]);
    });
});

describe("settings AWS shows otherwise after they were written", () => {
  const seen = housed({ platformVersion: "1.3.0" });
  const progress = { ...nothingYet, repaired: true as const, startedAt: now, housed: ["web blue"] };
  const repair = goalFor("repair");
  const at = (ms: number) => next({ ...situation({ goal: repair, observed: seen, progress }), now: now + ms });

  it("are awaited, not written again", () => {
    assert.equal(at(1).kind, "wait");
  });
  it("end a repair that has waited long enough", () => {
    const given = at(repair.limits.healthyMs);
    assert.ok(given.kind === "step");
    assert.match(given.undo ?? "", /AWS keeps other settings than were written.*platformVersion is 1.3.0, not LATEST/);
  });
});

describe("a live colour's target group", () => {
  it("is nothing to tell of where it is as it was released, or may not be read", async () => {
    for (const aws of [described(released), refusing]) {
      const seen = await seenBy(aws);
      assert.deepEqual(changedByHand(seen, now), []);
      assert.match(brief(repaired(seen)), /^unchanged/);
    }
  });

  const { stickinessSeconds: _, ...free } = released;
  const { healthCheck } = released;
  for (const [is, says] of [
    [{ ...released, healthCheck: { ...healthCheck, path: "/other" } }, `path is /other, not ${healthCheck.path}`],
    [
      { ...released, healthCheck: { ...healthCheck, unhealthyThreshold: 10 } },
      `unhealthyThreshold is 10, not ${healthCheck.unhealthyThreshold}`,
    ],
    [
      { ...released, deregistrationDelaySeconds: 0 },
      `deregistrationDelaySeconds is 0, not ${released.deregistrationDelaySeconds}`,
    ],
    [free, "stickinessSeconds is off, not 60"],
    [{ ...released, healthCheck: { ...healthCheck, matcher: "200-499" } }, "matcher is 200-499, not 200"],
  ] as const)
    it(`is told where ${says}, and set back by a repair`, async () => {
      const seen = await seenBy(described(is));
      assert.deepEqual(
        changedByHand(seen, now).map(({ why }) => why),
        [`settings of what serves or may be gone back to were changed by hand: the target group of web blue: ${says}`],
      );
      const decision = repaired(seen);
      assert.ok(decision.kind === "step");
      assert.deepEqual(decision.writes, [{ kind: "set-group", service: "web", colour: "blue", settings: released }]);
    });

  it("is told where it asks by another protocol or at another port", async () => {
    const more = { HealthCheckProtocol: "HTTPS", HealthCheckPort: "8081" };
    const seen = await seenBy(described(released, more));
    assert.match(
      changedByHand(seen, now)[0]?.why ?? "",
      /web blue: protocol is HTTPS, not HTTP, port is 8081, not traffic-port$/,
    );
    assert.match(brief(repaired(seen)), /set-group|set target groups/);
  });
});

describe("the colour that is kept for a rollback", () => {
  const v0 = { ...deployed("v0"), setup: { ...route, group: { ...released, deregistrationDelaySeconds: 7 } } };
  const both: ReleaseDocument = { ...release, services: { web: { live: "blue", blue: v1, green: v0 } } };
  const green = colour({ taskDefinitionArn: v0.taskDefinitionArn });
  /** Its target group and the live one's are described alike. */
  async function seen(idle: Partial<ObservedColour>, is: GroupSettings = v0.setup.group) {
    const before = observed({ green: { ...green, ...idle } }, { release: both });
    return { ...before, services: await withGroups(described(is), shape, both, before.services) };
  }
  const only = (halts: readonly { why: string }[]) => halts.map(({ why }) => why.replace(/^.*by hand: /, ""));
  const ecs = ecsSettings({ healthCheckGracePeriodSeconds: 99 });

  it("is compared to its own release, and set back beside what serves", async () => {
    const mixed = await seen({}, released);
    assert.deepEqual(only(changedByHand(mixed, now)), [
      "the target group of web green: deregistrationDelaySeconds is 1, not 7",
    ]);
    const decision = repaired(mixed);
    assert.ok(decision.kind === "step");
    assert.deepEqual(decision.writes, [
      { kind: "set-group", service: "web", colour: "green", settings: v0.setup.group },
    ]);
  });

  it("has the ECS service it was released with again, as many tasks as it runs", async () => {
    const other = await seen({ ecs, desired: 3, running: 3, healthy: 3 }, released);
    const { web } = other.services;
    assert.ok(web?.green.group);
    const green = { ...web.green, group: { ...web.green.group, deregistrationDelaySeconds: 7 } };
    const decision = repaired({ ...other, services: { web: { ...web, green } } });
    assert.ok(decision.kind === "step");
    const { taskDefinitionArn, setup } = v0;
    assert.deepEqual(decision.writes, [
      {
        ...{ kind: "update-service", service: "web", colour: "green", taskDefinitionArn, desired: 3 },
        ...{ reconfigure: false, setup },
      },
    ]);
  });

  it("is nobody's to compare where it runs nothing, or something else", async () => {
    for (const idle of [
      { ...stopped, ecs },
      { ecs, taskDefinitionArn: "web:7" },
    ]) {
      const { web } = (await seen(idle)).services;
      assert.equal(web?.green.group, undefined);
      const halts = changedByHand(observed({ green: { ...green, ...idle } }, { release: both }), now);
      assert.deepEqual(only(halts), []);
    }
  });

  it("is set up again by the rollback that starts it, once, also where it runs already", () => {
    const plan = { web: { from: "blue", to: "green", target: { ...v0 }, beforeDesired: 2 } } as const;
    const groups = { web: { colour: "green" as const, settings: v0.setup.group, sure: true } };
    const decide = (idle: Partial<ObservedColour>, change: Partial<Progress> = {}) => {
      const seen = observed({ green: { ...green, ...idle } }, { release: both });
      const progress = planned({ plan, groups, startedAt: now, ...change });
      return next(situation({ goal: goalFor("rollback"), observed: seen, progress }));
    };
    const writes = (decision: ReturnType<typeof next>) => (decision.kind === "step" ? decision.writes : []);
    for (const idle of [{ ecs }, { ...stopped, ecs }]) {
      const [write] = writes(decide(idle));
      assert.ok(write?.kind === "update-service", JSON.stringify(decide(idle)));
      assert.deepEqual([write.colour, write.setup, write.reconfigure], ["green", v0.setup, false]);
    }
    // Where AWS shows other settings than were written, or the ones released, it goes on.
    const set = ecsSettings({
      networkConfiguration: {
        awsvpcConfiguration: { subnets: [...route.subnetIds], securityGroups: [route.securityGroupId] },
      },
      loadBalancers: [{ containerName: route.containerName, containerPort: route.port }],
      healthCheckGracePeriodSeconds: route.gracePeriodSeconds,
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
    });
    for (const decision of [decide({ ecs }, { started: true }), decide({ ecs: set }), decide({})])
      assert.ok(!writes(decision).some(({ kind }) => kind === "update-service"), JSON.stringify(decision));
  });
});
