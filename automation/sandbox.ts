/** The seam: the only file of the driver that knows the sandbox. */

import { appendFile, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { cloudEnvironment, fetchInCloud, loadEngine, loadProviders } from "@switchyard/sandbox";
import { parse, stringify } from "yaml";
import { SwitchyardError } from "../programs/errors.ts";
import { mergeStackValues } from "../programs/stack-values.ts";
import { readIfThere, writeAtomically } from "./files.ts";
import { readStackFile, type StackConfig } from "./stacks/settings.ts";
import { projectRoot, type Surroundings, withoutPulumi } from "./surroundings.ts";

export { cloudMails, cloudStatus, resetCloud, startCloud, stopCloud } from "@switchyard/sandbox";

export function sandboxDir(): string {
  return resolve(process.env["SWITCHYARD_SANDBOX_DIR"] ?? join(projectRoot, ".sandbox"));
}

/** Points this process at the running sandbox. */
export async function sandboxSurroundings(): Promise<Surroundings> {
  const dir = sandboxDir();
  const record = await readCloudRecord(dir);
  const environment = { ...cloudEnvironment(record.endpoint, record.pace), ...givenCredentials() };
  Object.assign(process.env, environment);
  const state = join(dir, "state");
  const work = join(dir, "work");
  await mkdir(state, { recursive: true });
  const engine = process.env["SWITCHYARD_ENGINE"] ?? "embedded";
  return {
    name: "sandbox",
    pace: record.pace,
    leaseMs: 15_000,
    deadlineMs: 5_000,
    propagationMs: 15_000,
    // Load balancer, tasks and clients are on this machine too; an account's would not be slower for any number of commands.
    niceness: 10,
    fetch: fetchInCloud(record.endpoint),
    workDir: async (stack) => {
      await writeWorkDir(work, stack, pathToFileURL(state).href, engine);
      return work;
    },
    engineEnv: {
      ...environment,
      PULUMI_BACKEND_URL: pathToFileURL(state).href,
      PULUMI_CONFIG_PASSPHRASE: "sandbox",
      PULUMI_SKIP_UPDATE_CHECK: "true",
    },
    pulumi: () => pulumiFor(engine, pathToFileURL(state).href),
    override: async (stack, values) => {
      await mkdir(work, { recursive: true });
      // Appended: of two commands at once neither takes away what the other was given.
      const file = overridesFile(work, stack);
      await appendFile(file, `${JSON.stringify(values)}\n`);
      return file;
    },
    close: async () => undefined,
  };
}

/**
 * Of a session of one of the sandbox's roles, `<access key>:<secret>:<session token>`: what it may not do is then refused.
 * A variable of its own, because the usual ones may hold credentials of a real account.
 */
function givenCredentials(): Record<string, string> {
  const given = process.env["SWITCHYARD_SANDBOX_CREDENTIALS"];
  if (given === undefined || given === "") return {};
  const [AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "", AWS_SESSION_TOKEN = ""] = given.split(":");
  return { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN };
}

async function pulumiFor(engine: string, allowedBackend: string) {
  if (engine === "pulumi") {
    const { PulumiCommand } = await import("@pulumi/pulumi/automation/index.js");
    const { inOwnGroup } = await import("./stacks/official.ts");
    await dropTornAttributes(join(fileURLToPath(allowedBackend), ".pulumi", "stacks", "switchyard"));
    return inOwnGroup(await PulumiCommand.get().catch(withoutPulumi));
  }
  if (engine !== "embedded")
    throw new SwitchyardError("invalid-flag", {
      what: `there is no engine ${engine}`,
      where: "--engine",
      fix: "use embedded (nothing to install) or pulumi (the official CLI, on PATH)",
    });
  const [{ embeddedPulumi }, { serveProvider }] = await Promise.all([loadEngine(), loadProviders()]);
  return embeddedPulumi({
    allowedBackend,
    providers: {
      aws: (address) => serveProvider("aws", address),
      awsx: (address) => serveProvider("awsx", address),
      docker: (address) => serveProvider("docker", address),
    },
  });
}

/**
 * The official CLI's backend of files writes a file's attributes in place: killed in between, it can never read the file
 * again. Without them it reads it well.
 */
export async function dropTornAttributes(stacks: string): Promise<void> {
  const names = await readdir(stacks).catch(() => []);
  const files = names.filter((name) => name.endsWith(".attrs")).map((name) => join(stacks, name));
  await Promise.all(
    files.map(async (file) => {
      try {
        JSON.parse((await readIfThere(file)) ?? "{}");
      } catch {
        await rm(file, { force: true });
      }
    }),
  );
}

/** Settings of the sandbox's own: its backend, the stand-ins, and the stack's configuration with what `--config` gave. */
async function writeWorkDir(work: string, stack: string, backend: string, engine: string): Promise<void> {
  await mkdir(work, { recursive: true });
  const plugin = (name: string) => ({ name, path: join(projectRoot, "sandbox/provider/plugins", name) });
  const project = {
    name: "switchyard",
    runtime: { name: "nodejs", options: { typescript: false } },
    main: join(projectRoot, "programs"),
    backend: { url: backend },
    ...(engine === "pulumi" && { plugins: { providers: ["aws", "awsx", "docker"].map(plugin) } }),
  };
  await writeAtomically(join(work, "Pulumi.yaml"), stringify(project));
  const settings = await readStackFile(projectRoot, stack);
  const base = stack === "pipeline" ? { ...settings.config, ...disposable } : settings.config;
  const file = join(work, `Pulumi.${stack}.yaml`);
  // Another command may have been given more values meanwhile: what it has written is not to be undone.
  for (let given: string | undefined, read = (await readIfThere(overridesFile(work, stack))) ?? ""; given !== read; ) {
    given = read;
    const config = mergeStackValues(base, parseOverrides(given));
    await writeAtomically(file, stringify({ ...(await keptKeys(file)), config }, { aliasDuplicateObjects: false }));
    read = (await readIfThere(overridesFile(work, stack))) ?? "";
  }
}

/** `destroy` takes everything of the sandbox, its ledger included. */
const disposable = { "switchyard:tier": "development" };

/** What the engine itself wrote beside the configuration. */
async function keptKeys(file: string): Promise<Record<string, unknown>> {
  const settings = (parse((await readIfThere(file)) ?? "") ?? {}) as Record<string, unknown>;
  const { encryptionsalt, encryptedkey, secretsprovider } = settings;
  return Object.fromEntries(
    Object.entries({ encryptionsalt, encryptedkey, secretsprovider }).filter(([, v]) => v !== undefined),
  );
}

function overridesFile(work: string, stack: string): string {
  return join(work, `overrides.${stack}.jsonl`);
}

/** Values given with `--config`, a command a line, later ones over earlier; a line that is being written counts next time. */
export function parseOverrides(text: string): Record<string, unknown> {
  const lines = text.split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as StackConfig).reduce(mergeStackValues, {}) as Record<string, unknown>;
}

async function readCloudRecord(dir: string): Promise<{ endpoint: string; pace: number }> {
  try {
    return JSON.parse(await readFile(join(dir, "cloud.json"), "utf8")) as { endpoint: string; pace: number };
  } catch (cause) {
    throw new SwitchyardError("not-found", {
      what: "no sandbox is running",
      where: dir,
      fix: "start one with `switchyard sandbox start`",
      cause,
    });
  }
}
