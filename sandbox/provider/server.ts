/**
 * Pulumi's ResourceProvider protocol over gRPC for a stand-in.
 *
 * `@pulumi/pulumi/provider` can only host one provider per process, and knows neither previews of creations nor detailed
 * differences, both of which the engine needs to behave as with the real plugins; hence a service of our own.
 */
import * as grpc from "@grpc/grpc-js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import status from "@pulumi/pulumi/proto/status_pb.js";
import any from "google-protobuf/google/protobuf/any_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { construct } from "./construct.ts";
import type { ChangeKind } from "./lifecycle.ts";
import type { StandIn } from "./stand-in.ts";
import { type Bag, carriable, hasSecret, markSecrets, markState, plain, secret } from "./values.ts";

type Message = struct.Struct | undefined;
const raw = (message: Message): Bag => (message?.toJavaScript() ?? {}) as Bag;
const bag = (message: Message): Bag => plain(raw(message));
const message = (value: Bag) => struct.Struct.fromJavaScript(carriable(value) as Record<string, string>);

interface OnResource {
  getUrn(): string;
  getType(): string;
  getName(): string;
}
/** Older engines send only the URN: urn:pulumi:<stack>::<project>::<parents>$<type>::<name>. */
function resource(request: OnResource): { type: string; name: string } {
  const [, , types = "", ...name] = request.getUrn().split("::");
  return {
    type: request.getType() || (types.split("$").at(-1) ?? ""),
    name: request.getName() || name.join("::"),
  };
}

const { Kind } = provider.PropertyDiff;
const kinds: Record<ChangeKind, [number, number]> = {
  add: [Kind.ADD, Kind.ADD_REPLACE],
  delete: [Kind.DELETE, Kind.DELETE_REPLACE],
  update: [Kind.UPDATE, Kind.UPDATE_REPLACE],
};

export function providerService(standIn: StandIn, engineAddress: string): Partial<IResourceProviderServer> {
  let engine = engineAddress;
  /** Outputs as the protocol carries them: secret where the program's inputs were, and where the type says so. */
  const outputs = (type: string, state: Bag, ...like: Bag[]): struct.Struct => {
    const marked = like.reduce(markOnce, { ...state });
    for (const key of standIn.secretOutputs?.(type) ?? []) if (key in marked) marked[key] = secret(marked[key]);
    return message(marked);
  };

  return {
    getPluginInfo: unary(async () => new plugin.PluginInfo().setVersion(standIn.version)),
    getSchema: unary(async () => new provider.GetSchemaResponse().setSchema("{}")),
    attach: unary(async (request: plugin.PluginAttach) => {
      engine = request.getAddress();
      return new empty.Empty();
    }),
    cancel: unary(async () => {
      standIn.cancel?.();
      return new empty.Empty();
    }),
    // Settings are taken as they are; a change of them is an update of the provider, never a replacement.
    checkConfig: unary(async (request: provider.CheckRequest) =>
      new provider.CheckResponse().setInputs(request.getNews()),
    ),
    diffConfig: unary(async (request: provider.DiffRequest) => {
      const changed =
        JSON.stringify(bag(request.getOldInputs() ?? request.getOlds())) !== JSON.stringify(bag(request.getNews()));
      const { DIFF_SOME, DIFF_NONE } = provider.DiffResponse.DiffChanges;
      return new provider.DiffResponse().setChanges(changed ? DIFF_SOME : DIFF_NONE);
    }),
    configure: unary(async (request: provider.ConfigureRequest) => {
      standIn.configure(settings(request));
      return new provider.ConfigureResponse()
        .setAcceptsecrets(true)
        .setSupportspreview(true)
        .setAcceptresources(standIn.acceptsResources)
        .setAcceptoutputs(standIn.acceptsResources);
    }),
    invoke: unary(async (request: provider.InvokeRequest) => {
      if (!standIn.invoke) throw new Error(`unknown function ${request.getTok()}`);
      const result = await standIn.invoke(request.getTok(), bag(request.getArgs()));
      return new provider.InvokeResponse().setReturn(message(result));
    }),
    check: unary(async (request: provider.CheckRequest) => {
      const seed = request.getRandomseed_asU8();
      const call = { ...resource(request), olds: bag(request.getOlds()), news: bag(request.getNews()), seed };
      const { inputs, failures } = standIn.check?.(call) ?? { inputs: call.news, failures: [] };
      return new provider.CheckResponse()
        .setInputs(message(markSecrets(inputs, raw(request.getNews())) as Bag))
        .setFailuresList(failures.map((f) => new provider.CheckFailure().setProperty(f.property).setReason(f.reason)));
    }),
    diff: unary(async (request: provider.DiffRequest) => {
      const response = new provider.DiffResponse();
      const { changes, deleteBeforeReplace } = must(standIn.diff, "diff").call(standIn, {
        ...resource(request),
        state: bag(request.getOlds()),
        oldInputs: bag(request.getOldInputs()),
        news: bag(request.getNews()),
        ignored: request.getIgnorechangesList(),
      });
      const { DIFF_SOME, DIFF_NONE } = provider.DiffResponse.DiffChanges;
      response.setChanges(changes.size > 0 ? DIFF_SOME : DIFF_NONE).setDiffsList([...changes.keys()]);
      const replaces = [...changes].filter(([, change]) => change.replace).map(([key]) => key);
      response
        .setReplacesList(replaces)
        .setHasdetaileddiff(true)
        .setDeletebeforereplace(deleteBeforeReplace && replaces.length > 0);
      for (const [key, { kind, replace }] of changes) {
        const detail = new provider.PropertyDiff()
          .setKind(kinds[kind][replace ? 1 : 0] as 0)
          .setInputdiff(kind !== "update");
        response.getDetaileddiffMap().set(key, detail);
      }
      return response;
    }),
    create: unary(async (request: provider.CreateRequest) => {
      const on = resource(request);
      const given = raw(request.getProperties());
      const call = { ...on, id: "", state: {}, inputs: plain(given) };
      const { id, state } = await must(standIn.create, "create").call(standIn, call, request.getPreview());
      return new provider.CreateResponse().setId(id).setProperties(outputs(on.type, state, given));
    }),
    read: unary(async (request: provider.ReadRequest) => {
      const on = resource(request);
      const [state, inputs] = [raw(request.getProperties()), raw(request.getInputs())];
      const call = { ...on, id: request.getId(), state: plain(state), inputs: plain(inputs) };
      const found = await must(standIn.read, "read").call(standIn, call);
      if (found === undefined) return new provider.ReadResponse();
      return new provider.ReadResponse()
        .setId(request.getId())
        .setProperties(outputs(on.type, found.state, state, inputs))
        .setInputs(message(markSecrets(found.inputs, inputs) as Bag));
    }),
    update: unary(async (request: provider.UpdateRequest) => {
      const on = resource(request);
      const [old, news] = [raw(request.getOlds()), raw(request.getNews())];
      const call = {
        ...on,
        id: request.getId(),
        state: plain(old),
        oldInputs: bag(request.getOldInputs()),
        news: plain(news),
        ignored: request.getIgnorechangesList(),
      };
      const state = await must(standIn.update, "update").call(standIn, call, request.getPreview());
      return new provider.UpdateResponse().setProperties(outputs(on.type, state, news));
    }),
    delete: unary(async (request: provider.DeleteRequest) => {
      const state = bag(request.getProperties());
      const call = { ...resource(request), id: request.getId(), state, inputs: bag(request.getOldInputs()) };
      await must(standIn.delete, "delete").call(standIn, call);
      return new empty.Empty();
    }),
    construct: unary((request: provider.ConstructRequest) => construct(standIn, request, engine)),
  };
}

