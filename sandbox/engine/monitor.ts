import type * as grpc from "@grpc/grpc-js";
import engineServices from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineRpc from "@pulumi/pulumi/proto/engine_pb.js";
import services from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import rpc from "@pulumi/pulumi/proto/resource_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { callMethod, construct } from "./components.ts";
import { keepDebugMessages } from "./debugMessages.ts";
import type { Deployment } from "./deployment.ts";
import { unsupported } from "./errors.ts";
import { type Goal, goalOf } from "./goal.ts";
import { serve, unary } from "./grpc.ts";
import { readResource } from "./import.ts";
import { defaultProvider, type MonitorContext } from "./monitorContext.ts";
import { registerResource } from "./register.ts";
import { sourceOf } from "./source.ts";
import type { Resource } from "./state.ts";
import { announceOutputs } from "./steps.ts";
import { isProviderType, packageOf, stackType } from "./urn.ts";
import { fromStruct, lowerOutputs, toStruct } from "./values.ts";

const { ResourceMonitorFeature: feature } = rpc;

/** By the names older SDKs ask for, one at a time; newer ones read the list in the deployment's description. */
const features = new Map([
  ["secrets", feature.RESOURCE_MONITOR_FEATURE_SECRETS],
  ["resourceReferences", feature.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES],
  ["outputValues", feature.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES],
  ["aliasSpecs", feature.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS],
  ["deletedWith", feature.RESOURCE_MONITOR_FEATURE_DELETED_WITH],
  ["replaceWith", feature.RESOURCE_MONITOR_FEATURE_REPLACE_WITH],
]);

/** Serves the ResourceMonitor and Engine protocols for one operation. */
export async function serveMonitor(context: MonitorContext): Promise<() => void> {
  keepDebugMessages();
  const server = await serve((server) => {
    server.addService(services.ResourceMonitorService, monitor(context));
    server.addService(engineServices.EngineService, engine(context.deployment));
  });
  context.monitorAddress = server.address;
  context.engineAddress = server.address;
  return server.close;
}

function monitor(context: MonitorContext): grpc.UntypedServiceImplementation {
  const { deployment } = context;
  const lacks = (what: string) =>
    unary(() => {
      const error = unsupported("program", what);
      deployment.fail(error);
      throw error;
    });
  return {
    supportsFeature: unary((request: rpc.SupportsFeatureRequest) =>
      new rpc.SupportsFeatureResponse().setHassupport(features.has(request.getId())),
    ),
    registerResource: unary((request: rpc.RegisterResourceRequest) =>
      deployment.track(undefined, () => register(context, request)),
    ),
    registerResourceOutputs: unary((request: rpc.RegisterResourceOutputsRequest) =>
      deployment.track(request.getUrn(), async () => registerOutputs(deployment, request)),
    ),
    readResource: unary((request: rpc.ReadResourceRequest) =>
      deployment.track(undefined, () => read(context, request)),
    ),
    invoke: unary((request: rpc.ResourceInvokeRequest) => invoke(context, request)),
    call: unary((request: rpc.ResourceCallRequest) => callMethod(context, request)),
    signalAndWaitForShutdown: unary(() => new empty.Empty()),
    getDeploymentInfo: unary(() => deploymentInfo(context)),
    registerStackTransform: lacks("stack transforms"),
    registerStackInvokeTransform: lacks("stack invoke transforms"),
    registerResourceHook: lacks("resource hooks"),
    registerErrorHook: lacks("error hooks"),
    registerPackage: lacks("parameterized packages"),
  };
}

function deploymentInfo({ deployment, config, parallel }: MonitorContext) {
  const info = new rpc.DeploymentInfo().setProject(deployment.project).setStack(deployment.stack);
  info.setOrganization("organization").setDryrun(deployment.preview).setParallel(parallel);
  info.setSupportedfeaturesList([...features.values()]);
  for (const [key, { string }] of Object.entries(config)) info.getConfigMap().set(key, string);
  return info.setConfigsecretkeysList(Object.keys(config).filter((key) => config[key]?.secret));
}

async function register(context: MonitorContext, request: rpc.RegisterResourceRequest) {
  const { deployment } = context;
  inheritProviders(context, request);
  const asked = goalOf(request, deployment.directory);
  const goal = await withProvider(context, asked, request.getVersion(), request.getRemote());
  if (request.getRemote()) return construct(context, goal, request);
  const resource = await registerResource(deployment, goal);
  if (!resource.custom) context.componentProviders.set(resource.urn, new Map(request.getProvidersMap().entries()));
  const response = new rpc.RegisterResourceResponse().setUrn(resource.urn).setId(resource.id ?? "");
  // An unknown id must stay unknown in the program, which takes an absent one as such in previews.
  if (deployment.preview && resource.id === undefined) response.setId("");
  return response.setObject(toStruct(resource.outputs ?? {})).setStable(false);
}

