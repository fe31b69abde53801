import * as grpc from "@grpc/grpc-js";
import type * as pulumi from "@pulumi/pulumi";
import plugins from "@pulumi/pulumi/proto/plugin_pb.js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import rpc from "@pulumi/pulumi/proto/provider_pb.js";
import statuses from "@pulumi/pulumi/proto/status_pb.js";
import providerServer from "@pulumi/pulumi/provider/server.js";
import config from "@pulumi/pulumi/runtime/config.js";
import serialization from "@pulumi/pulumi/runtime/rpc.js";
import settings from "@pulumi/pulumi/runtime/settings.js";
import state from "@pulumi/pulumi/runtime/state.js";
import any from "google-protobuf/google/protobuf/any_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import structs from "google-protobuf/google/protobuf/struct_pb.js";

export type Props = Record<string, unknown>;

// Left out of the SDK's type declarations.
const { withLocalStorage } = state as unknown as { withLocalStorage<T>(run: () => Promise<T>): Promise<T> };
const { awaitFeatureSupport, waitForRPCs } = settings as unknown as {
  awaitFeatureSupport(): Promise<void>;
  waitForRPCs(): Promise<void>;
};
const { deserializeInputs } = providerServer as unknown as {
  deserializeInputs(inputs: unknown, dependencies: unknown): Promise<pulumi.Inputs>;
};

const props = (struct: structs.Struct | undefined) => (struct?.toJavaScript() ?? {}) as Props;
const struct = (value: Props) => structs.Struct.fromJavaScript(value as Record<string, structs.JavaScriptValue>);

/** With the properties that differ, where the provider tells them. */
type Difference = pulumi.provider.DiffResult & { readonly changed?: string[] };

/**
 * Serves a provider over the real protocol. The SDK's own server does the same for one provider of a process of its
 * own; like it, this one takes no part in previews unless `previews` says so.
 */
export async function serveFake(
  provider: pulumi.provider.Provider & { readonly previews?: boolean },
  engineAddress: string,
): Promise<{ port: number; close(): Promise<void> }> {
  const server = new grpc.Server();
  server.addService(services.ResourceProviderService, service(provider, engineAddress));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { port, close: async () => server.forceShutdown() };
}

function service(
  provider: pulumi.provider.Provider & { readonly previews?: boolean },
  engineAddress: string,
): grpc.UntypedServiceImplementation {
  return {
    getPluginInfo: unary(async () => new plugins.PluginInfo().setVersion(provider.version ?? "")),
    attach: unary(async () => new empty.Empty()),
    cancel: unary(async () => new empty.Empty()),
    configure: unary(async () => {
      const response = new rpc.ConfigureResponse()
        .setAcceptsecrets(true)
        .setAcceptresources(true)
        .setAcceptoutputs(true);
      return response.setSupportspreview(provider.previews ?? false);
    }),
    diffConfig: unary(async (request: rpc.DiffRequest) => {
      const [old, now] = [props(request.getOldInputs())["account"], props(request.getNews())["account"]];
      const { DIFF_SOME, DIFF_NONE } = rpc.DiffResponse.DiffChanges;
      const response = new rpc.DiffResponse().setChanges(old === now ? DIFF_NONE : DIFF_SOME);
      return response.setReplacesList(old === now ? [] : ["account"]);
    }),
    check: unary(async (request: rpc.CheckRequest) => {
      const news = props(request.getNews());
      const { inputs = news, failures = [] } =
        (await provider.check?.(request.getUrn(), props(request.getOlds()), news)) ?? {};
      const list = failures.map(({ property, reason }) =>
        new rpc.CheckFailure().setProperty(property ?? "").setReason(reason),
      );
      return new rpc.CheckResponse().setInputs(struct(inputs)).setFailuresList(list);
    }),
    diff: unary(async (request: rpc.DiffRequest) => {
      const [olds, news] = [props(request.getOlds()), props(request.getNews())];
      for (const key of request.getIgnorechangesList()) if (key in olds) news[key] = olds[key];
      const result: Difference | undefined = await provider.diff?.(request.getId(), request.getUrn(), olds, news);
      const { DIFF_SOME, DIFF_NONE, DIFF_UNKNOWN } = rpc.DiffResponse.DiffChanges;
      const changes = result?.changes === undefined ? DIFF_UNKNOWN : result.changes ? DIFF_SOME : DIFF_NONE;
      const response = new rpc.DiffResponse().setChanges(changes).setReplacesList(result?.replaces ?? []);
      for (const key of result?.changed ?? []) {
        const { ADD, DELETE, UPDATE } = rpc.PropertyDiff.Kind;
        const kind = !(key in olds) ? ADD : key in news ? UPDATE : DELETE;
        response.getDetaileddiffMap().set(key, new rpc.PropertyDiff().setKind(kind).setInputdiff(kind !== UPDATE));
      }
      response.setHasdetaileddiff(result?.changed !== undefined).setDiffsList(result?.changed ?? []);
      return response.setDeletebeforereplace(result?.deleteBeforeReplace ?? false);
    }),
    create: unary(async (request: rpc.CreateRequest) => {
      const inputs = props(request.getProperties());
      if (request.getPreview()) return new rpc.CreateResponse().setProperties(struct(inputs));
      const result = await provider.create?.(request.getUrn(), inputs);
      return new rpc.CreateResponse().setId(result?.id ?? "").setProperties(struct(result?.outs ?? {}));
    }),
    update: unary(async (request: rpc.UpdateRequest) => {
      const [olds, news] = [props(request.getOlds()), props(request.getNews())];
      if (request.getPreview()) return new rpc.UpdateResponse().setProperties(struct({ ...olds, ...news }));
      const result = await provider.update?.(request.getId(), request.getUrn(), olds, news);
      return new rpc.UpdateResponse().setProperties(struct(result?.outs ?? {}));
    }),
    delete: unary(async (request: rpc.DeleteRequest) => {
      await provider.delete?.(request.getId(), request.getUrn(), props(request.getProperties()));
      return new empty.Empty();
    }),
    read: unary(async (request: rpc.ReadRequest) => {
      const result = await provider.read?.(request.getId(), request.getUrn(), props(request.getProperties()));
      const response = new rpc.ReadResponse().setId(result?.id ?? "").setProperties(struct(result?.props ?? {}));
      return result?.inputs ? response.setInputs(struct(result.inputs)) : response;
    }),
    invoke: unary(async (request: rpc.InvokeRequest) => {
      const result = await provider.invoke?.(request.getTok(), props(request.getArgs()));
      return new rpc.InvokeResponse().setReturn(struct(result?.outputs ?? {}));
    }),
    construct: unary((request: rpc.ConstructRequest) => construct(provider, request, engineAddress)),
  };
}

