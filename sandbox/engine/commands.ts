import { readFileSync, rmSync } from "node:fs";
import type { Backend } from "./backend.ts";
import { type Command, type CommandContext, splitPair, stackConfig, stackName } from "./commandContext.ts";
import { configCommands } from "./configCommands.ts";
import { EngineError } from "./errors.ts";
import { lockPath, withLock } from "./lock.ts";
import { type Kind, runOperation } from "./operation.ts";
import type { Config } from "./project.ts";
import { inTheClear } from "./secrets.ts";
import { type Deployment, sealResource } from "./state.ts";
import { stackType } from "./urn.ts";
import { mask, type Properties, reveal } from "./values.ts";

/** The first that matches runs: longer ones stand first. */
export const commands: readonly Command[] = [
  { words: ["version"], run: () => {} },
  { words: ["up"], run: (context) => operate(context, "update", context.args.has("preview-only")) },
  { words: ["update"], run: (context) => operate(context, "update", context.args.has("preview-only")) },
  { words: ["preview"], run: (context) => operate(context, "preview", true) },
  { words: ["refresh"], run: (context) => operate(context, "refresh", context.args.has("preview-only")) },
  { words: ["destroy"], run: (context) => operate(context, "destroy", context.args.has("preview-only")) },
  { words: ["cancel"], run: cancel },
  { words: ["stack", "init"], run: initStack },
  { words: ["stack", "select"], run: selectStack },
  { words: ["stack", "ls"], run: listStacks },
  { words: ["stack", "rm"], run: removeStack },
  { words: ["stack", "output"], run: printOutputs },
  { words: ["stack", "history"], run: printHistory },
  { words: ["stack", "export"], run: exportStack },
  { words: ["stack", "import"], run: importStack },
  { words: ["whoami"], run: ({ args, print }) => print(args.has("json") ? '{"user":"sandbox"}' : "sandbox") },
  ...configCommands,
];

async function operate(context: CommandContext, kind: Kind, preview: boolean): Promise<void> {
  const { args, project, backend, env, providers, print, signal } = context;
  if (args.value("run-program") === "true" && (kind === "destroy" || kind === "refresh")) {
    const what = `${kind} with --run-program is not supported by the sandbox's embedded engine`;
    throw new EngineError("unsupported", { where: "--run-program", what, fix: "Leave the flag out" });
  }
  const stack = stackName(context);
  backend.read(project.name, stack);
  const settings = stackConfig(context, stack);
  for (const pair of args.values("config")) settings.set(...splitPair(pair), { secret: false, path: false });
  const config: Config = settings.values();
  const readStack = (name: string) => readOutputs(context, name);
  await runOperation({
    kind,
    preview,
    args,
    project,
    stack,
    backend,
    config,
    env,
    providers,
    readStack,
    print,
    signal,
  });
}

/** The outputs of the stack a reference names: `organization/<project>/<stack>`, or a stack of this project. */
function readOutputs({ backend, project }: CommandContext, name: string): Properties {
  const parts = name.split("/");
  const [stack = ""] = parts.slice(-1);
  const owner = parts.length === 3 ? (parts[1] ?? "") : project.name;
  if (parts.length === 2 || parts.length > 3 || (parts.length === 3 && parts[0] !== "organization")) {
    const fix = "Write organization/<project>/<stack>";
    throw new EngineError("invalid-argument", {
      where: `stack reference "${name}"`,
      what: "is not a stack's name",
      fix,
    });
  }
  const { resources } = backend.load(owner, stack);
  return resources.find((resource) => resource.type === stackType)?.outputs ?? {};
}

function cancel(context: CommandContext): void {
  const { backend, project } = context;
  rmSync(lockPath(backend.directory, project.name, stackName(context, context.operands[0])), { force: true });
}

function initStack(context: CommandContext): void {
  const { backend, project, operands, args } = context;
  const provider = args.value("secrets-provider");
  if (provider !== undefined && provider !== "passphrase" && provider !== "default") {
    const what = `"${provider}" is not supported by the sandbox's embedded engine`;
    throw new EngineError("unsupported", { where: "--secrets-provider", what, fix: "Leave it out" });
  }
  const stack = stackName(context, operands[0]);
  backend.create(project.name, stack);
  if (!args.has("no-select")) backend.select(project.directory, stack);
  context.print(`Created stack '${stack}'`);
}

function selectStack(context: CommandContext): void {
  const { backend, project, operands } = context;
  const stack = stackName(context, operands[0]);
  backend.read(project.name, stack);
  backend.select(project.directory, stack);
}

function listStacks({ backend, project, args, print }: CommandContext): void {
  const selected = backend.selected(project.directory);
  const projects = args.has("all") ? backend.projects() : [project.name];
  const stacks = projects.flatMap((owner) =>
    backend.stacks(owner).map((stack) => {
      const { manifest, resources = [] } = backend.read(owner, stack);
      return {
        name: owner === project.name ? stack : `organization/${owner}/${stack}`,
        current: owner === project.name && stack === selected,
        lastUpdate: manifest.time,
        updateInProgress: false,
        resourceCount: resources.length,
        url: "",
      };
    }),
  );
  const lines = stacks.map(({ name, current, resourceCount }) => `${name}${current ? "*" : ""}  ${resourceCount}`);
  print(args.has("json") ? JSON.stringify(stacks, undefined, 2) : lines.join("\n"));
}

