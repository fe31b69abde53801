import { unsupported } from "./errors.ts";
import type { Operator } from "./operator.ts";
import type { Properties } from "./values.ts";
import { containsSecret } from "./values.ts";

export const stackReferenceType = "pulumi:pulumi:StackReference";

/** Reads another stack's outputs; fails when there is no such stack. */
export type ReadStack = (name: string) => Properties;

/** The resource types of the package `pulumi` itself: stack references. */
export function builtins(readStack: ReadStack): Operator {
  const refuse = (urn: string) => unsupported(urn, "this resource type of the package `pulumi`");
  const outputs = (name: string): Properties => {
    const values = readStack(name);
    const secretNames = Object.keys(values).filter((key) => containsSecret(values[key]));
    return { name, outputs: values, secretOutputNames: secretNames.sort() };
  };
  return {
    check: (urn) => Promise.reject(refuse(urn)),
    diff: (old) => Promise.reject(refuse(old.urn)),
    create: (resource) => Promise.reject(refuse(resource.urn)),
    update: (old) => Promise.reject(refuse(old.urn)),
    delete: async () => {},
    read: async (resource) => {
      if (resource.type !== stackReferenceType) throw refuse(resource.urn);
      const name = resource.inputs?.["name"];
      return { id: resource.id ?? "", outputs: outputs(typeof name === "string" ? name : (resource.id ?? "")) };
    },
  };
}
