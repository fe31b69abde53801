import assert from "node:assert/strict";
import { environment } from "../../programs/environment.ts";
import { config, release } from "./fixtures.ts";
import { digestOf, run } from "./mocks.ts";
import { environmentOf, runEnvironment } from "./runs.ts";

const service = "aws:ecs/service:Service";
const taskDefinition = "aws:ecs/taskDefinition:TaskDefinition";
const rule = "aws:lb/listenerRule:ListenerRule";

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
      for (const each of resources.all(rule)) assert.deepEqual(each.ignoreChanges, ["actions"]);
      assert.equal(resources.all(service).length, 4);
      for (const each of resources.all(service))
        assert.deepEqual(each.ignoreChanges, [
          "taskDefinition",
          "desiredCount",
          "loadBalancers",
          "networkConfiguration",
        ]);
      assert.equal(resources.all("aws:appautoscaling/target:Target").length, 4);
      for (const each of resources.all("aws:appautoscaling/target:Target"))
        assert.deepEqual(each.ignoreChanges, ["minCapacity", "maxCapacity", "suspendedState"]);
    });

    it("plans the same whichever colour is live, once the staged image is", async () => {
      const image = { digest: digestOf("web"), version: "v1" };
      const live = { ...image, taskDefinitionArn: "t", release: "r", deployedAt: "now", migrations: [] };
      const inputsWith = async (web: object) => {
        const document = JSON.stringify({ ...release, services: { ...release.services, web } });
        return (await runEnvironment({}, "sandbox", document)).resources.inputs;
      };
      const staged = await inputsWith({ next: image });
      assert.deepEqual(await inputsWith({ live: "blue", blue: live, next: image }), staged);
      assert.deepEqual(await inputsWith({ live: "green", blue: live, green: live }), staged);
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
      assert.equal(versions.length, 3);
      for (const each of versions) assert.deepEqual(each.ignoreChanges, ["secretString"]);
    });
  });
});
