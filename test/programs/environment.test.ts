import assert from "node:assert/strict";
import { decide } from "@switchyard/iam/decide.ts";
import { readDocument } from "@switchyard/iam/document.ts";
import { workloadBoundaryName } from "../../programs/components/roles/names.ts";
import { pipelineConfig } from "../../programs/config.ts";
import { environment } from "../../programs/environment.ts";
import { pipeline } from "../../programs/pipeline.ts";
import type { Setup } from "../../programs/release.ts";
import type { Values } from "../support/sequences/changes.ts";
import { Environment } from "../support/sequences/environment.ts";
import { config, release, values } from "./fixtures.ts";
import { digestOf, run } from "./mocks.ts";
import { environmentOf, runEnvironment } from "./runs.ts";

const service = "aws:ecs/service:Service";
const taskDefinition = "aws:ecs/taskDefinition:TaskDefinition";
const rule = "aws:lb/listenerRule:ListenerRule";
const target = "aws:appautoscaling/target:Target";
const deployedAs = { taskDefinitionArn: "t", release: "r", migrations: [], deployedAt: "2026-11-01T10:00:00.000Z" };
const setupOfWeb: Setup = {
  ...{ containerName: "web", port: 8080, subnetIds: ["subnet-a"], securityGroupId: "sg-1", gracePeriodSeconds: 30 },
  group: {
    healthCheck: { path: "/", intervalSeconds: 10, timeoutSeconds: 4, healthyThreshold: 2, unhealthyThreshold: 3 },
    deregistrationDelaySeconds: 30,
  },
  ...{ route: { path: "/", priority: 900 }, secrets: [] },
};

