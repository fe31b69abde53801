import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import services from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import rpc from "@pulumi/pulumi/proto/analyzer_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { parse } from "yaml";
import type { Deployment, Judge } from "./deployment.ts";
import { EngineError } from "./errors.ts";
import { call, connect, isUnimplemented, shuttingDown } from "./grpc.ts";
import { type HostProcess, startHost } from "./host.ts";
import { configurePack, levels } from "./policyConfig.ts";
import type { Config } from "./project.ts";
import type { Resource } from "./state.ts";
import { nameOf, parseReference, typeOf } from "./urn.ts";
import { fromStruct, type Properties, toStruct } from "./values.ts";

const severities = ["", "low", "medium", "high", "critical"] as const;

export interface PolicyPack {
  readonly directory: string;
  /** Path of a JSON file: policy name → level or { enforcementLevel, …properties }; `all` stands for every policy. */
  readonly configPath?: string;
}

export interface Pack {
  readonly client: InstanceType<typeof services.AnalyzerClient>;
  readonly process: HostProcess;
  readonly name: string;
  readonly version: string;
  /** False when no policy of the pack is at the level that may change inputs: it need not be asked. */
  readonly remediates: boolean;
}

/**
 * The policy packs of one operation, each in Pulumi's own policy runner. They may still be starting: what they judge
 * waits for them, and the program runs meanwhile.
 */
export class Policies implements Judge {
  private readonly starting: Promise<readonly Pack[]>;
  private packs: readonly Pack[] = [];

  constructor(starting: Promise<readonly Pack[]> = Promise.resolve([])) {
    this.starting = starting.then((packs) => {
      this.packs = packs;
      return packs;
    });
    // Whoever asks for `ready` meets it.
    this.starting.catch(() => undefined);
  }

  /** @throws EngineError naming the pack that does not start. */
  async ready(): Promise<void> {
    await this.starting;
  }

  get versions(): Record<string, string> {
    return Object.fromEntries(this.packs.map(({ name, version }) => [name, version]));
  }

  /** Remedies the inputs of a resource and judges them; a mandatory violation blocks the resource in an update. */
  async judge(deployment: Deployment, resource: Resource): Promise<Properties> {
    let inputs = resource.inputs ?? {};
    await this.started();
    if (this.packs.length === 0) return inputs;
    for (const pack of this.packs.filter((p) => p.remediates))
      inputs = await this.remediate(deployment, pack, { ...resource, inputs });
    let blocked = false;
    const request = describe(deployment, new rpc.AnalyzeRequest(), resource, inputs);
    for (const { client } of this.packs) {
      const response = await call(client, client.analyze, request);
      for (const diagnostic of response.getDiagnosticsList()) {
        if (report(deployment, diagnostic, resource.urn) === "mandatory") blocked = true;
      }
    }
    if (blocked) deployment.failed = true;
    if (!blocked || deployment.preview) return inputs;
    const what = "a mandatory policy is violated";
    throw new EngineError("policy-failed", { where: resource.urn, what, fix: "See the policy violations" });
  }

  private async remediate(deployment: Deployment, { client }: Pack, resource: Resource): Promise<Properties> {
    const request = describe(deployment, new rpc.AnalyzeRequest(), resource, resource.inputs ?? {});
    let inputs = resource.inputs ?? {};
    const response = await call(client, client.remediate, request);
    for (const remedy of response.getRemediationsList()) {
      if (remedy.getDiagnostic() !== "") {
        report(deployment, warningOf(remedy, resource.urn), resource.urn);
        continue;
      }
      inputs = fromStruct(remedy.getProperties());
      deployment.events.emit({
        policyRemediationEvent: {
          resourceUrn: resource.urn,
          color: "never",
          policyName: remedy.getPolicyname(),
          policyPackName: remedy.getPolicypackname(),
          policyPackVersion: remedy.getPolicypackversion(),
        },
      });
    }
    return inputs;
  }

  /** A pack that does not start is told of once, by whoever asks for `ready`. */
  private async started(): Promise<void> {
    await this.starting.catch(() => {
      throw shuttingDown();
    });
  }

  /** Judges the whole stack, by the outputs of its resources. */
  async judgeStack(deployment: Deployment): Promise<void> {
    await this.started();
    if (this.packs.length === 0) return;
    const request = new rpc.AnalyzeStackRequest();
    for (const resource of deployment.snapshot.settled()) {
      // Among the outputs of every resource of the real AWS provider is its id, by which rules tell resources apart.
      const outputs = resource.id ? { id: resource.id, ...resource.outputs } : (resource.outputs ?? {});
      const described = describe(deployment, new rpc.AnalyzerResource(), resource, outputs);
      described.setParent(resource.parent ?? "").setDependenciesList([...(resource.dependencies ?? [])]);
      for (const [key, urns] of Object.entries(resource.propertyDependencies ?? {})) {
        const list = new rpc.AnalyzerPropertyDependencies().setUrnsList([...(urns ?? [])]);
        described.getPropertydependenciesMap().set(key, list);
      }
      request.addResources(described);
    }
    for (const { client } of this.packs) {
      const response = await call(client, client.analyzeStack, request);
      for (const diagnostic of response.getDiagnosticsList()) {
        // A stack cannot be remedied, so that level is mandatory here.
        if (diagnostic.getEnforcementlevel() === rpc.EnforcementLevel.REMEDIATE) {
          diagnostic.setEnforcementlevel(rpc.EnforcementLevel.MANDATORY);
        }
        if (report(deployment, diagnostic, diagnostic.getUrn()) === "mandatory") deployment.failed = true;
      }
    }
  }

