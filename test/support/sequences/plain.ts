import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Ended } from "./play.ts";

/** Whether the official CLI is on PATH. */
export function hasPulumi(): boolean {
  return spawnSync("pulumi", ["version"]).status === 0;
}

/** A plain `pulumi up` of a sandbox's stack without the driver, in the project that a command before it wrote. */
export async function plainUp(dir: string, stack: string): Promise<Ended> {
  const env = {
    ...process.env,
    PULUMI_BACKEND_URL: pathToFileURL(join(dir, "state")).href,
    PULUMI_CONFIG_PASSPHRASE: "sandbox",
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
  const flags = ["--yes", "--skip-preview", "--non-interactive", "--stack", stack];
  const child = spawn("pulumi", ["up", ...flags], { cwd: join(dir, "work"), env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "pulumi up\n";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  await once(child, "close");
  return { code: child.exitCode, output };
}
