/** A provider made of a table of rows and functions, for one Pulumi package. */
import { setTimeout as sleep } from "node:timers/promises";
import { awsClients, type ClientOptions } from "./clients.ts";
import { loopbackEndpoint } from "./endpoint.ts";
import { ifFound, isNotFound, ProviderError } from "./errors.ts";
import {
  applyChange,
  type Checked,
  checkInputs,
  type Difference,
  difference,
  inputsFrom,
  previewCreate,
  previewUpdate,
  type Settings,
  settle,
  withoutDefaults,
} from "./lifecycle.ts";
import type { AnyRow, Context, Functions, Rows, Tags } from "./row.ts";
import type { CheckCall, DiffCall, StandIn, StateCall, UpdateCall } from "./stand-in.ts";
import { type Bag, hasUnknown, isBag } from "./values.ts";

export interface Table {
  readonly package: string;
  readonly version: string;
  readonly rows: Rows;
  readonly functions: Functions;
}

/** Provider settings that change nothing in a sandbox and may be set. */
const HARMLESS = /^(skip\w+|version|pluginDownloadURL|profile|accessKey|secretKey|token|maxRetries|retryMode)$/;

export class TableProvider implements StandIn {
  readonly version: string;
  readonly acceptsResources = false;
  readonly #table: Table;
  readonly #endpoint = loopbackEndpoint();
  readonly #clients = new Map<string, ReturnType<typeof awsClients>>();
  readonly #cancelled = new AbortController();
  #settings: Settings = { region: process.env["AWS_REGION"] ?? "us-east-1", defaultTags: {} };
  #role: string | undefined;
  #account: Promise<string> | undefined;
  /** The only accounts it may work in; any when empty. */
  #allowed: readonly string[] = [];

  constructor(table: Table) {
    this.#table = table;
    this.version = table.version;
  }

