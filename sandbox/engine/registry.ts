import { randomUUID } from "node:crypto";
import { builtins, type ReadStack } from "./builtins.ts";
import { replaces } from "./diff.ts";
import { EngineError } from "./errors.ts";
import type { Diff, Operator } from "./operator.ts";
import { Plugin, type PluginHost } from "./plugin.ts";
import type { Resource } from "./state.ts";
import { isProviderType, providerPrefix } from "./urn.ts";
import { type Properties, sameValue, unknownValue } from "./values.ts";

/** Starts the provider of a package; it connects back to the engine at this address. */
export type StartProvider = (engineAddress: string) => Promise<PluginHost>;

/** The configured providers of one operation, each a plugin instance of its own, by reference (`<urn>::<id>`). */
export class Registry implements Operator {
  private readonly starters: Record<string, StartProvider>;
  private readonly engineAddress: () => string;
  private readonly states: (reference: string) => Resource | undefined;
  private readonly builtin: Operator;
  private readonly plugins = new Map<string, Promise<Plugin>>();
  /** Started by check, waiting to be configured by create, update or same; by URN. */
  private readonly starting = new Map<string, Promise<Plugin>>();
  /** All ever started: one that was configured from the state stays in use beside the one the program registers. */
  private readonly started = new Set<Promise<Plugin>>();

  constructor(options: {
    starters: Record<string, StartProvider>;
    engineAddress: () => string;
    states: (reference: string) => Resource | undefined;
    readStack: ReadStack;
  }) {
    this.starters = options.starters;
    this.engineAddress = options.engineAddress;
    this.states = options.states;
    this.builtin = builtins(options.readStack);
  }

  /** Whoever manages a custom resource of this type with this provider. */
  async operator(type: string, reference: string | undefined): Promise<Operator> {
    if (isProviderType(type)) return this;
    if (reference === undefined) throw missing(type, "has no provider");
    return isBuiltin(reference) ? this.builtin : this.plugin(reference);
  }

  /** The plugin of a reference; one that this operation has not registered is configured from the state. */
  plugin(reference: string): Promise<Plugin> {
    const known = this.plugins.get(reference);
    if (known) return known;
    const state = this.states(reference);
    if (!state) return Promise.reject(missing(reference, "is not a provider of this stack"));
    return this.configure(state, this.start(state.urn), state.inputs ?? {});
  }

  private start(urn: string): Promise<Plugin> {
    const name = urn.split("::")[2]?.split("$").at(-1)?.slice(providerPrefix.length) ?? "";
    const starter = this.starters[name];
    if (!starter) return Promise.reject(missing(urn, `the sandbox has no stand-in for the provider "${name}"`));
    const plugin = starter(this.engineAddress()).then((host) => new Plugin(host));
    this.started.add(plugin);
    return plugin;
  }

  private configure(resource: Resource, starting: Promise<Plugin>, inputs: Properties): Promise<Plugin> {
    const reference = `${resource.urn}::${resource.id}`;
    const configured = starting.then(async (plugin) => {
      await plugin.configure(resource.urn, resource.id ?? "", withoutInternal(inputs));
      return plugin;
    });
    this.plugins.set(reference, configured);
    return configured;
  }

  async check(urn: string, olds: Properties | undefined, news: Properties) {
    if (isBuiltin(urn)) return { inputs: news, failures: [] };
    const starting = this.starting.get(urn) ?? this.start(urn);
    this.starting.set(urn, starting);
    const { __internal, ...plain } = news;
    const checked = await (await starting).checkConfig(urn, withoutInternal(olds ?? {}), plain);
    return { ...checked, inputs: { ...(__internal && { __internal }), ...checked.inputs } };
  }

  async diff(old: Resource, news: Properties): Promise<Diff | undefined> {
    const plugin = await this.starting.get(old.urn);
    const diff = await plugin?.diffConfig({ ...old, inputs: withoutInternal(old.inputs ?? {}) }, withoutInternal(news));
    if (diff) return diff;
    const changes = !sameValue(old.inputs ?? {}, news);
    return { changes, replaceKeys: [], changedKeys: [], deleteBeforeReplace: false };
  }

  async create(resource: Resource, preview: boolean) {
    const inputs = resource.inputs ?? {};
    const id = preview ? unknownValue : randomUUID();
    await this.adopt({ ...resource, id }, inputs);
    return { id, outputs: withoutInternal(inputs) };
  }

  async update(old: Resource, resource: Resource) {
    const inputs = resource.inputs ?? {};
    await this.adopt({ ...resource, id: old.id ?? "" }, inputs);
    return { id: old.id ?? "", outputs: withoutInternal(inputs) };
  }

  /** A provider without changes keeps the inputs it had, whatever the new ones are. */
  async same(resource: Resource): Promise<void> {
    await this.adopt(resource, resource.inputs ?? {});
  }

  private async adopt(resource: Resource, inputs: Properties): Promise<void> {
    if (isBuiltin(resource.urn)) return;
    const starting = this.starting.get(resource.urn) ?? this.start(resource.urn);
    this.starting.delete(resource.urn);
    await this.configure(resource, starting, inputs);
  }

  async delete(): Promise<void> {}

  async read(resource: Resource) {
    return { id: resource.id ?? "", outputs: resource.outputs ?? {} };
  }

  /** Whether the providers of a resource differ so much that it must be replaced. */
  async requiresReplacement(old: string, now: string): Promise<boolean> {
    const [before, after] = [this.states(old), this.states(now)];
    if (!before || !after || isBuiltin(now)) return false;
    const plugin = await this.plugin(now);
    const inputs = withoutInternal(before.inputs ?? {});
    const diff = await plugin.diffConfig({ ...before, urn: after.urn, inputs }, withoutInternal(after.inputs ?? {}));
    return diff !== undefined && replaces(diff);
  }

  async close(): Promise<void> {
    await this.each((plugin) => plugin.close());
  }

  async cancel(): Promise<void> {
    await this.each((plugin) => plugin.cancel());
  }

  private async each(call: (plugin: Plugin) => Promise<void>): Promise<void> {
    const started = await Promise.allSettled(this.started);
    await Promise.all(started.map((result) => (result.status === "fulfilled" ? call(result.value) : undefined)));
  }
}

function isBuiltin(urnOrReference: string): boolean {
  return urnOrReference.includes(`::${providerPrefix}pulumi::`);
}

/** A provider's configuration without what the engine keeps beside it. */
function withoutInternal({ __internal, ...config }: Properties): Properties {
  return config;
}

function missing(where: string, what: string): EngineError {
  return new EngineError("provider-missing", {
    where,
    what,
    fix: "Use a type whose package the sandbox stands in for",
  });
}
