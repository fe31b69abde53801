import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import * as grpc from "@grpc/grpc-js";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import analyzer from "@pulumi/pulumi/proto/analyzer_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";

const packDirectory = fileURLToPath(new URL("../../../policies/", import.meta.url));
const runner = fileURLToPath(import.meta.resolve("@pulumi/pulumi/cmd/run-policy-pack/index.js"));
const levels = ["advisory", "mandatory", "disabled", "remediate"] as const;

/** A resource as the engine hands it to a policy pack. */
export interface EngineResource {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly props: Record<string, unknown>;
  readonly protect?: boolean;
  readonly ignoreChanges?: readonly string[];
  readonly parent?: string;
  readonly dependencies?: readonly string[];
  readonly propertyDependencies?: Readonly<Record<string, readonly string[]>>;
  readonly provider?: {
    readonly type: string;
    readonly name: string;
    readonly urn: string;
    readonly props: Record<string, unknown>;
  };
}

export interface Diagnostic {
  readonly policyName: string;
  readonly policyPackName: string;
  readonly message: string;
  readonly enforcementLevel: (typeof levels)[number];
  readonly resourceUrn: string;
}

export interface RunningPack {
  readonly startMs: number;
  /** Of the runner, to measure its work apart from this process. */
  readonly pid: number;
  readonly port: number;
  readonly info: analyzer.AnalyzerInfo.AsObject;
  configure(
    config: Record<string, { enforcementLevel: (typeof levels)[number]; properties?: Record<string, unknown> }>,
  ): Promise<void>;
  analyze(resource: EngineResource): Promise<Diagnostic[]>;
  analyzeStack(resources: readonly EngineResource[]): Promise<Diagnostic[]>;
  stop(): Promise<void>;
}

/** Starts a policy pack in Pulumi's own policy runner and talks to it as an engine does. */
export async function startPack(options: {
  readonly preview: boolean;
  readonly directory?: string;
  /** The stack's, by full key. */
  readonly config?: Readonly<Record<string, string>>;
}): Promise<RunningPack> {
  const started = performance.now();
  const directory = options.directory ?? packDirectory;
  const child = spawn(process.execPath, [runner, "127.0.0.1:0", directory], {
    cwd: directory,
    env: {
      ...process.env,
      PULUMI_CONFIG: JSON.stringify(options.config ?? {}),
      PULUMI_NODEJS_DRY_RUN: String(options.preview),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const port = await firstLine(child);
  const client = new AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
    "grpc.max_receive_message_length": 400 << 20,
    "grpc.max_send_message_length": 400 << 20,
  });
  const call = <Request, Response>(method: string, request: Request): Promise<Response> =>
    new Promise((resolve, reject) => {
      const invoke = (
        client as unknown as Record<string, (r: Request, done: (e: Error | null, a: Response) => void) => void>
      )[method];
      invoke?.call(client, request, (error, answer) => (error ? reject(error) : resolve(answer)));
    });
  const info = await call<empty.Empty, analyzer.AnalyzerInfo>("getAnalyzerInfo", new empty.Empty());
  return {
    startMs: performance.now() - started,
    pid: child.pid ?? 0,
    port: Number(port),
    info: info.toObject(),
    configure: async (config) => {
      const request = new analyzer.ConfigureAnalyzerRequest();
      for (const [name, { enforcementLevel, properties }] of Object.entries(config)) {
        const one = new analyzer.PolicyConfig();
        one.setEnforcementlevel(levels.indexOf(enforcementLevel));
        // An engine always sends properties, empty when there are none.
        one.setProperties(toStruct(properties ?? {}));
        request.getPolicyconfigMap().set(name, one);
      }
      await call("configure", request);
    },
    analyze: async (resource) => {
      const request = fill(new analyzer.AnalyzeRequest(), resource);
      return diagnostics(await call("analyze", request), resource.urn);
    },
    analyzeStack: async (resources) => {
      const request = new analyzer.AnalyzeStackRequest();
      request.setResourcesList(resources.map(stackResource));
      return diagnostics(await call("analyzeStack", request), "");
    },
    stop: async () => {
      client.close();
      if (child.exitCode !== null) return;
      await new Promise((resolve) => {
        child.once("exit", resolve);
        child.kill();
      });
    },
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let stderr = "";
    child.stderr?.on("data", (chunk) => {
      stderr += chunk;
    });
    child.once("exit", (code) => reject(new Error(`the policy pack exited with ${code}: ${stderr}`)));
    if (child.stdout) createInterface({ input: child.stdout }).once("line", resolve);
  });
}

function toStruct(props: Record<string, unknown>): struct.Struct {
  return struct.Struct.fromJavaScript(props as Parameters<typeof struct.Struct.fromJavaScript>[0]);
}

function fill<R extends analyzer.AnalyzeRequest | analyzer.AnalyzerResource>(request: R, resource: EngineResource): R {
  const options = new analyzer.AnalyzerResourceOptions();
  options.setProtect(resource.protect ?? false);
  options.setIgnorechangesList([...(resource.ignoreChanges ?? [])]);
  if (resource.parent !== undefined) options.setParent(resource.parent);
  request.setType(resource.type);
  request.setName(resource.name);
  request.setUrn(resource.urn);
  request.setProperties(toStruct(resource.props));
  request.setOptions(options);
  if (resource.provider !== undefined) {
    const provider = new analyzer.AnalyzerProviderResource();
    provider.setType(resource.provider.type);
    provider.setName(resource.provider.name);
    provider.setUrn(resource.provider.urn);
    provider.setProperties(toStruct(resource.provider.props));
    request.setProvider(provider);
  }
  return request;
}

function stackResource(resource: EngineResource): analyzer.AnalyzerResource {
  const one = fill(new analyzer.AnalyzerResource(), resource);
  one.setParent(resource.parent ?? "");
  one.setDependenciesList([...(resource.dependencies ?? [])]);
  for (const [property, urns] of Object.entries(resource.propertyDependencies ?? {})) {
    const list = new analyzer.AnalyzerPropertyDependencies();
    list.setUrnsList([...urns]);
    one.getPropertydependenciesMap().set(property, list);
  }
  return one;
}

function diagnostics(response: analyzer.AnalyzeResponse, urn: string): Diagnostic[] {
  return response.getDiagnosticsList().map((one) => ({
    policyName: one.getPolicyname(),
    policyPackName: one.getPolicypackname(),
    message: one.getMessage(),
    enforcementLevel: levels[one.getEnforcementlevel()] ?? "mandatory",
    resourceUrn: one.getUrn() || urn,
  }));
}
