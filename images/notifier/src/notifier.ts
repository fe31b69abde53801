/** A function of AWS Lambda that says what the runner's status queue tells: on Slack, on pull requests, and of commits. */
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { identityOf } from "../../../automation/github/app.ts";
import { openGithub } from "../../../automation/github/client.ts";
import { writeChain } from "../../../automation/github/comments.ts";
import { setStatus } from "../../../automation/github/pulls.ts";
import { isPrivate } from "../../../automation/github/repository.ts";
import { tellSlack } from "../../../automation/slack/send.ts";
import { log, messageOf } from "../../base/src/environment.ts";
import { serveInvocations } from "../../base/src/lambda.ts";
import { claimsIn } from "./claims.ts";
import { deliverAll, type Places, type QueueRecord } from "./deliver.ts";
import { linksIn } from "./links.ts";

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set. Set it as programs/runner.ts does`);
  return value;
}

async function secret(arn: string): Promise<string> {
  const client = new SecretsManagerClient({});
  try {
    return (await client.send(new GetSecretValueCommand({ SecretId: arn }))).SecretString ?? "";
  } finally {
    client.destroy();
  }
}

const permissions = { pull_requests: "write", statuses: "write" } as const;

/** Read anew in every environment of the function, and after what could not be said: a secret that was changed is used then. */
async function openPlaces(): Promise<Places> {
  const pace = Number(process.env["SWITCHYARD_PACE"] ?? 1);
  const tell = (line: string) => log("warn", line);
  const env = { ...process.env, SWITCHYARD_VERSION: process.env["VERSION"] ?? "unversioned" };
  const arn = setting("GITHUB_TOKEN_SECRET_ARN");
  const identity = await identityOf(await secret(arn), arn, permissions, env, { pace, tell });
  const github = openGithub(env, pace, tell, identity);
  const slackArn = process.env["SLACK_SECRET_ARN"];
  const url = slackArn === undefined ? undefined : await secret(slackArn);
  return {
    ...(url !== undefined && {
      slack: async (text) => {
        const problems: string[] = [];
        await tellSlack(text, pace, (line) => problems.push(line), { SLACK_WEBHOOK_URL: url });
        if (problems.length > 0) throw new Error(problems.join("; "));
      },
    }),
    comment: async ({ pullRequest, chain, body, linked }) => {
      const said = linked !== undefined && (await isPrivate(github)) ? linked : body;
      await writeChain(github, pullRequest, chain, [said]);
    },
    status: ({ commit, status }) => setStatus(github, commit, status),
  };
}

let places: Promise<Places> | undefined;
const bucket = setting("ARTIFACTS_BUCKET");
const [claims, links] = [claimsIn(bucket), linksIn(bucket)];

await serveInvocations(setting("AWS_LAMBDA_RUNTIME_API"), async ({ event }) => {
  places ??= openPlaces();
  try {
    const { Records = [] } = event as { Records?: readonly QueueRecord[] };
    const answer = await deliverAll(Records, claims, links, await places);
    // A secret may have been changed since: it is read anew before the message comes again.
    if (answer.batchItemFailures.length > 0) places = undefined;
    return answer;
  } catch (error) {
    // What could not be opened is tried again by the next invocation.
    places = undefined;
    throw new Error(messageOf(error), { cause: error });
  }
});
