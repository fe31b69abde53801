import type { Deployment } from "./deployment.ts";
import type { Config } from "./project.ts";
import { registerResource } from "./register.ts";
import { providerPrefix } from "./urn.ts";
import { type Properties, secret } from "./values.ts";

/** What the program's side needs to know of the operation. */
export interface MonitorContext {
  readonly deployment: Deployment;
  readonly config: Config;
  readonly parallel: number;
  monitorAddress: string;
  engineAddress: string;
  /** Every reference handed out for a default provider, by package and version. */
  readonly defaultProviders: Map<string, Promise<string>>;
  /** Providers by package of every component, which resources and components below it use as well. */
  readonly componentProviders: Map<string, ReadonlyMap<string, string>>;
}

export function defaultProvider(context: MonitorContext, name: string, version: string): Promise<string> {
  const key = `${name}@${version}`;
  const known = context.defaultProviders.get(key);
  if (known) return known;
  const inputs: Properties = version === "" ? {} : { __internal: {}, version };
  for (const [key, { string, secret: isSecret }] of Object.entries(context.config)) {
    const [namespace, option] = [key.slice(0, key.indexOf(":")), key.slice(key.indexOf(":") + 1)];
    if (namespace === name) inputs[option] = isSecret ? secret(string) : string;
  }
  const registered = registerResource(context.deployment, {
    type: `${providerPrefix}${name}`,
    name: version === "" ? "default" : `default_${version.replaceAll(".", "_")}`,
    custom: true,
    inputs,
    dependencies: [],
    propertyDependencies: {},
    ignoreChanges: [],
    replaceOnChanges: [],
    additionalSecretOutputs: [],
    aliases: [],
    customTimeouts: {},
    replaceWith: [],
  }).then((resource) => `${resource.urn}::${resource.id}`);
  context.defaultProviders.set(key, registered);
  return registered;
}
