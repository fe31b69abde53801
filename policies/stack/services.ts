import type { StackResource } from "../rule.ts";
import { ancestors } from "./graph.ts";

const service = "switchyard:service:Service";

/** The platform's service a resource is part of. */
export function serviceOf(resource: StackResource): StackResource | undefined {
  return [...ancestors(resource)].find(({ type }) => type === service);
}

/**
 * Whether tasks of a service may start with secrets of this kind: those of its configuration, and those of every release
 * of it that runs or may be gone back to. The program says it, as only the ledger has the releases.
 */
export function serviceNeeds({ props }: StackResource, kind: "service" | "database"): boolean {
  const { needs } = props;
  return Array.isArray(needs) && needs.includes(kind);
}
