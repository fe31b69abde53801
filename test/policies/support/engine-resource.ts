import type { Recorded } from "../../fixtures/recording.ts";
import type { EngineResource } from "./runner.ts";

/** A recorded resource as resource rules get it. */
export function asInputs(recorded: Recorded): EngineResource {
  return { ...common(recorded), props: recorded.inputs };
}

/** A recorded resource as stack rules get it. */
export function asOutputs(recorded: Recorded): EngineResource {
  return { ...common(recorded), props: recorded.outputs };
}

function common({ type, name, urn, protect, ignoreChanges, parent, dependencies, propertyDependencies }: Recorded) {
  return {
    type,
    name,
    urn,
    protect,
    ignoreChanges,
    dependencies,
    propertyDependencies,
    ...(parent === undefined ? {} : { parent }),
  };
}