describe("environment program", () => {
  it("answers what users and the driver need", async () => {
    const { outputs } = await environmentOf("development");
    assert.equal(outputs.url, "http://alb.example.com");
    assert.equal(outputs.albHostname, "alb.example.com");
    assert.equal(outputs.databaseEndpoint, "db.internal:5432");
    assert.equal(outputs.bucketDomainName, "sandbox-files.s3.amazonaws.com".replace("sandbox", "development"));
    assert.equal(outputs.clusterName, "development");
    assert.equal(outputs.migrationFunctionName, "development-migrate");
    assert.equal(outputs.migrationImage, digestOf("migrate"));
    assert.equal(outputs.previewHeader.name, "x-switchyard-preview");
    assert.match(outputs.previewHeader.secretArn, /preview-header/);
    assert.deepEqual(Object.keys(outputs.services).sort(), ["api", "web"]);
  });

  it("tells the driver each service's colours, rules and staged release", async () => {
    const { api } = (await environmentOf("development")).outputs.services;
    assert.ok(api);
    const { staged, blue, green, ruleArn, previewRuleArn, ...settings } = api;
    assert.equal(staged?.image, digestOf("api"));
    assert.equal(staged?.version, "v1");
    assert.match(staged?.release ?? "", /^[0-9a-f]{12}$/);
    assert.match(staged?.taskDefinitionArn ?? "", /api$/);
    assert.equal(blue.scalableTargetId, "service/development/api-blue");
    assert.equal(green.scalableTargetId, "service/development/api-green");
    assert.notEqual(blue.targetGroupArn, green.targetGroupArn);
    assert.notEqual(ruleArn, previewRuleArn);
    assert.deepEqual(settings, {
      path: "/api",
      priority: 100,
      repository: digestOf("api").replace(/@.*/, ""),
      containerName: "api",
      containerPort: 8080,
      logGroup: "/switchyard/development/api",
      subnetIds: ["subnet-private-1", "subnet-private-2"],
      securityGroupId: "api-service-id",
      healthCheckPath: "/api/healthz",
      minCapacity: 2,
      maxCapacity: 2,
      desiredCount: 2,
      order: 0,
      checks: api.checks,
      deregistrationDelaySeconds: 30,
      stopTimeoutSeconds: 60,
    });
  });

  it("has the whole way in before the first release, and no tasks", async () => {
    const { outputs, resources } = await run("sandbox", {}, () => environment(config()));
    assert.deepEqual(resources.all(service), []);
    assert.deepEqual(resources.all(taskDefinition), []);
    assert.deepEqual(resources.all("aws:lambda/function:Function"), []);
    assert.equal(resources.all(rule).length, 4);
    const { web } = outputs.services as Awaited<ReturnType<typeof environmentOf>>["outputs"]["services"];
    assert.equal(web?.staged, undefined);
    assert.deepEqual(Object.keys(web?.blue ?? {}), ["targetGroupArn"]);
    assert.equal("migrationImage" in outputs, false);
    assert.equal(outputs.migrationFunctionName, "sandbox-migrate");
  });

  it("reads its own release document from the pipeline's ledger", async () => {
    const { resources } = await environmentOf("development");
    const read = resources.calls.find(({ token }) => token.includes("getTableItem"));
    assert.deepEqual(read?.inputs, {
      tableName: "ledger",
      key: '{"stack":{"S":"development"},"item":{"S":"release"}}',
    });
  });

  it("passes on every error of the ledger but the missing item", async () => {
    const ledgerError = "reading DynamoDB Table Item (ledger|...): AccessDeniedException";
    await assert.rejects(
      run("sandbox", { ledgerError }, () => environment(config())),
      /AccessDeniedException/,
    );
  });

  it("refuses a ledger whose document is broken", async () => {
    await assert.rejects(
      run("sandbox", { release: "{" }, () => environment(config())),
      /ledger item "release": its content is not JSON/,
    );
  });

  it("names the pipeline stack when it is not applied yet", async () => {
    await assert.rejects(
      run("sandbox", { stacks: { "a/b/c": {} } }, () => environment(config({ pipelineStack: "a/b/c" }))),
      /switchyard:pipelineStack: the stack a\/b\/c has not the outputs of a pipeline\. Apply the pipeline stack first/,
    );
  });

  it("refuses a ledger in another account or region than its own", async () => {
    for (const [elsewhere, said] of [
      [
        "eu-west-1:123456789012",
        /in account 123456789012, eu-west-1, and this environment in account 123456789012, us-east-1/,
      ],
      ["us-east-1:210987654321", /in account 210987654321, us-east-1, and this/],
    ] as const) {
      const ledgerTableArn = `arn:aws:dynamodb:${elsewhere}:table/ledger`;
      const stacks = { "a/b/c": { repositoryUrls: {}, ledgerTableName: "ledger", ledgerTableArn } };
      await assert.rejects(
        run("sandbox", { stacks }, () => environment(config({ pipelineStack: "a/b/c" }))),
        (error) =>
          error instanceof Error &&
          /^switchyard:pipelineStack: its ledger is/.test(error.message) &&
          said.test(error.message),
      );
    }
  });

  it("names the service whose repository the pipeline has not", async () => {
    const services = { shop: { path: "/", priority: 1, healthCheck: { path: "/" } } };
    await assert.rejects(
      run("sandbox", {}, () => environment(config({ services }))),
      /switchyard:services\.shop\.repository: the pipeline stack has no repository shop\. Name one of/,
    );
  });

  it("tags everything, through its one provider", async () => {
    const { resources } = await runEnvironment({ account: "123456789012", tags: { team: "web" } });
    const { inputs } = resources.one("pulumi:providers:aws");
    assert.deepEqual(JSON.parse(String(inputs["defaultTags"])), {
      tags: { team: "web", project: "switchyard", stack: "sandbox", "managed-by": "switchyard" },
    });
    assert.deepEqual(JSON.parse(String(inputs["allowedAccountIds"])), ["123456789012"]);
  });

  describe("an up", () => {
    it("never touches weights, counts, or what either colour runs", async () => {
      const { resources } = await environmentOf("development");
      assert.equal(resources.all(rule).length, 4);
      for (const { name, ignoreChanges } of resources.all(rule))
        assert.deepEqual(ignoreChanges, name.endsWith("-preview") ? ["actions"] : ["actions", "conditions"]);
      const live = { digest: digestOf("web"), version: "v1", taskDefinitionArn: "t", release: "r", migrations: [] };
      const web = { live: "blue", blue: { ...live, deployedAt: "2026-11-01T10:00:00.000Z" } };
      const document = JSON.stringify({ ...release, services: { ...release.services, web } });
      const released = (await runEnvironment({}, "sandbox", document)).resources;
      for (const name of ["web", "web-preview"])
        assert.deepEqual(released.one(rule, name).ignoreChanges, ["actions", "conditions", "priority"]);
      assert.equal(resources.all(service).length, 4);
      for (const each of resources.all(service))
        assert.deepEqual(each.ignoreChanges, [
          "taskDefinition",
          "desiredCount",
          "loadBalancers",
          "networkConfiguration",
          "healthCheckGracePeriodSeconds",
        ]);
      assert.equal(resources.all("aws:appautoscaling/target:Target").length, 4);
      for (const each of resources.all("aws:appautoscaling/target:Target"))
        assert.deepEqual(each.ignoreChanges, ["minCapacity", "maxCapacity", "suspendedState"]);
    });

    it("plans the same whichever colour is live, once the staged image is", async () => {
      const image = { digest: digestOf("web"), version: "v1" };
      const live = {
        ...image,
        taskDefinitionArn: "t",
        release: "r",
        deployedAt: "2026-11-01T10:00:00.000Z",
        migrations: [],
      };
      const inputsWith = async (web: object) => {
        const document = JSON.stringify({ ...release, services: { ...release.services, web } });
        const { inputs } = (await runEnvironment({}, "sandbox", document)).resources;
        // A new rule begins where traffic is, and new scaling as the driver left it; of what is there, an update ignores them.
        for (const name of ["web-blue", "web-green"]) {
          const {
            minCapacity: _min,
            maxCapacity: _max,
            suspendedState: _state,
            ...kept
          } = inputs.get(`${target} ${name}`) ?? {};
          inputs.set(`${target} ${name}`, kept);
        }
        for (const name of ["web", "web-preview"])
          inputs.set(`${rule} ${name}`, { ...inputs.get(`${rule} ${name}`), actions: "the driver's" });
        inputs.set(`${rule} web`, { ...inputs.get(`${rule} web`), conditions: "the driver's" });
        return inputs;
      };
      const staged = await inputsWith({ next: image });
      assert.deepEqual(await inputsWith({ live: "blue", blue: live, next: image }), staged);
      assert.deepEqual(await inputsWith({ live: "green", blue: live, green: live }), staged);
    });

    it("makes the scaling of what serves anew within its bounds, and an idle colour's held still", async () => {
      const image = { digest: digestOf("web"), version: "v1" };
      const deployed = { ...image, taskDefinitionArn: "t", release: "r", deployedAt: "2026-11-01T10:00:00.000Z" };
      const blue = { ...deployed, migrations: [] };
      const web = { live: "blue", blue, scale: { min: 2, max: 5 } };
      const document = JSON.stringify({ ...release, services: { ...release.services, web } });
      const { resources } = await runEnvironment({}, "sandbox", document);
      const made = (name: string) => resources.one(target, name).inputs;
      assert.deepEqual([made("web-blue")["minCapacity"], made("web-blue")["maxCapacity"]], [2, 5]);
      assert.equal(made("web-blue")["suspendedState"], undefined);
      assert.equal(made("web-green")["minCapacity"], 0);
      const { dynamicScalingInSuspended, dynamicScalingOutSuspended } = made("web-green")["suspendedState"] as never;
      assert.ok(dynamicScalingInSuspended && dynamicScalingOutSuspended);
    });

    it("begins a new rule where traffic is, and takes the path it is released for", async () => {
      const live = { digest: digestOf("web"), version: "v1", taskDefinitionArn: "t", release: "r", migrations: [] };
      const setup = { ...setupOfWeb, route: { path: "/shop", priority: 150 } };
      const green = { ...live, deployedAt: "2026-11-01T10:00:00.000Z", setup };
      const document = JSON.stringify({ ...release, services: { web: { live: "green", green } } });
      const { inputs } = (await runEnvironment({}, "sandbox", document)).resources;
      const weights = (name: string) => {
        const { actions } = inputs.get(`${rule} ${name}`) as {
          actions: { forward: { targetGroups: { weight: number }[] } }[];
        };
        return actions[0]?.forward.targetGroups.map(({ weight }) => weight);
      };
      assert.deepEqual(weights("web"), [0, 100]);
      assert.deepEqual(weights("web-preview"), [100, 0]);
      const conditions = [{ pathPattern: { values: ["/shop", "/shop/*"] } }];
      assert.deepEqual(inputs.get(`${rule} web`)?.["conditions"], conditions);
    });

    it("keeps a rule as sticky as what may serve, whatever is configured: it names that colour's group", async () => {
      const { services } = values();
      const group = { ...setupOfWeb.group, stickinessSeconds: 60 };
      const green = { ...release.services["web"]?.next, ...deployedAs, setup: { ...setupOfWeb, group } };
      const document = JSON.stringify({ ...release, services: { web: { live: "green", green } } });
      for (const [configured, expected] of [
        [undefined, 60],
        [30, 60],
        [90, 90],
      ] as const) {
        const web = { ...services["web"], ...(configured && { stickinessSeconds: configured }) };
        const { resources, outputs } = await runEnvironment({ services: { ...services, web } }, "sandbox", document);
        const text = JSON.stringify(resources.one(rule, "web-preview").inputs);
        assert.match(text, new RegExp(`"stickiness":{"duration":${expected},"enabled":true}`));
        assert.equal(outputs.services["web"]?.stickinessSeconds, expected);
      }
    });

    it("refuses a new service the place of a rule that another one still has", async () => {
      const green = {
        ...{ digest: digestOf("web"), version: "v1", taskDefinitionArn: "t", release: "r", migrations: [] },
        deployedAt: "2026-11-01T10:00:00.000Z",
      };
      const at = (services: object) => JSON.stringify({ ...release, services });
      const code = { code: "service-in-use" };
      const setup = { ...setupOfWeb, route: { path: "/", priority: 100 } };
      const web = { live: "green", green: { ...green, setup } };
      await assert.rejects(runEnvironment({}, "sandbox", at({ web })), code);
    });

    it("refuses to leave out a service that serves", async () => {
      const green = { ...release.services["web"]?.next, ...deployedAs };
      const services = { ...release.services, docs: { live: "green", green } };
      const refused = runEnvironment({}, "sandbox", JSON.stringify({ ...release, services }));
      await assert.rejects(refused, /services\.docs: docs serves v1 .*`switchyard retire sandbox --service docs`/);
    });

    it("keeps open, and readable, what a release that may serve needs", async () => {
      const green = {
        ...{ digest: digestOf("web"), version: "v1", taskDefinitionArn: "t", release: "r", migrations: [] },
        ...{ deployedAt: "2026-11-01T10:00:00.000Z", setup: { ...setupOfWeb, port: 9090, secrets: ["service"] } },
      };
      const document = JSON.stringify({ ...release, services: { web: { live: "green", green } } });
      const { inputs } = (await runEnvironment({}, "sandbox", document)).resources;
      const names = [...inputs.keys()];
      for (const port of [8080, 9090])
        for (const kind of ["Ingress", "Egress"])
          assert.ok(
            names.some((key) => key.includes(`SecurityGroup${kind}Rule`) && key.endsWith(` web-from-alb-${port}`)),
            `${kind} ${port}`,
          );
      assert.ok(names.includes("aws:secretsmanager/secret:Secret web"));
    });

    it("stages another release when a variable changes, and changes nothing else", async () => {
      const before = await runEnvironment({});
      const { services } = config();
      const web = { ...services["web"], environment: { GREETING: "good day" } };
      const after = await runEnvironment({ services: { ...services, web } });
      const changed = [...after.resources.inputs].filter(
        ([key, inputs]) => JSON.stringify(inputs) !== JSON.stringify(before.resources.inputs.get(key)),
      );
      assert.deepEqual(
        changed.map(([key]) => key),
        [`${taskDefinition} web`],
      );
      assert.notEqual(after.outputs.services["web"]?.staged?.release, before.outputs.services["web"]?.staged?.release);
    });

    it("keeps the secrets it drew first", async () => {
      const { resources } = await environmentOf("development");
      const versions = resources.all("aws:secretsmanager/secretVersion:SecretVersion");
      assert.equal(versions.length, 4);
      // The URL is computed from what the others keep.
      for (const { name, ignoreChanges } of versions)
        assert.deepEqual(ignoreChanges, name === "development-database-url" ? [] : ["secretString"]);
    });
  });
});