async function removeStack(context: CommandContext): Promise<void> {
  const { backend, project, operands } = context;
  const stack = stackName(context, operands[0]);
  await withLock(lockPath(backend.directory, project.name, stack), async () => removeUnlocked(context, stack));
}

function removeUnlocked(context: CommandContext, stack: string): void {
  const { backend, project, args } = context;
  const { resources = [] } = backend.read(project.name, stack);
  if (resources.length > 0 && !args.has("force")) {
    const what = `'${stack}' still has resources; removal rejected`;
    throw new EngineError("invalid-argument", { where: "stack rm", what, fix: "Destroy them first, or pass --force" });
  }
  backend.remove(project.name, stack);
  if (backend.selected(project.directory) === stack) backend.select(project.directory, undefined);
  if (!args.has("preserve-config")) rmSync(stackConfig(context, stack).path, { force: true });
}

function printOutputs(context: CommandContext): void {
  const { backend, project, args, operands, print } = context;
  const { resources } = backend.load(project.name, stackName(context));
  const outputs = resources.find((resource) => resource.type === stackType)?.outputs ?? {};
  const shown = args.has("show-secrets") ? reveal(outputs) : (mask(outputs) as Properties);
  const [name] = operands;
  if (name === undefined) {
    const lines = Object.entries(shown).map(([key, value]) => `${key}\t${plain(value)}`);
    print(args.has("json") ? JSON.stringify(shown, undefined, 2) : lines.join("\n"));
    return;
  }
  if (!(name in shown)) {
    const what = "the stack has no such output";
    throw new EngineError("invalid-argument", { where: `output "${name}"`, what, fix: "Correct the name" });
  }
  print(args.has("json") ? JSON.stringify(shown[name], undefined, 2) : plain(shown[name]));
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function printHistory(context: CommandContext): void {
  const { backend, project, args, print, page } = context;
  const stack = stackName(context);
  const { secrets_providers } = backend.read(project.name, stack);
  const showSecrets = args.has("show-secrets");
  const entries = backend.history(project.name, stack, page).map(({ config, startTime, endTime, ...entry }) => ({
    ...entry,
    startTime: new Date(startTime * 1000).toISOString(),
    endTime: new Date(endTime * 1000).toISOString(),
    config: Object.fromEntries(
      Object.entries(config).map(([key, { string, secret, object }]) => {
        if (secret && !showSecrets) return [key, { secret }];
        const value = secret ? backend.crypterFor(secrets_providers).decrypt(string, `history: ${key}`) : string;
        return [key, { value, ...(object && { objectValue: JSON.parse(value) }), secret }];
      }),
    ),
  }));
  const lines = entries.map(({ version, kind, result, startTime }) => `${version}  ${startTime}  ${kind}  ${result}`);
  print(args.has("json") ? JSON.stringify(entries, undefined, 2) : lines.join("\n"));
}

function exportStack(context: CommandContext): void {
  const { backend, project, args, print } = context;
  const stored = backend.read(project.name, stackName(context));
  const deployment = args.has("show-secrets") ? inClear(backend, stored) : stored;
  print(JSON.stringify({ version: 3, deployment }, undefined, 4));
}

function inClear(backend: Backend, stored: Deployment): Deployment {
  const { resources, pending } = backend.open(stored);
  return {
    ...stored,
    resources: resources.map((resource) => sealResource(resource, inTheClear)),
    ...(pending.length > 0 && {
      pending_operations: pending.map(({ type, resource }) => ({ type, resource: sealResource(resource, inTheClear) })),
    }),
  };
}

async function importStack(context: CommandContext): Promise<void> {
  const { backend, project } = context;
  await withLock(lockPath(backend.directory, project.name, stackName(context)), async () => importUnlocked(context));
}

function importUnlocked(context: CommandContext): void {
  const { backend, project, args, print } = context;
  const stack = stackName(context);
  const path = args.value("file");
  if (path === undefined) {
    throw new EngineError("invalid-argument", { where: "stack import", what: "no --file is given", fix: "Name one" });
  }
  const { version, deployment } = JSON.parse(readFileSync(path, "utf8")) as {
    version?: number;
    deployment?: Deployment;
  };
  if (version !== 3 || !deployment) {
    const what = `is not a version 3 deployment (version ${version})`;
    throw new EngineError("invalid-state", { where: path, what, fix: "Export it with a current engine" });
  }
  const current = backend.load(project.name, stack);
  const hasCiphertext = JSON.stringify(deployment).includes('"ciphertext"');
  const opened = backend.open(hasCiphertext ? deployment : withoutProvider(deployment));
  const stranger = opened.resources.find(({ urn }) => !urn.startsWith(`urn:pulumi:${stack}::`));
  if (stranger && !args.has("force")) {
    const what = `belongs to another stack than '${stack}'`;
    throw new EngineError("invalid-state", { where: stranger.urn, what, fix: "Import it there, or pass --force" });
  }
  backend.save(project.name, stack, { ...opened, crypter: current.crypter });
  print("Import complete.");
}

function withoutProvider({ secrets_providers, ...deployment }: Deployment): Deployment {
  return deployment;
}
