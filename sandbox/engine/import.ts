import type { Deployment } from "./deployment.ts";
import { EngineError } from "./errors.ts";
import type { Goal } from "./goal.ts";
import type { Registration } from "./registration.ts";
import type { Resource } from "./state.ts";
import { perform } from "./steps.ts";
import { isProviderType, makeUrn, stackType } from "./urn.ts";
import { containsUnknown, sameValue } from "./values.ts";

/** Takes an existing resource over (the option `import`), as it is; the program's wishes are applied to it after. */
export async function importResource(
  deployment: Deployment,
  { urn, goal, old, now, operator }: Registration,
): Promise<Resource> {
  const id = goal.importId ?? "";
  if (!operator || isProviderType(goal.type)) {
    throw new EngineError("resource-failed", {
      where: urn,
      what: "cannot be imported",
      fix: "Remove the `import` option",
    });
  }
  const step = old ? { op: "import-replacement", old, uncounted: true, logical: false } : { op: "import" };
  return perform(
    deployment,
    { ...step, urn, now },
    "importing",
    async () => {
      const { inputs, ...blank } = now;
      const live = await operator.read({ ...blank, id });
      if (!live) throw notFound(urn, id);
      const time = new Date().toISOString();
      const { outputs } = live;
      return { ...now, id: live.id, inputs: live.inputs ?? inputs ?? {}, outputs, created: time, modified: time };
    },
    (made) => {
      if (old) deployment.snapshot.change(old, { ...old, delete: true });
      deployment.snapshot.settle(undefined, made);
      if (old) deployment.count("replace");
      return made;
    },
  );
}

/** Looks an existing resource up (`.get`): it is in the state, but never changed or deleted. */
export async function readResource(deployment: Deployment, goal: Goal, id: string): Promise<Resource> {
  const root = makeUrn(
    deployment.stack,
    deployment.project,
    undefined,
    stackType,
    `${deployment.project}-${deployment.stack}`,
  );
  const parent = goal.parent ?? (deployment.seen.has(root) ? root : undefined);
  const urn = makeUrn(deployment.stack, deployment.project, parent, goal.type, goal.name);
  if (deployment.seen.has(urn)) {
    const what = `Duplicate resource URN '${urn}'`;
    throw new EngineError("resource-failed", { where: goal.name, what, fix: "Try giving it a unique name" });
  }
  deployment.seen.add(urn);
  const old = deployment.snapshot.remaining().find((resource) => resource.urn === urn && !resource.delete);
  const operator = await deployment.registry.operator(goal.type, goal.provider);
  const { inputs, dependencies, additionalSecretOutputs, provider } = goal;
  const now: Resource = {
    urn,
    custom: true,
    id,
    type: goal.type,
    inputs,
    external: true,
    ...(parent && { parent }),
    ...(dependencies.length > 0 && { dependencies }),
    ...(provider && { provider }),
    ...(additionalSecretOutputs.length > 0 && { additionalSecretOutputs }),
  };
  const fetch = async (): Promise<Resource> => {
    if (containsUnknown(id)) return { ...now, outputs: {} };
    const live = await operator.read({ ...now, outputs: inputs });
    if (!live) throw notFound(urn, id);
    return { ...now, id: live.id, outputs: live.outputs };
  };
  const taken = old && !old.external && old.id !== id;
  const result = await perform(
    deployment,
    { op: taken ? "read-replacement" : "read", urn, ...(old && { old }), now, uncounted: true },
    "reading",
    fetch,
    (made) => {
      if (taken) deployment.snapshot.change(old, { ...old, delete: true });
      const unchanged = old && !taken && sameValue(old.outputs, made.outputs) && old.id === made.id;
      deployment.snapshot.settle(taken ? undefined : old, made, { save: !unchanged });
      if (old && !unchanged) deployment.count("read");
      return made;
    },
  );
  return result;
}

function notFound(urn: string, id: string): EngineError {
  return new EngineError("resource-failed", {
    where: urn,
    what: `resource '${id}' does not exist`,
    fix: "Correct the id",
  });
}
