import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { Route53 } from "@aws-sdk/client-route-53";
import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation/index.js";
import { loadEngine, loadProviders } from "@switchyard/sandbox";
import { stringify } from "yaml";
import type { OpenStack } from "../../../automation/stacks/open.ts";
import { packKeeper } from "../../../automation/stacks/pack/keep.ts";
import { runStack } from "../../../programs/stack.ts";
import type { Change } from "../../fixtures/faults.ts";
import { faulty } from "../../fixtures/program-faults.ts";
import { values } from "../../programs/fixtures.ts";
import type { TestCloud } from "../../support/cloud.ts";
import { mistakenProvider } from "./mistaken-provider.ts";

const { embeddedPulumi } = await loadEngine();
const { serveProvider, serveStandIn } = await loadProviders();

type Config = Record<string, unknown>;

/** The platform's production stacks on a test's cloud, opened as the driver opens them. */
export interface Platform {
  /** Opens the stack whose program a bad copy changes; a new stack unless `apply` was called. */
  open(program: "environment" | "pipeline", change?: Change): Promise<OpenStack>;
  /** Builds the images, stages them, and applies the environment. */
  apply(): Promise<void>;
  stop(): Promise<void>;
}

/** What the engine tells a policy pack of the stacks' configuration, as far as the pack asks. */
const packConfig = { "aws:region": "us-east-1", "switchyard:account": "123456789012" } as const;

const stackNames = { environment: "production", pipeline: "pipeline" } as const;
const providers = {
  aws: (address: string) => serveStandIn(mistakenProvider(), address),
  awsx: (address: string) => serveProvider("awsx", address),
  docker: (address: string) => serveProvider("docker", address),
};

export async function startPlatform(cloud: TestCloud): Promise<Platform> {
  const dir = await mkdtemp(join(tmpdir(), "switchyard-platform-"));
  await writeFile(join(dir, "Pulumi.yaml"), stringify({ name: "switchyard", runtime: "nodejs" }));
  // The stand-in providers run in this process and read the SDKs' variables from it.
  const former = Object.fromEntries(Object.keys(cloud.env).map((key) => [key, process.env[key]]));
  Object.assign(process.env, cloud.env);
  const zoneId = await hostedZone(cloud);
  const config: Record<"environment" | "pipeline" | "images", Config> = {
    environment: {
      ...values(),
      tier: "production",
      account: packConfig["switchyard:account"],
      domain: {
        name: "app.example.com",
        zoneId,
        names: ["*.example.com"],
        redirects: ["example.com", "www.example.com"],
        hsts: { maxAgeSeconds: 300 },
      },
      monitoring: { email: "oncall@example.com" },
    },
    pipeline: { tier: "production", account: packConfig["switchyard:account"] },
    images: { tag: "v1" },
  };
  let states = 0;
  const state = () => join(dir, `state-${states}`);
  const nextState = async () => {
    const before = state();
    states += 1;
    await (states === 1 ? mkdir(state()) : cp(before, state(), { recursive: true }));
  };
  const pack = await packKeeper();
  const select = async (name: string, program: () => Promise<object>): Promise<Stack> => {
    const backend = pathToFileURL(state()).href;
    const stack = await LocalWorkspace.createOrSelectStack(
      { stackName: name, projectName: "switchyard", program },
      {
        workDir: dir,
        pulumiCommand: embeddedPulumi({ allowedBackend: backend, providers }),
        envVars: { ...cloud.env, ...pack.env, PULUMI_BACKEND_URL: backend, PULUMI_CONFIG_PASSPHRASE: "sandbox" },
      },
    );
    await stack.setAllConfig(Object.fromEntries(Object.entries(packConfig).map(([key, value]) => [key, { value }])));
    return stack;
  };
  const stageImages = async (digests: Readonly<Record<string, string>>, table: string) => {
    const next = (name: string) => ({ next: { digest: digests[name], version: "v1" } });
    const services = { web: next("web"), api: next("api") };
    const document = JSON.stringify({ format: 1, revision: 1, services, migrate: next("migrate") });
    await new DynamoDB(cloud.sdk()).putItem({
      TableName: table,
      Item: { stack: { S: "production" }, item: { S: "release" }, document: { S: document } },
    });
  };

  await nextState();
  const pipeline = await select("pipeline", () => runStack("pipeline", config.pipeline));
  const { outputs } = await pipeline.up();
  const table = String(outputs["ledgerTableName"]?.value);
  const urls = outputs["repositoryUrls"]?.value as Record<string, string>;
  const made = (name: string) => `${urls[name]}@sha256:${"ab".repeat(32)}`;
  await stageImages({ web: made("web"), api: made("api"), migrate: made("migrate") }, table);

  return {
    open: async (program, change) => {
      const name = stackNames[program];
      const run = () => runStack(name, config[program]);
      return {
        name,
        stack: await select(name, change === undefined ? run : faulty(run, change)),
        pack,
        values: config[program],
        refusal: () => undefined,
      };
    },
    apply: async () => {
      await nextState();
      const images = await (await select("images", () => runStack("images", config.images))).up();
      await stageImages(images.outputs["digests"]?.value as Record<string, string>, table);
      await (await select("production", () => runStack("production", config.environment))).up();
    },
    stop: async () => {
      // Its stacks have fixed names, which the next suite may want.
      await cloud.reset();
      for (const [key, value] of Object.entries(former)) {
        if (value === undefined) delete process.env[key];
        else process.env[key] = value;
      }
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** A hosted zone with an id as AWS gives them, beginning with Z: moto's begin with any letter. */
async function hostedZone(cloud: TestCloud): Promise<string> {
  const route53 = new Route53(cloud.sdk());
  for (let attempt = 0; attempt < 1000; attempt++) {
    const { HostedZone } = await route53.createHostedZone({ Name: "example.com", CallerReference: String(attempt) });
    const id = HostedZone?.Id?.split("/").at(-1) ?? "";
    if (id.startsWith("Z")) return id;
  }
  throw new Error("no hosted zone's id begins with Z");
}