function construct(provider: pulumi.provider.Provider, request: rpc.ConstructRequest, engineAddress: string) {
  // A store of its own: the program that asked may run in this same process.
  return withLocalStorage(async () => {
    const [project, stack, organization] = [request.getProject(), request.getStack(), request.getOrganization()];
    const monitor = request.getMonitorendpoint();
    settings.resetOptions(
      project,
      stack,
      request.getParallel(),
      engineAddress,
      monitor,
      request.getDryrun(),
      organization,
    );
    await awaitFeatureSupport();
    config.setAllConfig(Object.fromEntries(request.getConfigMap().entries()), request.getConfigsecretkeysList());
    const inputs = await deserializeInputs(request.getInputs(), request.getInputdependenciesMap());
    const { DependencyResource, DependencyProviderResource } = (await import("@pulumi/pulumi")).default;
    const providers = [...request.getProvidersMap().entries()];
    const result = await provider.construct?.(request.getName(), request.getType(), inputs, {
      ...(request.getParent() && { parent: new DependencyResource(request.getParent()) }),
      providers: Object.fromEntries(providers.map(([name, ref]) => [name, new DependencyProviderResource(ref)])),
    });
    if (!result) throw new Error("no components");
    const urn = await new Promise<string>((resolve) => (result.urn as pulumi.Output<string>).apply(resolve));
    const [values] = await serialization.serializeResourceProperties("construct", result.state);
    await waitForRPCs();
    return new rpc.ConstructResponse().setUrn(urn).setState(struct(values));
  });
}

function unary<Request, Response>(
  answer: (request: Request) => Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    answer(call.request).then(
      (response) => callback(null, response),
      (error) => callback(failure(error)),
    );
  };
}

/** An error with an id tells of a resource that exists nevertheless. */
function failure(error: Error & { id?: string; properties?: Props; reasons?: string[] }): Partial<grpc.ServiceError> {
  const metadata = new grpc.Metadata();
  if (error.id !== undefined) {
    const failed = new rpc.ErrorResourceInitFailed().setId(error.id).setReasonsList(error.reasons ?? []);
    const detail = new any.Any();
    detail.pack(
      failed.setProperties(struct(error.properties ?? {})).serializeBinary(),
      "pulumirpc.ErrorResourceInitFailed",
    );
    const status = new statuses.Status()
      .setCode(grpc.status.UNKNOWN)
      .setMessage(error.message)
      .setDetailsList([detail]);
    metadata.set("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  }
  return { code: grpc.status.UNKNOWN, details: error.message, metadata };
}
