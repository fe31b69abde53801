import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { gracePeriodSeconds } from "../../../programs/components/service/colour.ts";
import {
  containerDefinitions,
  fingerprint,
  type ReleaseInputs,
} from "../../../programs/components/service/containers.ts";
import { repositoryArn } from "../../../programs/components/service/repository.ts";
import type { Setup } from "../../../programs/release.ts";
import { pathPatterns } from "../../../programs/routes.ts";
import { values } from "../fixtures.ts";
import { digestOf } from "../mocks.ts";
import { container, environmentOf, runEnvironment, statements } from "../runs.ts";

const taskDefinition = "aws:ecs/taskDefinition:TaskDefinition";
const rule = "aws:lb/listenerRule:ListenerRule";

describe("service", () => {
  describe("rules", () => {
    it("take nothing before a first release but what carries the header, to green", async () => {
      const { resources } = await environmentOf("development");
      assert.deepEqual(weights(resources.one(rule, "api").inputs), [100, 0]);
      assert.deepEqual(weights(resources.one(rule, "api-preview").inputs), [0, 100]);
      const header = { httpHeader: { httpHeaderName: "x-switchyard-preview", values: ["drawn-at-random"] } };
      const path = { pathPattern: { values: ["/api", "/api/*"] } };
      const nobody = { sourceIp: { values: ["192.0.2.1/32"] } };
      assert.deepEqual(resources.one(rule, "api").inputs["conditions"], [nobody]);
      assert.deepEqual(secretValue(resources.one(rule, "api-preview").inputs["conditions"]), [path, header]);
    });

    it("for the preview come before every rule for production, longer paths before shorter", async () => {
      const { resources } = await environmentOf("development");
      const order = [...resources.all(rule)]
        .sort((a, b) => Number(a.inputs["priority"]) - Number(b.inputs["priority"]))
        .map(({ name }) => name);
      assert.deepEqual(order, ["api-preview", "web-preview", "api", "web"]);
    });

    it("are made after those that are asked before them, and so taken away before them, whatever the file's order", async () => {
      const { services } = values();
      const reversed = Object.fromEntries(Object.entries(services).reverse());
      for (const each of [services, reversed]) {
        const { resources } = await runEnvironment({ services: each });
        const madeAfter = (name: string) =>
          resources.one(rule, name).dependsOn.filter((urn) => urn.includes(`${rule}::`));
        assert.deepEqual(madeAfter("api"), []);
        assert.deepEqual(
          madeAfter("web").map((urn) => urn.split("::").at(-1)),
          ["api"],
        );
      }
    });

    it("match a path and what is below it, and nothing that only begins like it", () => {
      assert.deepEqual(pathPatterns("/"), ["/*"]);
      assert.deepEqual(pathPatterns("/api"), ["/api", "/api/*"]);
    });

    it("stick to a colour only when the service is sticky", async () => {
      const { services } = values();
      const web = { ...services["web"], stickinessSeconds: 600 };
      const { resources, outputs } = await runEnvironment({ services: { ...services, web } });
      assert.match(JSON.stringify(resources.one(rule, "web").inputs), /"stickiness":{"duration":600,"enabled":true}/);
      assert.ok(!JSON.stringify(resources.one(rule, "api").inputs).includes("stickiness"));
      const group = resources.one("aws:lb/targetGroup:TargetGroup", "web-green").inputs;
      assert.deepEqual(group["stickiness"], { type: "lb_cookie", enabled: true, cookieDuration: 600 });
      assert.equal(outputs.services["web"]?.stickinessSeconds, 600);
    });
  });

  it("has two equal target groups, checked as configured", async () => {
    const { resources } = await environmentOf("development");
    const blue = resources.one("aws:lb/targetGroup:TargetGroup", "api-blue").inputs;
    assert.deepEqual(resources.one("aws:lb/targetGroup:TargetGroup", "api-green").inputs, blue);
    assert.equal(blue["deregistrationDelay"], 30);
    assert.deepEqual(blue["healthCheck"], {
      enabled: true,
      path: "/api/healthz",
      port: "traffic-port",
      protocol: "HTTP",
      matcher: "200",
      interval: 10,
      timeout: 4,
      healthyThreshold: 2,
      unhealthyThreshold: 3,
    });
  });

  it("has the status codes that are well in its target groups, in its release, and in what tells it from others", async () => {
    const { services } = values();
    const web = services["web"] as { healthCheck: object };
    const with_ = (change: object) =>
      runEnvironment({ services: { ...services, web: { ...web, healthCheck: { ...web.healthCheck, ...change } } } });
    const [plain, same, other] = [
      await with_({}),
      await with_({ matcher: "200" }),
      await with_({ matcher: "200-299" }),
    ];
    const check = ({ resources }: typeof plain) =>
      resources.one("aws:lb/targetGroup:TargetGroup", "web-green").inputs["healthCheck"] as { matcher: string };
    assert.deepEqual([check(plain).matcher, check(other).matcher], ["200", "200-299"]);
    const staged = ({ outputs }: typeof plain) => outputs.services["web"]?.staged;
    assert.equal(staged(other)?.setup.group.healthCheck.matcher, "200-299");
    assert.equal(staged(plain)?.release, staged(same)?.release);
    assert.notEqual(staged(plain)?.release, staged(other)?.release);
  });

  it("keeps its target groups when its port changes", async () => {
    const { services } = values();
    const changed = await runEnvironment({ services: { ...services, web: { ...services["web"], port: 3000 } } });
    const before = (await runEnvironment({})).resources.one("aws:lb/targetGroup:TargetGroup", "web-blue").inputs;
    assert.deepEqual(changed.resources.one("aws:lb/targetGroup:TargetGroup", "web-blue").inputs, before);
    const task = container(changed.resources.one(taskDefinition, "web").inputs["containerDefinitions"]);
    assert.deepEqual(task["portMappings"], [{ containerPort: 3000, hostPort: 3000, protocol: "tcp" }]);
  });

  describe("each colour", () => {
    it("starts empty, in private subnets, after all that lets it start and be reached", async () => {
      const { resources } = await environmentOf("development");
      for (const colour of ["blue", "green"]) {
        const { inputs, dependsOn } = resources.one("aws:ecs/service:Service", `api-${colour}`);
        assert.equal(inputs["desiredCount"], 0);
        assert.equal(inputs["launchType"], "FARGATE");
        assert.deepEqual(inputs["networkConfiguration"], {
          subnets: ["subnet-private-1", "subnet-private-2"],
          securityGroups: ["api-service-id"],
          assignPublicIp: false,
        });
        assert.deepEqual(inputs["deploymentCircuitBreaker"], { enable: true, rollback: true });
        assert.deepEqual(inputs["loadBalancers"], [
          {
            containerName: "api",
            containerPort: 8080,
            targetGroupArn: `arn:aws:lb:us-east-1:123456789012:api-${colour}`,
          },
        ]);
        for (const needed of [/ListenerRule::api$/, /ListenerRule::api-preview$/, /RolePolicy::api-execution$/])
          assert.ok(
            dependsOn.some((urn) => needed.test(urn)),
            `waits for ${needed}`,
          );
      }
    });

    it("never grows by itself while idle, and to its configured size while live", async () => {
      const { services } = values();
      const web = { ...services["web"], minCapacity: 1, maxCapacity: 9 };
      const { resources, outputs } = await runEnvironment({ services: { ...services, web } });
      const { inputs } = resources.one("aws:appautoscaling/target:Target", "web-green");
      assert.deepEqual([inputs["minCapacity"], inputs["maxCapacity"]], [0, 9]);
      assert.deepEqual([outputs.services["web"]?.minCapacity, outputs.services["web"]?.maxCapacity], [1, 9]);
    });

    it("leaves a starting task the time to pass its checks", () => {
      const check = { path: "/", intervalSeconds: 10, timeoutSeconds: 4, healthyThreshold: 3, unhealthyThreshold: 2 };
      assert.equal(gracePeriodSeconds({ healthCheck: check }), 40);
      assert.equal(gracePeriodSeconds({ healthCheck: { ...check, gracePeriodSeconds: 240 } }), 240);
      assert.equal(gracePeriodSeconds({ healthCheck: { ...check, gracePeriodSeconds: 0 } }), 0);
    });

    it("is deleted with its tasks outside production only", async () => {
      const of = async (tier: "development" | "production") =>
        (await environmentOf(tier)).resources.one("aws:ecs/service:Service", "web-blue").inputs["forceDelete"];
      assert.equal(await of("development"), true);
      assert.equal(await of("production"), false);
    });
  });

  describe("task definition", () => {
    it("runs without privileges, from a digest, on a file system it cannot write", async () => {
      const { resources } = await environmentOf("development");
      const { inputs } = resources.one(taskDefinition, "web");
      assert.equal(inputs["skipDestroy"], true, "a superseded revision may still run");
      assert.equal(inputs["networkMode"], "awsvpc");
      assert.notEqual(inputs["executionRoleArn"], inputs["taskRoleArn"]);
      const task = container(inputs["containerDefinitions"]);
      assert.equal(task["image"], digestOf("web"));
      assert.equal(task["user"], "65532:65532");
      assert.equal(task["readonlyRootFilesystem"], true);
      assert.deepEqual(task["linuxParameters"], { initProcessEnabled: true, capabilities: { drop: ["ALL"] } });
      assert.equal(task["stopTimeout"], 60);
    });

    it("gives the database's address and password to the services that have it, by reference", async () => {
      const { resources } = await environmentOf("development");
      const api = container(resources.one(taskDefinition, "api").inputs["containerDefinitions"]);
      const names = (api["environment"] as { name: string }[]).map(({ name }) => name);
      assert.deepEqual(names, [
        "API_URL",
        "DATABASE_HOST",
        "DATABASE_NAME",
        "DATABASE_PORT",
        "DATABASE_USER",
        "PORT",
        "RELEASE",
      ]);
      const secrets = api["secrets"] as { name: string; valueFrom: string }[];
      assert.deepEqual(
        secrets.map(({ name }) => name),
        ["DATABASE_PASSWORD", "DATABASE_URL", "STRIPE_KEY"],
      );
      assert.match(secrets[0]?.valueFrom ?? "", /database-user-AbCdEf:password::$/);
      assert.match(secrets[1]?.valueFrom ?? "", /database-url-AbCdEf$/);
      assert.match(secrets[2]?.valueFrom ?? "", /\/api-AbCdEf:stripe::$/);
      const web = JSON.stringify(container(resources.one(taskDefinition, "web").inputs["containerDefinitions"]));
      assert.ok(!web.includes("DATABASE"));
    });

    it("names the release it is, as the outputs do", async () => {
      const { resources, outputs } = await environmentOf("development");
      const web = container(resources.one(taskDefinition, "web").inputs["containerDefinitions"]);
      const release = (web["environment"] as { name: string; value: string }[]).find(({ name }) => name === "RELEASE");
      assert.equal(release?.value, outputs.services["web"]?.staged?.release);
    });
  });

  describe("roles", () => {
    it("let the execution role read its own secrets, log group and repository, and nothing else", async () => {
      const { resources } = await environmentOf("development");
      const of = (name: string) =>
        statements(resources.one("aws:iam/rolePolicy:RolePolicy", `${name}-execution`).inputs["policy"]);
      assert.deepEqual(
        of("web").map(({ Action, Resource }) => [Action, Resource]),
        [
          ["ecr:GetAuthorizationToken", "*"],
          [
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            ["arn:aws:ecr:us-east-1:123456789012:repository/switchyard/web"],
          ],
          [["logs:CreateLogStream", "logs:PutLogEvents"], "arn:aws:cloudwatch:us-east-1:123456789012:web:*"],
        ],
      );
      const [, , , secrets, decrypt, ...others] = of("api");
      assert.deepEqual(others, []);
      assert.equal(secrets?.Action, "secretsmanager:GetSecretValue");
      assert.deepEqual(secrets?.Resource, [
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:switchyard/development/api-AbCdEf",
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:switchyard/development/platform/database-user-AbCdEf",
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:switchyard/development/platform/database-url-AbCdEf",
      ]);
      assert.deepEqual(decrypt?.Condition, {
        StringEquals: { "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com" },
      });
    });

    it("give the service's own code no rights until it needs some", async () => {
      const { resources } = await environmentOf("development");
      const policies = resources.all("aws:iam/rolePolicy:RolePolicy");
      assert.deepEqual(
        policies.filter(({ inputs }) => /-task$/.test(String(inputs["role"]))),
        [],
      );
    });

    it("may be taken by ECS for this account only", async () => {
      const { resources } = await environmentOf("development");
      const [statement] = statements(resources.one("aws:iam/role:Role", "web-execution").inputs["assumeRolePolicy"]);
      assert.deepEqual(statement?.Principal, { Service: "ecs-tasks.amazonaws.com" });
      assert.deepEqual(statement?.Condition, { StringEquals: { "aws:SourceAccount": "123456789012" } });
    });
  });

  describe("firewall", () => {
    it("lets in the load balancer only, and out to the web", async () => {
      const { resources } = await environmentOf("production");
      const into = resources
        .all("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        .filter(({ inputs }) => inputs["securityGroupId"] === "web-service-id");
      assert.deepEqual(
        into.map(({ inputs }) => [inputs["referencedSecurityGroupId"], inputs["fromPort"], inputs["toPort"]]),
        [["production-alb-id", 8080, 8080]],
      );
      const out = resources
        .all("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
        .filter(({ inputs }) => inputs["securityGroupId"] === "web-service-id");
      assert.deepEqual(
        out.map(({ inputs }) => inputs["fromPort"]),
        [443],
      );
    });

    it("lets services without TLS call the environment's own address", async () => {
      const { resources } = await environmentOf("development");
      const out = resources
        .all("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
        .filter(({ inputs }) => inputs["securityGroupId"] === "web-service-id");
      assert.deepEqual(
        out.map(({ inputs }) => inputs["fromPort"]),
        [80, 443],
      );
    });
  });
});

const setupAt = (port: number): Setup => ({
  ...{ containerName: "web", port, subnetIds: ["subnet-a"], securityGroupId: "sg-1", gracePeriodSeconds: 30 },
  group: {
    healthCheck: { path: "/", intervalSeconds: 10, timeoutSeconds: 4, healthyThreshold: 2, unhealthyThreshold: 3 },
    deregistrationDelaySeconds: 30,
  },
  ...{ route: { path: "/", priority: 100 }, secrets: [] },
});

describe("fingerprint", () => {
  const variables = fc.dictionary(fc.stringMatching(/^[A-Z]{1,5}$/), fc.string(), { noNullPrototype: true });
  const inputs: fc.Arbitrary<ReleaseInputs> = fc
    .tuple(fc.string(), variables, variables, fc.nat(), fc.nat(), fc.nat(), fc.nat())
    .map(([image, environment, secrets, cpu, memory, port, stopTimeoutSeconds]) => ({
      image,
      environment,
      secrets,
      cpu,
      memory,
      stopTimeoutSeconds,
      architecture: "ARM64",
      setup: setupAt(port),
    }));

  it("is 12 hex digits and does not depend on the order of variables", () => {
    const reversed = (of: Readonly<Record<string, string>>) => Object.fromEntries(Object.entries(of).reverse());
    fc.assert(
      fc.property(inputs, (release) => {
        const same = { ...release, environment: reversed(release.environment), secrets: reversed(release.secrets) };
        assert.match(fingerprint(release), /^[0-9a-f]{12}$/);
        assert.equal(fingerprint(same), fingerprint(release));
      }),
    );
  });

  it("changes with anything a release is made of", () => {
    fc.assert(
      fc.property(inputs, (release) => {
        const changes: Partial<ReleaseInputs>[] = [
          { image: `${release.image}x` },
          { environment: { ...release.environment, ANOTHER: "" } },
          { secrets: { ...release.secrets, ANOTHER: "" } },
          { environment: release.secrets, secrets: { ...release.environment, ANOTHER: "" } },
          { cpu: release.cpu + 1 },
          { memory: release.memory + 1 },
          { setup: setupAt(release.setup.port + 1) },
          { setup: { ...release.setup, subnetIds: ["subnet-a", "subnet-b"] } },
          { setup: { ...release.setup, route: { path: "/docs", priority: 100 } } },
          { setup: { ...release.setup, group: { ...release.setup.group, stickinessSeconds: 60 } } },
          { stopTimeoutSeconds: release.stopTimeoutSeconds + 1 },
          { architecture: "X86_64" },
        ];
        const prints = changes.map((change) => fingerprint({ ...release, ...change }));
        assert.ok(!prints.includes(fingerprint(release)));
      }),
    );
  });

  it("cannot be moved between a variable's name and its value", () => {
    const release = { image: "i", secrets: {}, cpu: 1, memory: 1, stopTimeoutSeconds: 1, setup: setupAt(1) };
    const of = (environment: Record<string, string>) => fingerprint({ ...release, architecture: "ARM64", environment });
    assert.notEqual(of({ AB: "C" }), of({ A: "BC" }));
  });

  it("is what the container is told, and is not itself part of it", () => {
    fc.assert(
      fc.property(inputs, (release) => {
        const json = containerDefinitions({ ...release, name: "web", logGroup: "g", region: "r" });
        const variables = container(json)["environment"] as { name: string; value: string }[];
        assert.equal(variables.find(({ name }) => name === "RELEASE")?.value, fingerprint(release));
        assert.equal(variables.find(({ name }) => name === "PORT")?.value, String(release.setup.port));
      }),
    );
  });
});

describe("repository ARN", () => {
  const account = { id: "1".repeat(12), region: "us-east-1", partition: "aws" };

  it("is of the account and region in the URL", () => {
    assert.equal(
      repositoryArn("222222222222.dkr.ecr.eu-west-1.amazonaws.com/switchyard/web", account),
      "arn:aws:ecr:eu-west-1:222222222222:repository/switchyard/web",
    );
  });

  it("is refused for what is no private repository", () => {
    assert.throws(() => repositoryArn("public.ecr.aws/x/web", account), /not the URL of a private ECR repository/);
  });
});

function weights(inputs: Record<string, unknown>): number[] {
  const [action] = inputs["actions"] as { forward: { targetGroups: { weight: number }[] } }[];
  return (action?.forward.targetGroups ?? []).map(({ weight }) => weight);
}

/** The value of a secret as it goes to the engine; fails when it goes there as plain text. */
function secretValue(input: unknown): unknown {
  assert.ok(pulumi.runtime.isRpcSecret(input), "not a secret");
  return pulumi.runtime.unwrapRpcSecret(input);
}
