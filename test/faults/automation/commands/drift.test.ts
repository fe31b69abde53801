import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { ECR } from "@aws-sdk/client-ecr";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import * as pulumi from "@pulumi/pulumi";
import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation/index.js";
import { loadEngine, loadProviders } from "@switchyard/sandbox";
import { useEnvironment } from "../../../sandbox/provider/environment.ts";
import { unique, useCloud } from "../../../support/cloud.ts";
import { Driver } from "../../../support/release/driver.ts";

const { embeddedPulumi } = await loadEngine();
const { serveProvider } = await loadProviders();

/** A resource of the aws provider, without loading its SDK. */
class Aws extends pulumi.CustomResource {
  constructor(type: string, name: string, inputs: pulumi.Inputs, options?: pulumi.CustomResourceOptions) {
    super(`aws:${type}`, name, inputs, options);
  }
}

/** Through the command line, on a small stack where the sandbox looks for the pipeline's. */
describe("drift", function () {
  this.timeout(60_000);
  const cloud = useCloud();
  const id = unique("drift");
  const names = {
    strict: `${id}/strict`,
    own: `${id}/own`,
    lost: `${id}/lost`,
    table: `${id}-table`,
    secret: `${id}-s`,
  };
  const work = mkdtempSync(join(tmpdir(), "switchyard-drift-"));
  let stack: Stack;

  after("take it away", async () => {
    await stack.destroy();
    await stack.workspace.removeStack("pipeline");
    rmSync(work, { recursive: true, force: true });
  });
  // After the hook above, which needs it.
  useEnvironment(() => cloud.env);

  const program = async () => {
    const immutable = { imageTagMutability: "IMMUTABLE", forceDelete: true };
    const repository = "ecr/repository:Repository";
    new Aws(repository, "strict", { name: names.strict, ...immutable });
    new Aws(repository, "own", { name: names.own, ...immutable }, { ignoreChanges: ["imageTagMutability"] });
    new Aws(repository, "lost", { name: names.lost, ...immutable });
    new Aws("dynamodb/table:Table", "table", {
      name: names.table,
      hashKey: "stack",
      billingMode: "PAY_PER_REQUEST",
      attributes: [{ name: "stack", type: "S" }],
      pointInTimeRecovery: { enabled: true },
      tags: { team: "platform" },
    });
    const description = pulumi.secret("hush-recorded");
    new Aws("secretsmanager/secret:Secret", "secret", { name: names.secret, description });
  };

  before("apply it", async () => {
    const backend = pathToFileURL(join(cloud.dir, "state")).href;
    mkdirSync(join(cloud.dir, "state"), { recursive: true });
    const pulumiCommand = embeddedPulumi({
      allowedBackend: backend,
      providers: { aws: (address) => serveProvider("aws", address) },
    });
    const envVars = { PULUMI_BACKEND_URL: backend, PULUMI_CONFIG_PASSPHRASE: "sandbox" };
    stack = await LocalWorkspace.createOrSelectStack(
      { stackName: "pipeline", projectName: "switchyard", program },
      { pulumiCommand, envVars, workDir: work, projectSettings: { name: "switchyard", runtime: "nodejs" } },
    );
    await stack.up();
  });
  async function drift(...flags: readonly string[]): Promise<{ code: number | null; output: string }> {
    const env = { ...process.env, SWITCHYARD_SANDBOX: "1", SWITCHYARD_SANDBOX_DIR: cloud.dir };
    return new Driver(["drift", "pipeline", ...flags], env).ended();
  }

  it("is none after an update; then what hands changed, by value, until an update with --refresh", async () => {
    assert.deepEqual(await drift(), { code: 0, output: "pipeline: no drift\n" });
    const ecr = new ECR(cloud.sdk());
    const dynamodb = new DynamoDB(cloud.sdk());
    const secrets = new SecretsManager(cloud.sdk());
    const recovery = async () =>
      (await dynamodb.describeContinuousBackups({ TableName: names.table })).ContinuousBackupsDescription
        ?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus;
    for (const repositoryName of [names.strict, names.own])
      await ecr.putImageTagMutability({ repositoryName, imageTagMutability: "MUTABLE" });
    await ecr.deleteRepository({ repositoryName: names.lost });
    const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: false };
    await dynamodb.updateContinuousBackups({ TableName: names.table, PointInTimeRecoverySpecification });
    await secrets.updateSecret({ SecretId: names.secret, Description: "hush-live" });

    const { code, output } = await drift("--json");
    assert.equal(code, 10, output);
    assert.doesNotMatch(output, /hush/);
    const [document = ""] = /^\{\n(?:.*\n)*?\}\n/m.exec(output) ?? [];
    assert.deepEqual(output.replace(document, "").split("\n"), [
      "  changed  aws:dynamodb/table:Table  table",
      "             pointInTimeRecovery.enabled  true → false",
      "  deleted  aws:ecr/repository:Repository  lost",
      "  changed  aws:ecr/repository:Repository  strict",
      '             imageTagMutability  "IMMUTABLE" → "MUTABLE"',
      "  changed  aws:secretsmanager/secret:Secret  secret",
      "             description  [secret] → [secret]",
      "pipeline: 4 resources differ",
      "switchyard: stack pipeline: 4 resources were changed outside the program. `switchyard up pipeline --refresh` puts them back as the program says; or change the program to match",
      "",
    ]);
    const { differences } = JSON.parse(document);
    assert.deepEqual(
      differences.map(({ op, properties }: { op: string; properties: unknown }) => [op, properties]),
      [
        ["update", [{ path: "pointInTimeRecovery.enabled", recorded: true, live: false }]],
        ["delete", []],
        ["update", [{ path: "imageTagMutability", recorded: "IMMUTABLE", live: "MUTABLE" }]],
        ["update", [{ path: "description", recorded: "[secret]", live: "[secret]" }]],
      ],
    );

    await stack.up();
    assert.equal(await recovery(), "DISABLED", "an update alone goes by what is recorded");
    await stack.up({ refresh: true });
    assert.equal(await recovery(), "ENABLED");
    const { repositories = [] } = await ecr.describeRepositories({ repositoryNames: [names.strict, names.lost] });
    assert.deepEqual(
      repositories.map(({ imageTagMutability }) => imageTagMutability),
      ["IMMUTABLE", "IMMUTABLE"],
    );
    assert.deepEqual(await drift(), { code: 0, output: "pipeline: no drift\n" });
    assert.equal((await secrets.describeSecret({ SecretId: names.secret })).Description, "hush-recorded");
  });
});