/** What the parent was given and this one was not told otherwise. */
function inheritProviders(context: MonitorContext, request: rpc.RegisterResourceRequest): void {
  const inherited = context.componentProviders.get(request.getParent());
  if (!inherited) return;
  if (!request.getCustom()) {
    const own = request.getProvidersMap();
    for (const [name, reference] of inherited) if (!own.has(name)) own.set(name, reference);
  } else if (request.getProvider() === "" && !isProviderType(request.getType())) {
    request.setProvider(inherited.get(packageOf(request.getType())) ?? "");
  }
}

/** Resources of a package without an explicit provider share a default one, made when the first of them comes. */
async function withProvider(context: MonitorContext, goal: Goal, version: string, remote: boolean): Promise<Goal> {
  if (isProviderType(goal.type)) {
    return version === "" ? goal : { ...goal, inputs: { ...goal.inputs, __internal: {}, version } };
  }
  if ((!goal.custom && !remote) || goal.provider) return goal;
  return { ...goal, provider: await defaultProvider(context, packageOf(goal.type), version) };
}

async function read(context: MonitorContext, request: rpc.ReadResourceRequest) {
  const goal: Goal = {
    type: request.getType(),
    name: request.getName(),
    custom: true,
    inputs: lowerOutputs(fromStruct(request.getProperties())),
    dependencies: [...request.getDependenciesList()].sort(),
    propertyDependencies: {},
    ignoreChanges: [],
    replaceOnChanges: [],
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    aliases: [],
    customTimeouts: {},
    replaceWith: [],
    source: sourceOf(request, context.deployment.directory),
    ...(request.getParent() && { parent: request.getParent() }),
    ...(request.getProvider() && { provider: request.getProvider() }),
  };
  const provided = await withProvider(context, goal, request.getVersion(), false);
  const resource = await readResource(context.deployment, provided, request.getId());
  return new rpc.ReadResourceResponse()
    .setUrn(resource.urn)
    .setId(resource.id ?? "")
    .setProperties(toStruct(resource.outputs ?? {}));
}

function registerOutputs(deployment: Deployment, request: rpc.RegisterResourceOutputsRequest) {
  const urn = request.getUrn();
  const resource = deployment.snapshot.get(urn);
  if (resource?.type === stackType) deployment.stackOutputs = lowerOutputs(fromStruct(request.getOutputs()));
  else if (resource) {
    const old = deployment.snapshot.original.get(urn);
    const now: Resource = { ...resource, outputs: lowerOutputs(fromStruct(request.getOutputs())) };
    deployment.snapshot.changeIfDifferent(resource, now);
    announceOutputs(deployment, old ? "same" : "create", old, now);
  }
  return new empty.Empty();
}

async function invoke(context: MonitorContext, request: rpc.ResourceInvokeRequest) {
  const token = request.getTok();
  const args = lowerOutputs(fromStruct(request.getArgs()));
  if (token === "pulumi:pulumi:getResource") return getResource(context.deployment, String(args["urn"]));
  const reference = request.getProvider() || (await defaultProvider(context, packageOf(token), request.getVersion()));
  const plugin = await context.deployment.registry.plugin(reference);
  const answer = await plugin.invoke(token, args, context.deployment.preview);
  return new rpc.ResourceInvokeResponse().setReturn(answer.getReturn()).setFailuresList(answer.getFailuresList());
}

function getResource(deployment: Deployment, urn: string) {
  const resource = deployment.snapshot.get(urn);
  if (!resource) throw unsupported(urn, "references to resources that this program has not registered");
  const answer = { urn, id: resource.id ?? "", state: resource.outputs ?? {} };
  return new rpc.ResourceInvokeResponse().setReturn(toStruct(answer));
}

function engine(deployment: Deployment): grpc.UntypedServiceImplementation {
  let root = "";
  const severities = ["debug", "info", "warning", "error"] as const;
  return {
    log: unary((request: engineRpc.LogRequest) => {
      const severity = severities[request.getSeverity()] ?? "info";
      if (severity !== "debug") deployment.diagnose(severity, request.getMessage(), request.getUrn());
      return new empty.Empty();
    }),
    getRootResource: unary(() => new engineRpc.GetRootResourceResponse().setUrn(root)),
    setRootResource: unary((request: engineRpc.SetRootResourceRequest) => {
      root = request.getUrn();
      return new engineRpc.SetRootResourceResponse();
    }),
    startDebugging: unary(() => Promise.reject(unsupported("program", "attaching a debugger"))),
    requirePulumiVersion: unary(() => new engineRpc.RequirePulumiVersionResponse()),
  };
}
