import { resolve } from "node:path";
import type { Arguments } from "./arguments.ts";
import { numberFlag } from "./arguments.ts";
import type { Backend, Checkpoint } from "./backend.ts";
import { deleteResources } from "./delete.ts";
import { Deployment, isShutdown } from "./deployment.ts";
import { Display } from "./display.ts";
import { EngineError } from "./errors.ts";
import { EventSink } from "./events.ts";
import { type ProgramRun, runInline, runLocal } from "./language.ts";
import { lockPath, withLock } from "./lock.ts";
import { serveMonitor } from "./monitor.ts";
import type { MonitorContext } from "./monitorContext.ts";
import { Policies, startPacks } from "./policies.ts";
import type { Config, Project } from "./project.ts";
import { refresh } from "./refresh.ts";
import { rootName } from "./register.ts";
import { Registry, type StartProvider } from "./registry.ts";
import { Snapshot } from "./snapshot.ts";
import { needs, type Resource } from "./state.ts";
import { announceOutputs } from "./steps.ts";
import { Targets } from "./targets.ts";
import { makeUrn, stackType } from "./urn.ts";
import type { Properties } from "./values.ts";

export type Kind = "update" | "preview" | "refresh" | "destroy";

export interface OperationRequest {
  readonly kind: Kind;
  readonly preview: boolean;
  readonly args: Arguments;
  readonly project: Project;
  readonly stack: string;
  readonly backend: Backend;
  readonly config: Config;
  readonly env: Record<string, string | undefined>;
  readonly providers: Record<string, StartProvider>;
  readonly readStack: (name: string) => Properties;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal | undefined;
}

const titles = { update: "Updating", preview: "Previewing update", refresh: "Refreshing", destroy: "Destroying" };
const nouns = { update: "update", preview: "preview", refresh: "refresh", destroy: "destroy" };

/** Runs an operation to its end. Throws when it failed, with everything already printed and saved. */
export async function runOperation(request: OperationRequest): Promise<void> {
  const { backend, project, stack, preview } = request;
  if (preview) return operate(request);
  return withLock(lockPath(backend.directory, project.name, stack), () => operate(request));
}

async function operate(request: OperationRequest): Promise<void> {
  const { kind, preview, args, project, stack, backend, print } = request;
  const started = Date.now();
  const checkpoint = backend.load(project.name, stack);
  const title = preview && kind !== "preview" ? `Previewing ${nouns[kind]}` : titles[kind];
  const display = new Display({ title: `${title} (${stack})`, preview, print });
  const events = new EventSink(args.value("event-log"), (event) => display.show(event));
  const operation = await prepare(request, checkpoint, events);
  const { deployment } = operation.context;
  const abort = () => {
    deployment.diagnose("error", `${nouns[kind]} canceled`);
    deployment.stop();
    void deployment.registry.cancel();
  };
  if (request.signal?.aborted) abort();
  request.signal?.addEventListener("abort", abort);
  try {
    events.emit({ preludeEvent: { config: shownConfig(request.config) } });
    await work(request, operation, checkpoint);
  } catch (error) {
    if (!isShutdown(error)) deployment.fail(error);
  } finally {
    request.signal?.removeEventListener("abort", abort);
    await deployment.idle();
    await operation.close();
  }
  settleOutputs(deployment, rootUrn(request));
  if (!preview) deployment.snapshot.save();
  await conclude(request, { deployment, display, events, started });
}

/** An operation that failed may not have come to what an output is made of: then those that are missing stay. */
function settleOutputs(deployment: Deployment, urn: string): void {
  const { stackOutputs, snapshot } = deployment;
  const root = snapshot.get(urn);
  if (!root || !stackOutputs) return;
  const old = snapshot.original.get(urn);
  const now = { ...root, outputs: deployment.failed ? { ...old?.outputs, ...stackOutputs } : stackOutputs };
  snapshot.changeIfDifferent(root, now);
  announceOutputs(deployment, old ? "same" : "create", old, now);
}

function rootUrn({ project, stack }: { project: Project; stack: string }): string {
  return makeUrn(stack, project.name, undefined, stackType, rootName({ project: project.name, stack }));
}

