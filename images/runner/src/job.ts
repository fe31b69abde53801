/**
 * What the runner's image starts: `switchyard` of the commit that a job is given, in a checkout of its own; without one, of
 * the image itself.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { openArtifacts } from "./artifacts.ts";
import { checkOut, sourceOf } from "./checkout.ts";
import { type JobIdentity, openIdentity } from "./identity.ts";
import { ending, install, own, run, say } from "./packages.ts";
import { tellTrace } from "./segment.ts";

/** The one place that a job may write to (programs/components/runner/jobs.ts). */
const workDirectory = process.env["SWITCHYARD_WORK"] ?? "/work";

async function job(args: readonly string[], variables: NodeJS.ProcessEnv): Promise<number> {
  const driver = join("automation", "switchyard.mjs");
  if (process.env["SWITCHYARD_COMMIT"] === undefined)
    return run(process.execPath, [join(own, driver), ...args], process.cwd(), { ...process.env, ...variables });
  const place = await mkdtemp(join(workDirectory, "job-"));
  let identity: JobIdentity | undefined;
  try {
    identity = await openIdentity(process.env, place);
    const given = { ...process.env, ...variables, ...identity.variables };
    const source = sourceOf(given);
    const [checkout, home, temporary] = [join(place, "checkout"), join(place, "home"), join(place, "tmp")];
    await Promise.all([home, temporary].map((path) => mkdir(path)));
    const commit = await checkOut(checkout, source);
    say(`${source.remote.url} at ${commit}`);
    const env = { ...given, HOME: home, TMPDIR: temporary, npm_config_cache: join(place, "npm") };
    await install(checkout, env);
    return await run(process.execPath, [driver, ...args], checkout, {
      ...env,
      ...{ SWITCHYARD_COMMIT: commit, GITHUB_SHA: commit },
      // A checkout lives for one job: writing down what Node compiles takes a second, and nobody would read it.
      NODE_DISABLE_COMPILE_CACHE: "1",
    });
  } finally {
    identity?.close();
    await rm(place, { recursive: true, force: true });
  }
}

const started = Date.now();
const artifacts = await openArtifacts(process.env, workDirectory);
await ending(() => job(process.argv.slice(2), artifacts.variables));
await artifacts.leave();
await tellTrace(process.env, { started, ended: Date.now(), exitCode: Number(process.exitCode ?? 0) });
