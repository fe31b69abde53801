import type * as grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import rpc from "@pulumi/pulumi/proto/provider_pb.js";
import statuses from "@pulumi/pulumi/proto/status_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { EngineError } from "./errors.ts";
import { call, connect, disconnect, isUnimplemented } from "./grpc.ts";
import type { Checked, Diff, Live, Operator } from "./operator.ts";
import type { Resource } from "./state.ts";
import { nameOf, typeOf } from "./urn.ts";
import { containsUnknown, fromStruct, keepSecrets, lowerOutputs, type Properties, reveal, toStruct } from "./values.ts";

export interface PluginHost {
  readonly port: number;
  close(): Promise<void> | void;
}

const diffKinds = ["add", "add-replace", "delete", "delete-replace", "update", "update-replace"];

/** One configured provider, spoken to over Pulumi's ResourceProvider protocol. */
export class Plugin implements Operator {
  private readonly host: PluginHost;
  private readonly client: InstanceType<typeof services.ResourceProviderClient>;
  private acceptsSecrets = true;
  private supportsPreview = false;
  /** False in a preview whose provider configuration is not known yet: such a provider is asked nothing. */
  private configured = false;

  constructor(host: PluginHost) {
    this.host = host;
    this.client = connect(services.ResourceProviderClient, `127.0.0.1:${host.port}`);
  }

  async close(): Promise<void> {
    disconnect(this.client);
    await this.host.close();
  }

  /** Asks the provider to break off what it is doing. */
  async cancel(): Promise<void> {
    await call(this.client, this.client.cancel, new empty.Empty()).catch(() => {});
  }

  async checkConfig(urn: string, olds: Properties, news: Properties): Promise<Checked> {
    const request = new rpc.CheckRequest().setUrn(urn).setName(nameOf(urn)).setType(typeOf(urn));
    request.setOlds(toStruct(olds)).setNews(toStruct(news));
    try {
      const response = await call(this.client, this.client.checkConfig, request);
      return { inputs: fromStruct(response.getInputs()), failures: failuresOf(response.getFailuresList()) };
    } catch (error) {
      if (isUnimplemented(error)) return { inputs: news, failures: [] };
      throw error;
    }
  }

  /** Undefined when the provider does not say. */
  async diffConfig(old: Resource, news: Properties): Promise<Diff | undefined> {
    try {
      return decodeDiff(await call(this.client, this.client.diffConfig, this.diffRequest(old, news, [])));
    } catch (error) {
      if (isUnimplemented(error)) return undefined;
      throw error;
    }
  }

  async configure(urn: string, id: string, inputs: Properties): Promise<void> {
    if (containsUnknown(inputs)) return;
    const request = new rpc.ConfigureRequest().setAcceptsecrets(true).setAcceptresources(true);
    request.setSendsOldInputs(true).setSendsOldInputsToDelete(true).setArgs(toStruct(inputs)).setId(id).setUrn(urn);
    request.setName(nameOf(urn)).setType(typeOf(urn));
    for (const [key, value] of Object.entries(reveal(inputs))) {
      const text = typeof value === "string" ? value : JSON.stringify(value);
      request.getVariablesMap().set(`${typeOf(urn).split(":").at(-1)}:config:${key}`, text);
    }
    const response = await call(this.client, this.client.configure, request);
    this.acceptsSecrets = response.getAcceptsecrets();
    this.supportsPreview = response.getSupportspreview();
    this.configured = true;
  }

  async check(urn: string, olds: Properties | undefined, news: Properties, seed: Uint8Array): Promise<Checked> {
    if (!this.configured) return { inputs: news, failures: [] };
    const request = new rpc.CheckRequest().setUrn(urn).setName(nameOf(urn)).setType(typeOf(urn)).setRandomseed(seed);
    request.setOlds(this.struct(olds ?? {})).setNews(this.struct(news));
    const response = await call(this.client, this.client.check, request);
    const inputs = keepSecrets(fromStruct(response.getInputs()), news);
    return { inputs, failures: failuresOf(response.getFailuresList()) };
  }

  /** Undefined when the provider leaves it to a comparison of the inputs. */
  async diff(old: Resource, news: Properties, ignore: readonly string[]): Promise<Diff | undefined> {
    if (!this.configured) return { changes: true, replaceKeys: [], changedKeys: [], deleteBeforeReplace: false };
    return decodeDiff(await call(this.client, this.client.diff, this.diffRequest(old, news, ignore)));
  }

  private diffRequest(old: Resource, news: Properties, ignore: readonly string[]) {
    const request = new rpc.DiffRequest()
      .setId(old.id ?? "")
      .setUrn(old.urn)
      .setName(nameOf(old.urn))
      .setType(old.type);
    request.setOldInputs(this.struct(old.inputs ?? {})).setOlds(this.struct(old.outputs ?? {}));
    return request.setNews(this.struct(news)).setIgnorechangesList([...ignore]);
  }

  async create(resource: Resource, preview: boolean): Promise<Live> {
    const { urn, inputs = {} } = resource;
    if (!this.configured) return { id: "", outputs: {} };
    if (preview && !this.supportsPreview) return { id: "", outputs: inputs };
    const request = new rpc.CreateRequest().setUrn(urn).setName(nameOf(urn)).setType(resource.type).setPreview(preview);
    request.setProperties(this.struct(inputs)).setTimeout(resource.customTimeouts?.create ?? 0);
    return this.settle(resource, async () => {
      const response = await call(this.client, this.client.create, request);
      if (response.getId() === "" && !preview) throw badAnswer(urn, "create answered no id");
      return { id: response.getId(), outputs: this.outputs(resource, response.getProperties()) };
    });
  }