interface Operation {
  readonly context: MonitorContext;
  close(): Promise<void>;
}

/** Puts the parts together: state, monitor, providers, policies. */
async function prepare(request: OperationRequest, checkpoint: Checkpoint, events: EventSink): Promise<Operation> {
  const { args, project, stack, backend, config, preview, kind } = request;
  const parallel = numberFlag(args, "parallel") ?? 16;
  const { crypter } = checkpoint;
  const snapshot = new Snapshot(
    checkpoint.resources,
    preview ? () => {} : (resources, pending) => backend.save(project.name, stack, { resources, pending, crypter }),
    // Only creations stay unsettled: of anything else the state still has the resource.
    checkpoint.pending.filter(({ type }) => type === "creating"),
  );
  const registry: Registry = new Registry({
    starters: request.providers,
    engineAddress: () => context.engineAddress,
    states: (reference) => deployment.provider(reference),
    readStack: request.readStack,
  });
  const policies = new Policies();
  const targets = new Targets(args.values("target"), args.has("target-dependents"));
  const options = { project: project.name, stack, preview, directory: project.directory, parallel };
  const deployment: Deployment = new Deployment({ ...options, snapshot, registry, events, policies, targets });
  const context: MonitorContext = {
    deployment,
    config,
    parallel,
    monitorAddress: "",
    engineAddress: "",
    defaultProviders: new Map(),
    componentProviders: new Map(),
  };
  const closeMonitor = await serveMonitor(context);
  if (kind === "update" || kind === "preview") startPolicies(request, context);
  return {
    context,
    close: async () => {
      await registry.close();
      await deployment.policies.close();
      closeMonitor();
    },
  };
}

/** They start while the program runs up to its first resource. */
function startPolicies(request: OperationRequest, context: MonitorContext): void {
  const { args, project, stack, preview, config, env } = request;
  const configs = args.values("policy-pack-config");
  const packs = args.values("policy-pack").map((directory, i) => ({
    directory: resolve(project.directory, directory),
    ...(configs[i] && { configPath: resolve(project.directory, configs[i]) }),
  }));
  if (packs.length === 0) return;
  const { engineAddress } = context;
  const { deployment } = context;
  const started = startPacks(packs, { engineAddress, project: project.name, stack, preview, config, env });
  deployment.policies = new Policies(started);
  deployment.policies.ready().catch((error: unknown) => deployment.fail(error));
}

async function work(request: OperationRequest, { context }: Operation, checkpoint: Checkpoint): Promise<void> {
  const { kind, args } = request;
  const { deployment } = context;
  await repair(deployment, checkpoint, args);
  const targeted = (resource: Resource) => deployment.targets.includes(resource);
  if (kind === "refresh") return refresh(deployment, targeted, { counted: true });
  if (args.has("refresh")) {
    await refresh(deployment, targeted, { counted: false });
  }
  if (kind === "destroy") return deleteResources(deployment, destroyable(deployment, args));
  await runProgram(request, context);
  if (deployment.stopping || (deployment.failed && !deployment.preview)) return;
  const { seen } = deployment;
  const condemned = deployment.snapshot.remaining().filter((old) => old.delete || !seen.has(old.urn));
  await deleteResources(deployment, condemned);
  if (!deployment.failed || deployment.preview) await deployment.policies.judgeStack(deployment);
}

/** What an interrupted operation left: what it may have changed is looked up, so that the state is true again. */
async function repair(deployment: Deployment, { pending }: Checkpoint, args: Arguments): Promise<void> {
  if (pending.length === 0) return;
  const lines = pending.map(({ resource, type }) => `  * ${resource.urn}, interrupted while ${type}`);
  const message = `the last operation on this stack was interrupted:\n${lines.join("\n")}`;
  deployment.diagnose("warning", message);
  for (const { resource } of pending.filter(() => args.has("clear-pending-creates"))) {
    deployment.snapshot.forgetPending(resource.urn);
  }
  const doubtful = new Set(pending.filter(({ type }) => type !== "creating").map(({ resource }) => resource.urn));
  if (doubtful.size === 0) return;
  await refresh(deployment, (resource) => resource.custom && doubtful.has(resource.urn), { counted: false });
}

