import { createHash } from "node:crypto";
import type { Crypter, SecretsProvider } from "./secrets.ts";
import { openValue, type Sealing, sealValue } from "./secrets.ts";
import type { Properties } from "./values.ts";

/** A resource as Pulumi's checkpoints (version 3) hold it; in memory its secrets are in the clear but marked. */
export interface Resource {
  readonly urn: string;
  readonly custom: boolean;
  readonly delete?: boolean;
  readonly id?: string;
  readonly type: string;
  readonly inputs?: Properties;
  readonly outputs?: Properties;
  readonly parent?: string;
  readonly protect?: boolean;
  readonly external?: boolean;
  readonly dependencies?: readonly string[];
  readonly initErrors?: readonly string[];
  readonly provider?: string;
  readonly propertyDependencies?: { readonly [key: string]: readonly string[] };
  readonly pendingReplacement?: boolean;
  readonly additionalSecretOutputs?: readonly string[];
  readonly aliases?: readonly string[];
  readonly customTimeouts?: Timeouts;
  readonly importID?: string;
  readonly retainOnDelete?: boolean;
  readonly deletedWith?: string;
  readonly replaceWith?: readonly string[];
  readonly created?: string;
  readonly modified?: string;
  readonly ignoreChanges?: readonly string[];
  readonly replaceOnChanges?: readonly string[];
  readonly sourcePosition?: string;
  readonly stackTrace?: readonly { readonly sourcePosition: string }[];
}

/** In seconds. */
export interface Timeouts {
  readonly create?: number;
  readonly update?: number;
  readonly delete?: number;
  readonly read?: number;
}

export interface PendingOperation {
  readonly resource: Resource;
  readonly type: "creating" | "updating" | "deleting" | "reading" | "importing";
}

export interface Deployment {
  readonly manifest: { readonly time: string; readonly magic: string; readonly version: string };
  readonly secrets_providers?: SecretsProvider;
  readonly resources?: readonly Resource[];
  readonly pending_operations?: readonly PendingOperation[];
  readonly metadata?: object;
}

export function manifest(version: string): Deployment["manifest"] {
  return { time: new Date().toISOString(), magic: createHash("sha256").update(version).digest("hex"), version };
}

/** As stored: like the official engine's, a checkpoint leaves empty properties out. */
export function sealResource(resource: Resource, sealing: Sealing): Resource {
  const { inputs = {}, outputs = {}, ...rest } = resource;
  return {
    ...rest,
    ...(Object.keys(inputs).length > 0 && { inputs: sealValue(inputs, sealing) as Properties }),
    ...(Object.keys(outputs).length > 0 && { outputs: sealValue(outputs, sealing) as Properties }),
  };
}

export function openResource(resource: Resource, crypter: () => Crypter): Resource {
  const { inputs = {}, outputs = {} } = resource;
  return {
    ...resource,
    inputs: openValue(inputs, crypter, resource.urn) as Properties,
    outputs: openValue(outputs, crypter, resource.urn) as Properties,
  };
}

export function providerUrn(resource: Resource): string | undefined {
  return resource.provider?.slice(0, resource.provider.lastIndexOf("::"));
}

/** The URNs a resource needs to exist: its provider, parent, dependencies, and what it is deleted with. */
export function needs(resource: Resource): Set<string> {
  const urns = new Set(resource.dependencies);
  for (const list of Object.values(resource.propertyDependencies ?? {})) for (const urn of list ?? []) urns.add(urn);
  for (const urn of [resource.parent, resource.deletedWith, providerUrn(resource)]) if (urn) urns.add(urn);
  return urns;
}

/** The resource with every reference to the URNs in `renamed` following it. */
export function renameReferences(resource: Resource, renamed: (urn: string) => string): Resource {
  const provider = providerUrn(resource);
  const dependencies = Object.entries(resource.propertyDependencies ?? {});
  return {
    ...resource,
    ...(resource.parent && { parent: renamed(resource.parent) }),
    ...(resource.deletedWith && { deletedWith: renamed(resource.deletedWith) }),
    ...(resource.dependencies && { dependencies: resource.dependencies.map(renamed) }),
    ...(resource.propertyDependencies && {
      propertyDependencies: Object.fromEntries(dependencies.map(([key, urns]) => [key, (urns ?? []).map(renamed)])),
    }),
    ...(provider && { provider: `${renamed(provider)}${resource.provider?.slice(provider.length)}` }),
  };
}
