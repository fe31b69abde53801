/** A repository whose runner does what it is given: jobs are the entry point of the runner's image as it lies here. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ECRClient } from "@aws-sdk/client-ecr";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Took } from "@switchyard/sandbox";
import { projectRoot } from "../../automation/surroundings.ts";
import { imageOf, pushImage } from "../sandbox/cloud/images.ts";
import { DeliveryRepository } from "./delivery.ts";
import { assertAllUsed, type Reasons } from "./grants.ts";
import { assumeWith } from "./tokens.ts";

/** With a stack's file, where what is delivered to it is done. */
export const runsOn = (runner: "github" | "aws") => (text: string) =>
  text.replace(/\n {2}switchyard:runner: .*/g, "").concat(`\n  switchyard:runner: ${runner}\n`);

export class RunnerStage {
  readonly repository: DeliveryRepository;

  private constructor(repository: DeliveryRepository) {
    this.repository = repository;
  }

  /** With roles for the environment `sandbox`, and for its runner; nothing is applied yet. */
  static async start(): Promise<RunnerStage> {
    const stage = new RunnerStage(await DeliveryRepository.start());
    await stage.repository.change("change", "Pulumi.pipeline.yaml", (text) =>
      text.concat("\n  switchyard:github: { repository: acme/platform, stacks: [sandbox], runner: true }\n"),
    );
    return stage;
  }

  drive(...args: readonly string[]) {
    return this.repository.drive(args);
  }

  /** Writes the runner's file, brings it to the branch `main`, and applies the pipeline and the runner. */
  async apply(more: readonly string[] = []): Promise<void> {
    const secrets = new SecretsManagerClient(await this.sdk());
    const token = new CreateSecretCommand({ Name: "switchyard/github", SecretString: this.repository.tokens.bot });
    const file = [
      "config:",
      "  aws:region: us-east-1",
      "  switchyard:tier: development",
      `  switchyard:image: ${await pushImage(new ECRClient(await this.sdk()), "runner", await this.#image())}`,
      "  switchyard:repository: acme/platform",
      `  switchyard:githubTokenSecretArn: ${(await secrets.send(token)).ARN}`,
      "  switchyard:deployStack: sandbox",
      "  switchyard:builds: [linux/arm64]",
      ...more,
    ];
    await this.repository.change("change", "Pulumi.runner.yaml", () => file.join("\n"));
    await this.repository.git("push", "--quiet", "origin", "HEAD:main");
    await this.drive("up", "pipeline").succeeds();
    await this.drive("up", "runner").succeeds();
  }

  async endpoint(): Promise<string> {
    const record = await readFile(join(this.repository.sandbox, "cloud.json"), "utf8");
    return (JSON.parse(record) as { endpoint: string }).endpoint;
  }

  async sdk() {
    return {
      endpoint: await this.endpoint(),
      region: "us-east-1",
      credentials: { accessKeyId: "sandbox", secretAccessKey: "sandbox" },
    };
  }

  /** Runs a command as a workflow does that has the runner do it: with the role that starts and follows, and no other. */
  async startAs(role: string, environment: string, ...args: readonly string[]) {
    const sub = `repo:acme/platform:environment:${environment}`;
    const arn = `arn:aws:iam::123456789012:role/switchyard-${role}`;
    const taken = await assumeWith(await this.endpoint(), arn, { sub });
    const given = `${taken.accessKeyId}:${taken.secretAccessKey}:${taken.sessionToken}`;
    return this.repository.drive(args, { SWITCHYARD_SANDBOX_CREDENTIALS: given }).ended();
  }

  async usesAll(role: string, reasons: Reasons = {}): Promise<void> {
    const took = (await (await fetch(`${await this.endpoint()}/_switchyard/access`)).json()) as readonly Took[];
    await assertAllUsed(await this.sdk(), role, took, reasons);
  }

  /** The last merge that the audit of a stack has. */
  async lastMerge(stack: string): Promise<Readonly<Record<string, unknown>>> {
    const audit = await this.drive("audit", "list", stack, "--lines", "--kind", "merge").succeeds();
    return JSON.parse(audit.trim().split("\n").at(-1) ?? "") as Record<string, unknown>;
  }

  stop(): Promise<void> {
    return this.repository.stop();
  }

  /** Starts the entry point of the runner's image as it lies here, against the sandbox. */
  async #image() {
    const { repository } = this;
    const work = join(repository.directory, "work");
    await mkdir(work);
    const main = `await import(${JSON.stringify(join(projectRoot, "images/runner/src/job.ts"))});`;
    const { GITHUB_API_URL, GITHUB_SERVER_URL } = repository.variables;
    const variables = {
      ...{ SWITCHYARD_SANDBOX: "1", SWITCHYARD_SANDBOX_DIR: repository.sandbox, SWITCHYARD_WORK: work },
      ...{ GITHUB_API_URL, GITHUB_SERVER_URL, SWITCHYARD_DOCKER: "off" },
    };
    const pushImages = join(repository.clone, "images/runner/src/push-images.ts");
    // No daemon of Docker's is started on this machine.
    const programs = {
      "usr/local/bin/start-docker": "#!/bin/sh\n",
      "usr/local/bin/push-images": `#!/bin/sh\nexec node ${JSON.stringify(pushImages)}\n`,
    };
    const Env = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    return imageOf(
      { "app/": "", "app/main.mjs": main, ...programs },
      { Entrypoint: ["node", "/app/main.mjs"], WorkingDir: "/app", Env },
    );
  }
}