function destroyable(deployment: Deployment, args: Arguments): readonly Resource[] {
  const all = deployment.snapshot.remaining();
  if (!args.has("exclude-protected")) return all;
  const kept = new Set<string>();
  for (const resource of [...all].reverse()) {
    if (!resource.protect && !kept.has(resource.urn)) continue;
    kept.add(resource.urn);
    for (const urn of needs(resource)) kept.add(urn);
  }
  return all.filter((resource) => !kept.has(resource.urn));
}

async function runProgram(request: OperationRequest, context: MonitorContext): Promise<void> {
  const { args, project, stack, config, preview, env } = request;
  const { deployment, parallel, monitorAddress, engineAddress } = context;
  const root = rootUrn(request);
  const onLine: ProgramRun["onLine"] = (line, severity) => deployment.diagnose(severity, line, root);
  const run = { project, stack, config, preview, parallel, monitorAddress, engineAddress, env, onLine };
  const client = args.value("client");
  const failure = client === undefined ? await runLocal(deployment, run) : await runInline(deployment, client, run);
  // What made the program fail has mostly been told already; then its own words would only repeat it.
  if (failure !== undefined && !deployment.failed) deployment.diagnose("error", failure, root);
  if (failure !== undefined) deployment.failed = true;
}

interface Ending {
  readonly deployment: Deployment;
  readonly display: Display;
  readonly events: EventSink;
  readonly started: number;
}

async function conclude(request: OperationRequest, { deployment, display, events, started }: Ending): Promise<void> {
  const { kind, preview, args, stack } = request;
  const changed = Object.entries(deployment.changes).some(([op, count]) => op !== "same" && count > 0);
  if (!deployment.failed && changed && args.has("expect-no-changes")) {
    deployment.diagnose("error", "no changes were expected but changes occurred");
  }
  const { failed } = deployment;
  const root = rootUrn(request);
  if (failed) deployment.diagnose("error", `${nouns[kind]} failed`, root);
  const durationSeconds = Math.round((Date.now() - started) / 1000);
  const summaryEvent = {
    maybeCorrupt: false,
    durationSeconds,
    resourceChanges: deployment.changes,
    PolicyPacks: deployment.policies.versions,
    policyPacks: deployment.policies.versions,
    isPreview: preview,
    result: failed ? "failed" : "succeeded",
  };
  events.emit({ summaryEvent });
  await events.close();
  if (!preview) addHistory(request, deployment, started);
  const outputs = args.has("suppress-outputs") ? {} : (deployment.snapshot.get(root)?.outputs ?? {});
  display.end(outputs, deployment.changes, (Date.now() - started) / 1000);
  if (failed)
    throw new EngineError("resource-failed", { where: stack, what: `${nouns[kind]} failed`, fix: "See above" });
}

function addHistory(request: OperationRequest, deployment: Deployment, started: number): void {
  const { backend, project, stack, kind, args, config } = request;
  const crypter = backend.crypterFor(backend.read(project.name, stack).secrets_providers);
  const entries = Object.entries(config).map(([key, { string, secret, object }]) => {
    return [key, { string: secret ? crypter.encrypt(string) : string, secret, object }] as const;
  });
  backend.addHistory(project.name, stack, {
    kind,
    startTime: Math.floor(started / 1000),
    message: args.value("message") ?? "",
    environment: environment(args),
    config: Object.fromEntries(entries),
    result: deployment.failed ? "failed" : "succeeded",
    endTime: Math.floor(Date.now() / 1000),
    resourceChanges: deployment.changes,
  });
}

function environment(args: Arguments): Record<string, string> {
  const [kind, agent] = [args.value("exec-kind"), args.value("exec-agent")];
  return { ...(kind && { "exec.kind": kind }), ...(agent && { "exec.agent": agent }) };
}

function shownConfig(config: Config): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).map(([key, { string, secret }]) => [key, secret ? "[secret]" : string]),
  );
}
