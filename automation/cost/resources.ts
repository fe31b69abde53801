/** What a stack has, and will have, as an estimate sees it. */
import { collectorName } from "../../programs/components/service/collector.ts";
import { type Priced, pricedInputs, serviceType } from "../../programs/cost/quantities.ts";
import type { ServiceConfig } from "../../programs/service-config.ts";
import { nameOf, type PlannedChange } from "../stacks/changes.ts";

interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly custom?: boolean;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

type ByUrn = ReadonlyMap<string, Priced>;

/** A state's own resources, by URN. */
export function inState(resources: readonly StateResource[] = []): ByUrn {
  return new Map(
    resources
      .filter(({ custom, type }) => custom === true && !type.startsWith("pulumi:"))
      .map(({ urn, type, inputs = {} }) => [urn, { type, name: nameOf(urn), inputs }]),
  );
}

const gone: ReadonlySet<string> = new Set(["delete", "delete-replaced"]);

/** What there is once a plan is applied. */
export function afterPlan(state: ByUrn, changes: readonly PlannedChange[]): ByUrn {
  const after = new Map(state);
  for (const { urn, type, op, after: inputs } of changes) {
    if (type.startsWith("pulumi:") || !type.startsWith("aws:")) continue;
    if (gone.has(op)) after.delete(urn);
    else if (op !== "read" && inputs) after.set(urn, { type, name: nameOf(urn), inputs });
  }
  return after;
}

export function configuredServices(services: Readonly<Record<string, ServiceConfig>>): readonly Priced[] {
  return Object.entries(services).map(([name, config]) => ({ type: serviceType, name, inputs: pricedInputs(config) }));
}

/** Services as a state has them: tasks by what the component told the driver, size by its task definition. */
export function standingServices(resources: readonly StateResource[] = []): readonly Priced[] {
  return resources
    .filter(({ type }) => type === serviceType)
    .flatMap(({ urn, outputs }) => {
      const name = nameOf(urn);
      const definition = resources.find(
        (one) => one.type === "aws:ecs/taskDefinition:TaskDefinition" && nameOf(one.urn) === name,
      );
      const told = (outputs?.["outputs"] ?? {}) as { readonly desiredCount?: number };
      if (definition?.inputs === undefined) return [];
      const { cpu, memory, runtimePlatform, containerDefinitions } = definition.inputs;
      const architecture = (runtimePlatform as { readonly cpuArchitecture?: string } | undefined)?.cpuArchitecture;
      const traced = containersOf(containerDefinitions).includes(collectorName(name));
      const inputs = { tasks: told.desiredCount ?? 0, cpu, memory, architecture, traced };
      return [{ type: serviceType, name, inputs }];
    });
}

/** The containers' names of a task definition; none where the state does not know them. */
function containersOf(definitions: unknown): readonly (string | undefined)[] {
  try {
    return (JSON.parse(String(definitions)) as readonly { readonly name?: string }[]).map(({ name }) => name);
  } catch {
    return [];
  }
}
