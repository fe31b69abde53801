import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { LocalWorkspace, type OpMap, type Stack } from "@pulumi/pulumi/automation/index.js";
import { loadEngine, loadProviders } from "@switchyard/sandbox";
import { stringify } from "yaml";
import type { EnvironmentOutputs } from "../../programs/environment.ts";
import type { ReleaseDocument } from "../../programs/release.ts";
import { runStack } from "../../programs/stack.ts";
import type { TestCloud } from "./cloud.ts";

const { embeddedPulumi } = await loadEngine();
const { serveProvider } = await loadProviders();

/** The programs applied for real: engine, stand-in provider and AWS calls, without the driver. */
export class AppliedPrograms {
  readonly #dir: string;
  readonly #cloud: TestCloud;

  private constructor(dir: string, cloud: TestCloud) {
    this.#dir = dir;
    this.#cloud = cloud;
  }

  static async begin(cloud: TestCloud): Promise<AppliedPrograms> {
    const dir = await mkdtemp(join(tmpdir(), "switchyard-programs-"));
    await mkdir(join(dir, "state"));
    await writeFile(join(dir, "Pulumi.yaml"), stringify({ name: "switchyard", runtime: "nodejs" }));
    Object.assign(process.env, cloud.env);
    return new AppliedPrograms(dir, cloud);
  }

  end(): Promise<void> {
    return rm(this.#dir, { recursive: true, force: true });
  }

  open(name: string, config: Record<string, unknown>): Promise<Stack> {
    const backend = pathToFileURL(join(this.#dir, "state")).href;
    const serve = (pkg: "aws" | "awsx" | "docker") => (address: string) => serveProvider(pkg, address);
    return LocalWorkspace.createOrSelectStack(
      { stackName: name, projectName: "switchyard", program: () => runStack(name, config) },
      {
        workDir: this.#dir,
        pulumiCommand: embeddedPulumi({
          allowedBackend: backend,
          providers: { aws: serve("aws"), awsx: serve("awsx"), docker: serve("docker") },
        }),
        envVars: { ...this.#cloud.env, PULUMI_BACKEND_URL: backend, PULUMI_CONFIG_PASSPHRASE: "sandbox" },
      },
    );
  }

  /** Writes into the ledger of the pipeline stack what the environment's next update stages. */
  async stage(pipeline: Stack, document: Pick<ReleaseDocument, "services" | "migrate">): Promise<void> {
    const { ledgerTableName } = await pipeline.outputs();
    const text = JSON.stringify({ format: 1, revision: 1, ...document });
    await new DynamoDB(this.#cloud.sdk()).putItem({
      TableName: String(ledgerTableName?.value),
      Item: { stack: { S: "sandbox" }, item: { S: "release" }, document: { S: text } },
    });
  }
}

export async function up<Outputs extends object = EnvironmentOutputs>(stack: Stack): Promise<Outputs> {
  const { outputs } = await stack.up();
  const plain = Object.entries(outputs).map(([key, { value }]) => [key, value]);
  return Object.fromEntries(plain) as Outputs;
}

/** What an update would do to which resource. */
export async function planned(stack: Stack): Promise<readonly string[]> {
  const steps: string[] = [];
  const { changeSummary } = await stack.preview({
    onEvent: ({ resourcePreEvent }) => {
      const { op, urn } = resourcePreEvent?.metadata ?? {};
      if (op !== undefined && !["same", "read", "create-replacement", "delete-replaced"].includes(op))
        steps.push(`${op} ${urn?.split("::").at(-1)}`);
    },
  });
  if (steps.length === 0) assert.deepEqual(changed(changeSummary), {});
  return steps;
}

function changed({ same: _same, read: _read, ...rest }: OpMap): OpMap {
  return rest;
}