  async update(old: Resource, resource: Resource, preview: boolean): Promise<Live> {
    const { urn, inputs = {} } = resource;
    const id = old.id ?? "";
    if (!this.configured) return { id, outputs: {} };
    if (preview && !this.supportsPreview) return { id, outputs: inputs };
    const request = new rpc.UpdateRequest().setId(id).setUrn(urn).setName(nameOf(urn)).setType(resource.type);
    request.setOldInputs(this.struct(old.inputs ?? {})).setOlds(this.struct(old.outputs ?? {}));
    request
      .setNews(this.struct(inputs))
      .setTimeout(resource.customTimeouts?.update ?? 0)
      .setPreview(preview);
    request.setIgnorechangesList([...(resource.ignoreChanges ?? [])]);
    return this.settle(resource, async () => {
      const response = await call(this.client, this.client.update, request);
      return { id, outputs: this.outputs(resource, response.getProperties()) };
    });
  }

  async delete(old: Resource): Promise<void> {
    const request = new rpc.DeleteRequest()
      .setId(old.id ?? "")
      .setUrn(old.urn)
      .setName(nameOf(old.urn));
    request
      .setType(old.type)
      .setProperties(this.struct(old.outputs ?? {}))
      .setOldInputs(this.struct(old.inputs ?? {}));
    await call(this.client, this.client.delete, request.setTimeout(old.customTimeouts?.delete ?? 0));
  }

  /** The resource as it is now; undefined when it is gone. */
  async read(resource: Resource): Promise<Live | undefined> {
    const { urn, inputs, outputs } = resource;
    const request = new rpc.ReadRequest()
      .setId(resource.id ?? "")
      .setUrn(urn)
      .setName(nameOf(urn));
    request
      .setType(resource.type)
      .setProperties(this.struct(outputs ?? {}))
      .setInputs(this.struct(inputs ?? {}));
    request.setTimeout(resource.customTimeouts?.read ?? 0);
    const response = await call(this.client, this.client.read, request);
    if (response.getId() === "" || response.getId() === undefined) return undefined;
    const readInputs = response.getInputs();
    return {
      id: response.getId(),
      outputs: this.outputs(resource, response.getProperties()),
      ...(readInputs && { inputs: keepSecrets(fromStruct(readInputs), inputs ?? {}) }),
    };
  }

  async invoke(token: string, args: Properties, preview: boolean) {
    const request = new rpc.InvokeRequest().setTok(token).setArgs(this.struct(args)).setPreview(preview);
    return call(this.client, this.client.invoke, request);
  }

  call(request: InstanceType<typeof rpc.CallRequest>) {
    return call(this.client, this.client.call, request);
  }

  construct(request: InstanceType<typeof rpc.ConstructRequest>) {
    return call(this.client, this.client.construct, request);
  }

  private struct(properties: Properties) {
    const lowered = lowerOutputs(properties);
    return toStruct(this.acceptsSecrets ? lowered : reveal(lowered));
  }

  private outputs(resource: Resource, struct: Parameters<typeof fromStruct>[0]): Properties {
    return keepSecrets(fromStruct(struct), resource.inputs ?? {}, resource.additionalSecretOutputs);
  }

  /** A resource that exists but failed to initialise comes as an error with the resource in its details. */
  private async settle(resource: Resource, operate: () => Promise<Live>): Promise<Live> {
    try {
      return await operate();
    } catch (error) {
      const [bytes] = (error as grpc.ServiceError).metadata?.get("grpc-status-details-bin") ?? [];
      if (!(bytes instanceof Buffer)) throw error;
      for (const detail of statuses.Status.deserializeBinary(bytes).getDetailsList()) {
        if (detail.getTypeName() !== "pulumirpc.ErrorResourceInitFailed") continue;
        const failed = rpc.ErrorResourceInitFailed.deserializeBinary(detail.getValue_asU8());
        const outputs = this.outputs(resource, failed.getProperties());
        return { id: failed.getId(), outputs, initErrors: failed.getReasonsList() };
      }
      throw error;
    }
  }
}

function badAnswer(urn: string, what: string): EngineError {
  return new EngineError("resource-failed", { where: urn, what, fix: "Correct the provider" });
}

function failuresOf(failures: InstanceType<typeof rpc.CheckFailure>[]): Checked["failures"] {
  return failures.map((failure) => ({ property: failure.getProperty(), reason: failure.getReason() }));
}

function decodeDiff(response: InstanceType<typeof rpc.DiffResponse>): Diff | undefined {
  if (response.getChanges() === rpc.DiffResponse.DiffChanges.DIFF_UNKNOWN) return undefined;
  const entries = [...response.getDetaileddiffMap().entries()] as [string, InstanceType<typeof rpc.PropertyDiff>][];
  return {
    changes: response.getChanges() === rpc.DiffResponse.DiffChanges.DIFF_SOME,
    replaceKeys: response.getReplacesList(),
    changedKeys: response.getDiffsList(),
    ...(entries.length > 0 && {
      detailed: Object.fromEntries(
        entries.map(([path, diff]) => [
          path,
          { diffKind: diffKinds[diff.getKind()] ?? "update", inputDiff: diff.getInputdiff() },
        ]),
      ),
    }),
    deleteBeforeReplace: response.getDeletebeforereplace(),
  };
}
