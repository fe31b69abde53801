/** The seam: the only file of the driver that knows the sandbox. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parse, stringify } from "yaml";
import { SwitchyardError } from "../programs/errors.ts";
import { cloudEnvironment } from "../sandbox/cloud/lifecycle.ts";
import { mergeStackValues, readStackFile } from "./stacks/settings.ts";
import { projectRoot, type Surroundings, withoutPulumi } from "./surroundings.ts";

export function sandboxDir(): string {
  return resolve(process.env["SWITCHYARD_SANDBOX_DIR"] ?? join(projectRoot, ".sandbox"));
}

/** Points this process at the running sandbox. */
export async function sandboxSurroundings(): Promise<Surroundings> {
  const dir = sandboxDir();
  const record = await readCloudRecord(dir);
  Object.assign(process.env, cloudEnvironment(record.endpoint, record.pace));
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
    workDir: async (stack) => {
      await writeWorkDir(work, stack, pathToFileURL(state).href, engine);
      return work;
    },
    engineEnv: {
      ...cloudEnvironment(record.endpoint, record.pace),
      PULUMI_BACKEND_URL: pathToFileURL(state).href,
      PULUMI_CONFIG_PASSPHRASE: "sandbox",
      PULUMI_SKIP_UPDATE_CHECK: "true",
    },
    pulumi: () => pulumiFor(engine, pathToFileURL(state).href),
    override: async (stack, values) => {
      await mkdir(work, { recursive: true });
      const file = overridesFile(work, stack);
      await writeFile(file, stringify(mergeStackValues(await readOverrides(file), values)));
    },
    close: async () => undefined,
  };
}

async function pulumiFor(engine: string, allowedBackend: string) {
  if (engine === "pulumi") {
    const { PulumiCommand } = await import("@pulumi/pulumi/automation/index.js");
    return PulumiCommand.get().catch(withoutPulumi);
  }
  if (engine !== "embedded")
    throw new SwitchyardError("invalid-flag", {
      what: `there is no engine ${engine}`,
      where: "--engine",
      fix: "use embedded (nothing to install) or pulumi (the official CLI, on PATH)",
    });
  const [{ embeddedPulumi }, { serveProvider }] = await Promise.all([
    import("../sandbox/engine/command.ts"),
    import("../sandbox/provider/serve.ts"),
  ]);
  return embeddedPulumi({
    allowedBackend,
    providers: {
      aws: (address) => serveProvider("aws", address),
      awsx: (address) => serveProvider("awsx", address),
      docker: (address) => serveProvider("docker", address),
    },
  });
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
  await writeFile(join(work, "Pulumi.yaml"), stringify(project));
  const settings = await readStackFile(projectRoot, stack);
  const base = stack === "pipeline" ? { ...settings.config, ...disposable } : settings.config;
  const config = mergeStackValues(base, await readOverrides(overridesFile(work, stack)));
  const kept = await keptKeys(join(work, `Pulumi.${stack}.yaml`));
  await writeFile(join(work, `Pulumi.${stack}.yaml`), stringify({ ...kept, config }));
}

/** `destroy` takes everything of the sandbox, its ledger included. */
const disposable = { "switchyard:tier": "development" };

/** What the engine itself wrote beside the configuration. */
async function keptKeys(file: string): Promise<Record<string, unknown>> {
  const { encryptionsalt, encryptedkey, secretsprovider } = await readOverrides(file);
  return Object.fromEntries(
    Object.entries({ encryptionsalt, encryptedkey, secretsprovider }).filter(([, v]) => v !== undefined),
  );
}

function overridesFile(work: string, stack: string): string {
  return join(work, `overrides.${stack}.yaml`);
}

async function readOverrides(file: string): Promise<Record<string, unknown>> {
  try {
    return (parse(await readFile(file, "utf8")) ?? {}) as Record<string, unknown>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
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
