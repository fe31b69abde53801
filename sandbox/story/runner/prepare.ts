/** The runner's stack, and an image of its jobs: it starts the runner's own entry point as it lies here. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { projectRoot } from "../command.ts";
import type { GithubProject } from "../delivery/project.ts";
import { type Stage, unexpected } from "../stage.ts";

/** Seconds that a plan waits for its approval: at the sandbox's pace 20 seconds, in which other things are played. */
const approvalSeconds = 1000;

export async function makeRunner(stage: Stage, project: GithubProject): Promise<void> {
  await writeImages(stage, project);
  await stage.run(["up", "pipeline"]);
  const { output } = await stage.run(["images", "push", "--tag", "v1"]);
  const secrets = new SecretsManagerClient({});
  const token = new CreateSecretCommand({ Name: "switchyard/github", SecretString: project.tokens.bot });
  const secret = (await secrets.send(token)).ARN ?? "";
  secrets.destroy();
  const digestOf = (name: string) => {
    const found = new RegExp(`[^"\\s]+/${name}@sha256:[0-9a-f]{64}`).exec(output)?.[0];
    if (found === undefined) throw unexpected("switchyard images push", `it names no image ${name}`);
    return found;
  };
  const file = [
    "config:",
    "  aws:region: us-east-1",
    "  switchyard:tier: development",
    `  switchyard:image: ${digestOf("job")}`,
    `  switchyard:notifierImage: ${digestOf("notifier")}`,
    "  switchyard:repository: acme/platform",
    `  switchyard:githubTokenSecretArn: ${secret}`,
    "  switchyard:deployStack: sandbox",
    `  switchyard:approvalSeconds: "${approvalSeconds}"`,
  ];
  await project.change("runner", "Pulumi.runner.yaml", () => `${file.join("\n")}\n`);
  // What is set up here is no part of a pull request, which would be planned with all of it.
  await project.git("push", "--quiet", "origin", "HEAD:main");
  await stage.run(["up", "runner"]);
}

async function writeImages(stage: Stage, project: GithubProject): Promise<void> {
  const job = join(project.clone, "images", "job");
  await mkdir(job, { recursive: true });
  const { GITHUB_API_URL, GITHUB_SERVER_URL } = project.variables;
  const variables = {
    ...{ SWITCHYARD_SANDBOX: "1", SWITCHYARD_SANDBOX_DIR: stage.options.dir, SWITCHYARD_WORK: project.directory },
    ...{ GITHUB_API_URL, GITHUB_SERVER_URL },
  };
  const entry = JSON.stringify(join(projectRoot, "images", "runner", "src", "job.ts"));
  const main = [`Object.assign(process.env, ${JSON.stringify(variables)});`, `await import(${entry});`];
  await writeFile(join(job, "main.mjs"), main.join("\n"));
  const lines = ["ARG BASE=public.ecr.aws/docker/library/node:24.21.0-alpine", `FROM \${BASE}`, "WORKDIR /app"];
  await writeFile(
    join(job, "Dockerfile"),
    [...lines, "COPY main.mjs /app/", 'ENTRYPOINT ["node", "main.mjs"]'].join("\n"),
  );
  await project.change("runner", "images/notifier/Dockerfile", (text) =>
    text.replace("WORKDIR", `ENV GITHUB_API_URL=${GITHUB_API_URL}\nWORKDIR`),
  );
  await project.change("runner", "Pulumi.pipeline.yaml", (text) =>
    text
      .replace("functionRepositories: [migrate]", "functionRepositories: [migrate, notifier]")
      .replace("repositories: [base, web, api, migrate]", "repositories: [base, web, api, migrate, job, notifier]")
      .concat("\n  switchyard:github: { repository: acme/platform, stacks: [sandbox] }\n"),
  );
}
