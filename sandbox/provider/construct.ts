/** The Construct operation: runs a component of a stand-in against the engine that asked for it. */
import pulumi from "@pulumi/pulumi";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import serving from "@pulumi/pulumi/provider/server.js";
import config from "@pulumi/pulumi/runtime/config.js";
import rpc from "@pulumi/pulumi/runtime/rpc.js";
import settings from "@pulumi/pulumi/runtime/settings.js";
import state from "@pulumi/pulumi/runtime/state.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import type { StandIn } from "./stand-in.ts";

/** What these modules of the SDK have beyond their published types. */
const runtime = {
  withLocalStorage: (state as unknown as { withLocalStorage<T>(run: () => Promise<T>): Promise<T> }).withLocalStorage,
  awaitFeatureSupport: (settings as unknown as { awaitFeatureSupport(): Promise<void> }).awaitFeatureSupport,
  waitForRPCs: (settings as unknown as { waitForRPCs(): Promise<void> }).waitForRPCs,
  deserializeInputs: (
    serving as unknown as { deserializeInputs(inputs: unknown, dependencies: unknown): Promise<pulumi.Inputs> }
  ).deserializeInputs,
};

/**
 * The SDK keeps a program's settings in async-local storage. The component gets a store of its own, as the program that
 * asked for it may run in this same process.
 */
export function construct(
  standIn: StandIn,
  request: proto.ConstructRequest,
  engine: string,
): Promise<proto.ConstructResponse> {
  return runtime.withLocalStorage(async () => {
    if (!standIn.construct) throw new Error(`unknown component ${request.getType()}`);
    settings.resetOptions(
      request.getProject(),
      request.getStack(),
      request.getParallel(),
      engine,
      request.getMonitorendpoint(),
      request.getDryrun(),
      request.getOrganization(),
    );
    await runtime.awaitFeatureSupport();
    config.setAllConfig(Object.fromEntries(request.getConfigMap().entries()), request.getConfigsecretkeysList());
    const inputs = await runtime.deserializeInputs(request.getInputs(), request.getInputdependenciesMap());
    const result = await standIn.construct(request.getName(), request.getType(), inputs, options(request));
    const response = await answer(result);
    await runtime.waitForRPCs();
    return response;
  });
}

function options(request: proto.ConstructRequest): pulumi.ComponentResourceOptions {
  const reference = (urn: string) => new pulumi.DependencyResource(urn);
  const providers = Object.fromEntries(
    [...request.getProvidersMap().entries()].map(([name, ref]) => [name, new pulumi.DependencyProviderResource(ref)]),
  );
  return {
    aliases: request.getAliasesList().flatMap((alias) => (alias.hasUrn() ? [alias.getUrn()] : [])),
    dependsOn: request.getDependenciesList().map(reference),
    protect: request.getProtect(),
    providers,
    ...(request.getParent() && { parent: reference(request.getParent()) }),
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    retainOnDelete: request.getRetainondelete(),
  };
}

async function answer(result: pulumi.provider.ConstructResult): Promise<proto.ConstructResponse> {
  const urn = await new Promise<string>((resolve) => pulumi.output(result.urn).apply(resolve));
  const [values, dependencies] = await rpc.serializeResourceProperties("construct", result.state);
  const response = new proto.ConstructResponse().setUrn(urn).setState(struct.Struct.fromJavaScript(values));
  for (const [key, resources] of dependencies) {
    const urns = await Promise.all(
      [...resources].map((one) => new Promise<string>((resolve) => one.urn.apply(resolve))),
    );
    response.getStatedependenciesMap().set(key, new proto.ConstructResponse.PropertyDependencies().setUrnsList(urns));
  }
  return response;
}
