/** A stand-in served over gRPC and driven as an engine drives it. */
import * as grpc from "@grpc/grpc-js";
import service from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { type PackageName, serveProvider } from "../../../sandbox/provider/serve.ts";
import type { Bag } from "../../../sandbox/provider/values.ts";

const message = (value: Bag) => struct.Struct.fromJavaScript(value as Record<string, string>);
const bag = (value: struct.Struct | undefined): Bag => (value?.toJavaScript() ?? {}) as Bag;

export interface Made {
  readonly type: string;
  readonly name: string;
  readonly id: string;
  readonly inputs: Bag;
  readonly state: Bag;
}

export interface Served {
  check(type: string, name: string, news: Bag, olds?: Bag): Promise<{ inputs: Bag; failures: string[] }>;
  diff(
    made: Made,
    news: Bag,
    ignored?: string[],
  ): Promise<{ changed: string[]; replaces: string[]; deleteBeforeReplace: boolean }>;
  create(type: string, name: string, inputs: Bag, preview?: boolean): Promise<Made>;
  read(made: Made): Promise<Made | undefined>;
  update(made: Made, news: Bag, options?: { ignored?: string[]; preview?: boolean }): Promise<Made>;
  delete(made: Made): Promise<void>;
  invoke(token: string, args: Bag): Promise<Bag>;
  configure(variables: Record<string, string>): Promise<void>;
  /** Checks and creates. */
  make(type: string, name: string, inputs: Bag): Promise<Made>;
  close(): Promise<void>;
}

export const urn = (type: string, name: string) => `urn:pulumi:test::switchyard::${type}::${name}`;

export async function serve(pkg: PackageName): Promise<Served> {
  const { port, close } = await serveProvider(pkg, "127.0.0.1:1");
  const client = new service.ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  const call = <Q, A>(
    method: (request: Q, done: (error: grpc.ServiceError | null, answer: A) => void) => unknown,
    request: Q,
  ) =>
    new Promise<A>((resolve, reject) => {
      method.call(client, request, (error, answer) =>
        error ? reject(new Error(error.details, { cause: error })) : resolve(answer),
      );
    });
  const served: Served = {
    check: async (type, name, news, olds = {}) => {
      const request = new proto.CheckRequest().setUrn(urn(type, name)).setNews(message(news)).setOlds(message(olds));
      const answer = await call<proto.CheckRequest, proto.CheckResponse>(client.check, request);
      const failures = answer.getFailuresList().map((one) => `${one.getProperty()}: ${one.getReason()}`);
      return { inputs: bag(answer.getInputs()), failures };
    },
    diff: async ({ type, name, id, inputs, state }, news, ignored = []) => {
      const request = new proto.DiffRequest().setUrn(urn(type, name)).setId(id).setIgnorechangesList(ignored);
      request.setOlds(message(state)).setOldInputs(message(inputs)).setNews(message(news));
      const answer = await call<proto.DiffRequest, proto.DiffResponse>(client.diff, request);
      return {
        changed: answer.getDiffsList(),
        replaces: answer.getReplacesList(),
        deleteBeforeReplace: answer.getDeletebeforereplace(),
      };
    },
    create: async (type, name, inputs, preview = false) => {
      const request = new proto.CreateRequest()
        .setUrn(urn(type, name))
        .setProperties(message(inputs))
        .setPreview(preview);
      const answer = await call<proto.CreateRequest, proto.CreateResponse>(client.create, request);
      return { type, name, inputs, id: answer.getId(), state: bag(answer.getProperties()) };
    },
    read: async (made) => {
      const request = new proto.ReadRequest().setUrn(urn(made.type, made.name)).setId(made.id);
      request.setProperties(message(made.state)).setInputs(message(made.inputs));
      const answer = await call<proto.ReadRequest, proto.ReadResponse>(client.read, request);
      if (answer.getId() === "") return undefined;
      return { ...made, id: answer.getId(), state: bag(answer.getProperties()), inputs: bag(answer.getInputs()) };
    },
    update: async (made, news, { ignored = [], preview = false } = {}) => {
      const request = new proto.UpdateRequest()
        .setUrn(urn(made.type, made.name))
        .setId(made.id)
        .setIgnorechangesList(ignored);
      request
        .setOlds(message(made.state))
        .setOldInputs(message(made.inputs))
        .setNews(message(news))
        .setPreview(preview);
      const answer = await call<proto.UpdateRequest, proto.UpdateResponse>(client.update, request);
      return { ...made, inputs: news, state: bag(answer.getProperties()) };
    },
    delete: async (made) => {
      const request = new proto.DeleteRequest()
        .setUrn(urn(made.type, made.name))
        .setId(made.id)
        .setProperties(message(made.state));
      await call<proto.DeleteRequest, unknown>(client.delete as never, request);
    },
    invoke: async (token, args) => {
      const request = new proto.InvokeRequest().setTok(token).setArgs(message(args));
      return bag((await call<proto.InvokeRequest, proto.InvokeResponse>(client.invoke, request)).getReturn());
    },
    configure: async (variables) => {
      const request = new proto.ConfigureRequest();
      for (const [key, value] of Object.entries(variables)) request.getVariablesMap().set(key, value);
      await call<proto.ConfigureRequest, proto.ConfigureResponse>(client.configure, request);
    },
    make: async (type, name, inputs) => {
      const checked = await served.check(type, name, inputs);
      if (checked.failures.length > 0) throw new Error(`${type}: ${checked.failures.join("; ")}`);
      return served.create(type, name, checked.inputs);
    },
    close: async () => {
      client.close();
      await close();
    },
  };
  return served;
}