describe("an environment's roles", () => {
  it("are below its path and have the boundary, all of them", async () => {
    const { resources } = await environmentOf("development");
    const roles = resources.all("aws:iam/role:Role");
    assert.ok(roles.length >= 6);
    for (const { name, inputs } of roles) {
      assert.match(String(inputs["path"]), /^\/switchyard\/[a-z]+\/$/, name);
      assert.equal(inputs["permissionsBoundary"], "arn:aws:iam::123456789012:policy/switchyard-workload", name);
    }
  });

  it("lose nothing by the boundary: an environment of before it is given it while it serves", async () => {
    const { resources } = await environmentOf("production");
    const pipelines = await run("pipeline", {}, () => pipeline(pipelineConfig("pipeline", {})));
    const boundary = readDocument(
      pipelines.resources.one("aws:iam/policy:Policy", workloadBoundaryName).inputs["policy"],
    );
    const policies = resources.all("aws:iam/rolePolicy:RolePolicy");
    assert.equal(policies.length, 4);
    for (const { name, inputs } of policies)
      for (const { actions, resources: named } of readDocument(inputs["policy"]).statements)
        for (const action of actions)
          for (const resource of named) {
            const request = { action, resource, account: "123456789012", context: new Map() };
            assert.equal(decide(boundary, request, "identity"), "allow", `${name}: ${action} on ${resource}`);
          }
  });

  it("stay where they are when they were made elsewhere, as running tasks name them", async () => {
    const environment = new Environment();
    const now = values() as unknown as Values;
    assert.equal(await environment.run("deploy", now), undefined);
    const before = new Map(
      [...environment.account].map(([key, resource]) => {
        const { path: _, permissionsBoundary: __, ...inputs } = resource.inputs;
        return [key, resource.type === "aws:iam/role:Role" ? { ...resource, inputs } : resource];
      }),
    );
    environment.account = before;
    assert.equal(await environment.run("up", now), undefined);
    assert.deepEqual(environment.violations, []);
    const roles = [...environment.account.values()].filter(({ type }) => type === "aws:iam/role:Role");
    for (const { name, inputs } of roles) {
      assert.equal(inputs["path"], undefined, name);
      assert.match(String(inputs["permissionsBoundary"]), /:policy\/switchyard-workload$/, name);
    }
  });
});