  async close(): Promise<void> {
    await this.starting.catch(() => undefined);
    for (const { client, process } of this.packs) {
      client.close();
      await process.stop();
    }
  }
}

type Described = InstanceType<typeof rpc.AnalyzeRequest> | InstanceType<typeof rpc.AnalyzerResource>;

function describe<Request extends Described>(
  deployment: Deployment,
  request: Request,
  resource: Resource,
  properties: Properties,
): Request {
  const options = new rpc.AnalyzerResourceOptions().setProtect(resource.protect ?? false);
  options
    .setIgnorechangesList([...(resource.ignoreChanges ?? [])])
    .setAliasesList([deployment.former.get(resource.urn) ?? []].flat());
  options.setAdditionalsecretoutputsList([...(resource.additionalSecretOutputs ?? [])]);
  options.setParent(resource.parent ?? "");
  request.setUrn(resource.urn).setType(resource.type).setName(nameOf(resource.urn));
  const { __internal, ...shown } = properties;
  request.setProperties(toStruct(shown)).setOptions(options);
  const provider = resource.provider && deployment.state(parseReference(resource.provider).urn);
  if (provider) {
    const described = new rpc.AnalyzerProviderResource().setUrn(provider.urn).setType(typeOf(provider.urn));
    request.setProvider(described.setName(nameOf(provider.urn)).setProperties(toStruct(provider.inputs ?? {})));
  }
  return request;
}

function report(deployment: Deployment, diagnostic: InstanceType<typeof rpc.AnalyzeDiagnostic>, urn: string): string {
  const level = levels[diagnostic.getEnforcementlevel()] ?? "advisory";
  const severity = severities[diagnostic.getSeverity()];
  // The SDK's type knows only the levels "warning" and "mandatory"; the engine's own are these.
  deployment.events.emit({
    policyEvent: {
      ...(urn && { resourceUrn: urn }),
      message: diagnostic.getMessage(),
      color: "never",
      policyName: diagnostic.getPolicyname(),
      policyPackName: diagnostic.getPolicypackname(),
      policyPackVersion: diagnostic.getPolicypackversion(),
      policyPackVersionTag: diagnostic.getPolicypackversion(),
      enforcementLevel: level as "mandatory",
      ...(severity && { severity }),
    },
  });
  return level;
}

function warningOf(remedy: InstanceType<typeof rpc.Remediation>, urn: string) {
  const diagnostic = new rpc.AnalyzeDiagnostic().setPolicyname(remedy.getPolicyname()).setUrn(urn);
  diagnostic.setPolicypackname(remedy.getPolicypackname()).setPolicypackversion(remedy.getPolicypackversion());
  return diagnostic.setDescription(remedy.getDescription()).setMessage(remedy.getDiagnostic());
}

export interface PolicyContext {
  readonly engineAddress: string;
  readonly project: string;
  readonly stack: string;
  readonly preview: boolean;
  readonly config: Config;
  readonly env: Record<string, string | undefined>;
}

/** Starts the packs side by side. */
export async function startPacks(packs: readonly PolicyPack[], context: PolicyContext): Promise<readonly Pack[]> {
  const started = await Promise.allSettled(packs.map((pack) => startPack(pack, context)));
  const running = started.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const failed = started.find((result) => result.status === "rejected");
  if (!failed) return running;
  await new Policies(Promise.resolve(running)).close();
  throw failed.reason;
}

async function startPack({ directory, configPath }: PolicyPack, context: PolicyContext): Promise<Pack> {
  const settingsPath = join(directory, "PulumiPolicy.yaml");
  if (!existsSync(settingsPath)) {
    const what = "has no PulumiPolicy.yaml";
    throw new EngineError("invalid-argument", {
      where: `--policy-pack ${directory}`,
      what,
      fix: "Name a policy pack's directory",
    });
  }
  const settings = parse(readFileSync(settingsPath, "utf8")) as { main?: string };
  const process = await startHost({
    module: "@pulumi/pulumi/cmd/run-policy-pack/index.js",
    args: [context.engineAddress, settings.main ? join(directory, settings.main) : directory],
    directory,
    env: {
      ...context.env,
      PULUMI_CONFIG: JSON.stringify(Object.fromEntries(Object.entries(context.config).map(([k, v]) => [k, v.string]))),
      PULUMI_NODEJS_ORGANIZATION: "organization",
      PULUMI_NODEJS_PROJECT: context.project,
      PULUMI_NODEJS_STACK: context.stack,
      PULUMI_NODEJS_DRY_RUN: String(context.preview),
    },
    what: `policy pack ${directory}`,
  });
  const client = connect(services.AnalyzerClient, `127.0.0.1:${process.port}`);
  try {
    await configureStack(client, context);
    const info = await call(client, client.getAnalyzerInfo, new empty.Empty());
    const remediates = await configurePack(client, info, configPath);
    return { client, process, name: info.getName(), version: info.getVersion(), remediates };
  } catch (error) {
    client.close();
    await process.stop();
    throw error;
  }
}

async function configureStack(client: Pack["client"], context: PolicyContext): Promise<void> {
  const request = new rpc.AnalyzerStackConfigureRequest().setStack(context.stack).setProject(context.project);
  request.setOrganization("organization").setDryRun(context.preview);
  for (const [key, value] of Object.entries(context.config)) request.getConfigMap().set(key, value.string);
  const secretKeys = Object.entries(context.config).filter(([, value]) => value.secret);
  request.setConfigSecretKeysList(secretKeys.map(([key]) => key));
  await call(client, client.configureStack, request).catch((error: unknown) => {
    if (!isUnimplemented(error)) throw error;
  });
}
