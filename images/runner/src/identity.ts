/** As whom a job speaks to GitHub: by the token that it is given, or as a GitHub App, by tokens that last an hour each. */
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type AppIdentity,
  isApp,
  openApp,
  type Permissions,
  readApp,
  renewedBefore,
} from "../../../automation/github/app.ts";
import { identityVariables } from "../../../automation/github/client.ts";
import { hide, say } from "./packages.ts";

/** What the workflow of the same work has (.github/workflows), by the job's role. */
const permissions: Readonly<Record<string, Permissions>> = {
  plan: { contents: "read", pull_requests: "write", statuses: "write" },
  apply: { contents: "write", deployments: "write", pull_requests: "write" },
  deploy: { contents: "write", deployments: "write" },
  preview: { contents: "read", pull_requests: "write" },
  drift: { contents: "read", pull_requests: "read" },
};

export interface JobIdentity {
  /** In place of what the job was given: the command has no part of the App's key. */
  readonly variables: NodeJS.ProcessEnv;
  /** Ends the renewing. */
  close(): void;
}

/** Milliseconds until it is tried again where GitHub gave no other token. */
const pauseMs = 60_000;

/** Letters of a line of a key; shorter ones are words that a log may have. */
const shortestSecret = 32;

/** @throws SwitchyardError `github-refused` where the secret is no App's that GitHub knows. */
export async function openIdentity(env: NodeJS.ProcessEnv, directory: string): Promise<JobIdentity> {
  const { GITHUB_TOKEN: secret = "", SWITCHYARD_ROLE: role = "plan" } = env;
  if (!isApp(secret)) return { variables: {}, close: () => undefined };
  for (const line of secret.split(/\\n|\n/)) if (line.length >= shortestSecret) hide(line);
  const key = readApp(secret, "GITHUB_TOKEN");
  const app = await openApp(key, permissions[role] ?? { contents: "read" }, env, { tell: say });
  const file = join(directory, "github-token");
  const token = await renewed(app, file);
  let timer: NodeJS.Timeout | undefined;
  const renewIn = (ms: number) => {
    timer = setTimeout(async () => {
      const told = await renewed(app, file).then(
        () => undefined,
        (error: Error) => error.message,
      );
      if (told !== undefined) say(`no other token of GitHub yet: ${told}`, process.stderr);
      renewIn(told === undefined ? untilNext(app) : pauseMs);
    }, ms).unref();
  };
  renewIn(untilNext(app));
  return {
    variables: { GITHUB_TOKEN: token, [identityVariables.file]: file, [identityVariables.login]: app.login },
    close: () => clearTimeout(timer),
  };
}

const untilNext = (app: AppIdentity) => Math.max(pauseMs, app.expires() - renewedBefore - Date.now());

/** Written whole, so that nobody reads half of one. */
async function renewed(app: AppIdentity, file: string): Promise<string> {
  const token = await app.token();
  hide(token);
  await writeFile(`${file}.new`, token, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return token;
}