/** Settings arrive as properties or, from default providers, as strings that hold JSON where they are not plain text. */
function settings(request: provider.ConfigureRequest): Bag {
  const args = request.hasArgs() ? bag(request.getArgs()) : {};
  const variables = [...request.getVariablesMap().entries()].map(([key, text]) => [key.split(":").at(-1) ?? key, text]);
  const merged: Bag = { ...Object.fromEntries(variables), ...args };
  return Object.fromEntries(
    Object.entries(merged).map(([key, value]) => [
      key,
      typeof value === "string" && /^[[{]/.test(value) ? plain(JSON.parse(value)) : value,
    ]),
  );
}

function must<T>(operation: T | undefined, name: string): T {
  if (operation === undefined) throw new Error(`this stand-in only has components; it cannot ${name} a resource`);
  return operation;
}

function unary<Q, A>(answer: (request: Q) => Promise<A>): grpc.handleUnaryCall<Q, A> {
  return (call, callback) => {
    answer(call.request).then(
      (response) => callback(null, response),
      (error) => callback(failure(error)),
    );
  };
}

/** Later hints only where earlier ones left a property unmarked: a value is marked once. */
const markOnce = (state: Bag, hints: Bag): Bag =>
  markState(state, Object.fromEntries(Object.entries(hints).filter(([key]) => !hasSecret(state[key]))));

interface Incomplete extends Error {
  id?: string;
  properties?: Bag;
}

/** One line for the user; with the id of what exists nevertheless, as the engine expects it of a failed creation. */
function failure(error: Incomplete): Partial<grpc.ServiceError> {
  const text = error.message.replaceAll(/\s*\n\s*/g, " ");
  const metadata = new grpc.Metadata();
  if (error.id !== undefined) {
    const incomplete = new provider.ErrorResourceInitFailed().setId(error.id).setReasonsList([text]);
    incomplete.setProperties(message(error.properties ?? {}));
    const detail = new any.Any();
    detail.pack(incomplete.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const packed = new status.Status().setCode(grpc.status.UNKNOWN).setMessage(text).setDetailsList([detail]);
    metadata.set("grpc-status-details-bin", Buffer.from(packed.serializeBinary()));
  }
  return { code: grpc.status.UNKNOWN, message: text, details: text, metadata };
}