  configure(variables: Bag): void {
    const { region, defaultTags, assumeRoles, allowedAccountIds, ...rest } = variables;
    const unknown = Object.keys(rest).find((key) => !HARMLESS.test(key));
    if (unknown !== undefined) {
      throw new ProviderError("not-covered", {
        where: `provider setting ${this.#table.package}:${unknown}`,
        what: "the sandbox's stand-in provider does not implement it",
      });
    }
    this.#role = Array.isArray(assumeRoles) ? (assumeRoles.at(-1) as { roleArn?: string })?.roleArn : undefined;
    this.#allowed = Array.isArray(allowedAccountIds) ? allowedAccountIds.map(String) : [];
    this.#account = undefined;
    this.#clients.clear();
    this.#settings = {
      region: typeof region === "string" && region !== "" ? region : this.#settings.region,
      defaultTags: (isBag(defaultTags) ? (defaultTags["tags"] as Tags) : undefined) ?? {},
    };
  }

  check({ type, name, olds, news, seed }: CheckCall): Checked {
    return checkInputs(this.#row(type), { type, name, ...(seed && { seed }) }, olds, news, this.#settings);
  }

  diff({ type, state, oldInputs, news, ignored }: DiffCall): Difference {
    return difference(this.#row(type), state, oldInputs, news, ignored);
  }

  async create({ type, name, inputs }: StateCall, preview: boolean): Promise<{ id: string; state: Bag }> {
    const row = this.#row(type);
    const made: { id?: string } = {};
    const aws = this.#context(name, inputs, made);
    await this.#refuseOther(aws);
    if (preview) {
      if (!hasUnknown(inputs)) await row.rehearse?.(withoutDefaults(inputs), aws);
      return { id: "", state: previewCreate(row, inputs, this.#regional(inputs)) };
    }
    try {
      const result = await row.create(withoutDefaults(inputs), aws);
      const { id, state } = typeof result === "string" ? { id: result, state: {} } : result;
      made.id = id;
      const known = { ...withoutDefaults(inputs), ...state };
      await row.ready?.(id, aws, known);
      const found = await row.read(id, aws, known);
      if (found === undefined) throw new Error(`${type} "${name}" was created as ${id} but cannot be read`);
      return { id, state: { ...settle(row, known, found, this.#regional(inputs)), id } };
    } catch (error) {
      // The engine keeps a resource that exists but is not complete in its state, so that it can be finished or deleted.
      if (made.id !== undefined) {
        const properties = { ...withoutDefaults(inputs), id: made.id, [incomplete]: true };
        Object.assign(error as Error, { id: made.id, properties });
      }
      throw error;
    }
  }

  async read({ type, name, id, state, inputs }: StateCall): Promise<{ state: Bag; inputs: Bag } | undefined> {
    const row = this.#row(type);
    const known = { ...withoutDefaults(inputs), ...state };
    await this.#refuseOther(this.#context(name, known));
    const found = await ifFound(row.read(id, this.#context(name, known), known));
    if (found === undefined) return undefined;
    const settled = settle(row, known, found, this.#regional(known));
    return { state: { ...settled, id }, inputs: inputsFrom(row, settled, inputs, this.#settings) };
  }

  async update(call: UpdateCall, preview: boolean): Promise<Bag> {
    const { type, name, id, oldInputs, news, ignored } = call;
    const row = this.#row(type);
    await this.#refuseOther(this.#context(name, call.state));
    const state = preview ? call.state : await this.#truth(call);
    const change = difference(row, state, oldInputs, news, ignored);
    const aws = this.#context(name, change.desired);
    if (preview) {
      if (!hasUnknown(change.desired)) await row.rehearse?.(withoutDefaults(change.desired), aws);
      return previewUpdate(row, state, oldInputs, change);
    }
    const written = await applyChange(row, id, state, change, aws);
    const kept = { ...previewUpdate({ ...row, recomputed: [] }, state, oldInputs, change), ...written };
    const found = await row.read(id, aws, kept);
    if (found === undefined) throw new Error(`${type} "${name}" (${id}) no longer exists; refresh the stack`);
    return { ...settle(row, kept, found, this.#regional(kept)), id };
  }

  /** The state to compare with: of a creation that failed midway nobody knows how far it came, so it is looked up. */
  async #truth({ type, name, id, state }: UpdateCall): Promise<Bag> {
    const { [incomplete]: failed, ...known } = state;
    if (failed === undefined) return state;
    const row = this.#row(type);
    const aws = this.#context(name, known);
    await row.ready?.(id, aws, known);
    const found = await row.read(id, aws, known);
    if (found === undefined) throw new Error(`${type} "${name}" (${id}) no longer exists; refresh the stack`);
    return { ...known, ...settle(row, {}, found, this.#regional(known)) };
  }

  async delete({ type, name, id, state }: StateCall): Promise<void> {
    await this.#refuseOther(this.#context(name, state));
    try {
      await this.#row(type).delete(id, this.#context(name, state), state);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async invoke(token: string, args: Bag): Promise<Bag> {
    const call = this.#table.functions[token];
    if (call === undefined) throw this.#notCovered("function", token);
    const aws = this.#context(token, args);
    await this.#refuseOther(aws);
    return call(args, aws);
  }

  secretOutputs(type: string): readonly string[] {
    return (this.#table.rows[type]?.secrets ?? []) as string[];
  }

  cancel(): void {
    this.#cancelled.abort();
  }

  /** The real plugin looks once, when it is configured; here whoever uses it first does, which comes to the same. */
  async #refuseOther(aws: Context): Promise<void> {
    if (this.#allowed.length === 0) return;
    const account = await aws.account();
    if (!this.#allowed.includes(account)) throw new Error(`AWS account ID not allowed: ${account}`);
  }

  #row(type: string): AnyRow {
    const found = this.#table.rows[type];
    if (found === undefined) throw this.#notCovered("resource type", type);
    return found;
  }

  #notCovered(kind: string, token: string): ProviderError {
    return new ProviderError("not-covered", {
      where: token,
      what: `the sandbox's stand-in for the ${this.#table.package} provider does not know this ${kind}`,
      fix: `Add it to the table in sandbox/provider/${this.#table.package}`,
    });
  }

  #regional(bag: Bag): Settings {
    return typeof bag["region"] === "string" ? { ...this.#settings, region: bag["region"] } : this.#settings;
  }

  #context(name: string, bag: Bag, made: { id?: string } = {}): Context {
    const { region } = this.#regional(bag);
    const clients = this.#clientsIn(region);
    return {
      ...clients,
      region,
      in: (other) => this.#clientsIn(other),
      name,
      tags: (bag["tagsAll"] ?? {}) as Tags,
      account: () => (this.#account ??= clients.sts.getCallerIdentity({}).then((me) => me.Account ?? "")),
      created: (id) => (made.id = id),
      until: (what, probe, deadlineSeconds) => until(what, probe, deadlineSeconds ?? 600, this.#cancelled.signal),
    };
  }

  #clientsIn(region: string): ReturnType<typeof awsClients> {
    const existing = this.#clients.get(region);
    if (existing) return existing;
    const own = async () => ({
      accessKeyId: process.env["AWS_ACCESS_KEY_ID"] ?? "sandbox",
      secretAccessKey: process.env["AWS_SECRET_ACCESS_KEY"] ?? "sandbox",
      ...(process.env["AWS_SESSION_TOKEN"] && { sessionToken: process.env["AWS_SESSION_TOKEN"] }),
    });
    const options: ClientOptions = { endpoint: this.#endpoint, region, credentials: own };
    const clients = awsClients(this.#role ? { ...options, credentials: assume(this.#role, options) } : options);
    this.#clients.set(region, clients);
    return clients;
  }
}

/** Marks the state of a resource whose creation failed after it had an id. */
const incomplete = "__incomplete";

function assume(role: string, options: ClientOptions): ClientOptions["credentials"] {
  return async () => {
    const { sts } = awsClients(options);
    const { Credentials: granted } = await sts.assumeRole({ RoleArn: role, RoleSessionName: "sandbox" });
    return {
      accessKeyId: granted?.AccessKeyId ?? "",
      secretAccessKey: granted?.SecretAccessKey ?? "",
      sessionToken: granted?.SessionToken ?? "",
    };
  };
}

async function until<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  seconds: number,
  signal: AbortSignal,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (let pause = 20; ; pause = Math.min(pause * 1.5, 1000)) {
    const answer = await probe();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`timed out after ${seconds} s waiting for ${what}`);
    await sleep(pause, undefined, { signal });
  }
}
