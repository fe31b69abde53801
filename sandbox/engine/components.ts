import providerRpc from "@pulumi/pulumi/proto/provider_pb.js";
import rpc from "@pulumi/pulumi/proto/resource_pb.js";
import type { Deployment } from "./deployment.ts";
import { EngineError } from "./errors.ts";
import type { Goal } from "./goal.ts";
import { shuttingDown } from "./grpc.ts";
import { defaultProvider, type MonitorContext } from "./monitorContext.ts";
import { packageOf } from "./urn.ts";
import { fromStruct, lowerOutputs, toStruct } from "./values.ts";

/** Has a component's provider construct it; its resources come back through the monitor as ordinary registrations. */
export async function construct(context: MonitorContext, goal: Goal, asked: rpc.RegisterResourceRequest) {
  const { deployment, config } = context;
  if (!goal.provider) {
    const what = "is a remote component without a provider";
    throw new EngineError("provider-missing", { where: goal.name, what, fix: "Give it one" });
  }
  const plugin = await deployment.registry.plugin(goal.provider);
  const request = new providerRpc.ConstructRequest()
    .setType(goal.type)
    .setName(goal.name)
    .setParent(goal.parent ?? "");
  request.setProject(deployment.project).setStack(deployment.stack).setOrganization("organization");
  request.setDryrun(deployment.preview).setParallel(context.parallel).setMonitorendpoint(context.monitorAddress);
  request
    .setInputs(toStruct(goal.inputs))
    .setDependenciesList([...goal.dependencies])
    .setAcceptsOutputValues(true);
  request.setConfigsecretkeysList(Object.keys(config).filter((key) => config[key]?.secret));
  for (const [key, { string }] of Object.entries(config)) request.getConfigMap().set(key, string);
  for (const [key, urns] of Object.entries(goal.propertyDependencies)) {
    request
      .getInputdependenciesMap()
      .set(key, new providerRpc.ConstructRequest.PropertyDependencies().setUrnsList([...urns]));
  }
  for (const [name, reference] of asked.getProvidersMap().entries()) request.getProvidersMap().set(name, reference);
  request.setAliasesList(asked.getAliasesList()).setIgnorechangesList([...goal.ignoreChanges]);
  request.setReplaceonchangesList([...goal.replaceOnChanges]).setReplaceWithList([...goal.replaceWith]);
  request.setAdditionalsecretoutputsList([...goal.additionalSecretOutputs]).setDeletedwith(goal.deletedWith ?? "");
  if (goal.protect !== undefined) request.setProtect(goal.protect);
  if (goal.retainOnDelete !== undefined) request.setRetainondelete(goal.retainOnDelete);
  if (goal.deleteBeforeReplace !== undefined) request.setDeletebeforereplace(goal.deleteBeforeReplace);
  return constructed(await untilStopped(deployment, plugin.construct(request)));
}

/** A component waits for its children for ever when the operation stops: nobody makes them any more, nor says so. */
async function untilStopped<Answer>(deployment: Deployment, answer: Promise<Answer>): Promise<Answer> {
  const stopped = deployment.whenStopped().then(() => {
    throw shuttingDown();
  });
  return Promise.race([answer, stopped]);
}

function constructed(answer: providerRpc.ConstructResponse) {
  const response = new rpc.RegisterResourceResponse().setUrn(answer.getUrn());
  const dependencies = new Map<string, Set<string>>();
  for (const [key, list] of answer.getStatedependenciesMap().entries())
    dependencies.set(key, new Set(list.getUrnsList()));
  const state = Object.entries(fromStruct(answer.getState())).map(([key, value]) => {
    const urns = dependencies.get(key) ?? new Set();
    dependencies.set(key, urns);
    return [key, lowerOutputs(value, urns)] as const;
  });
  for (const [key, urns] of dependencies) {
    const list = new rpc.RegisterResourceResponse.PropertyDependencies().setUrnsList([...urns]);
    response.getPropertydependenciesMap().set(key, list);
  }
  return response.setObject(toStruct(Object.fromEntries(state)));
}

/** Calls a method of a component on its provider. */
export async function callMethod(context: MonitorContext, asked: rpc.ResourceCallRequest) {
  const { deployment, config } = context;
  const token = asked.getTok();
  const reference = asked.getProvider() || (await defaultProvider(context, packageOf(token), asked.getVersion()));
  const plugin = await deployment.registry.plugin(reference);
  const request = new providerRpc.CallRequest().setTok(token).setArgs(asked.getArgs());
  request.setProject(deployment.project).setStack(deployment.stack).setOrganization("organization");
  request.setDryrun(deployment.preview).setParallel(context.parallel).setMonitorendpoint(context.monitorAddress);
  request.setAcceptsOutputValues(true);
  for (const [key, { string }] of Object.entries(config)) request.getConfigMap().set(key, string);
  for (const [key, list] of asked.getArgdependenciesMap().entries()) {
    const copy = new providerRpc.CallRequest.ArgumentDependencies().setUrnsList(list.getUrnsList());
    request.getArgdependenciesMap().set(key, copy);
  }
  return untilStopped(deployment, plugin.call(request));
}
