import { isDeepStrictEqual } from "node:util";
import type { Deployment } from "./deployment.ts";
import { EngineError } from "./errors.ts";
import type { Diff, Live } from "./operator.ts";
import type { Registration } from "./registration.ts";
import type { PendingOperation, Resource } from "./state.ts";
import { perform } from "./steps.ts";
import { isProviderType } from "./urn.ts";
import { keepSecrets } from "./values.ts";

/** The resource with what the provider made of it. */
function grown(now: Resource, live: Live, at: { created?: boolean } = {}): Resource {
  const time = new Date().toISOString();
  return {
    ...now,
    ...(live.id !== "" && { id: live.id }),
    outputs: live.outputs,
    ...(live.initErrors && { initErrors: live.initErrors }),
    ...(at.created && { created: time }),
    modified: time,
  };
}

/** A resource that exists but failed to initialise is kept, and fails the operation. */
function failInitErrors({ urn, initErrors }: Resource): void {
  if (!initErrors) return;
  const what = `the resource was made but failed to initialize: ${initErrors.join("; ")}`;
  throw new EngineError("resource-failed", { where: urn, what, fix: "Correct the cause and run the update again" });
}

type Made = Pick<Registration, "now" | "operator">;

async function createLive(deployment: Deployment, { now, operator }: Made): Promise<Resource> {
  // A component has no life of its own: it is what it registers.
  const live = operator ? await operator.create(now, deployment.preview) : { id: "", outputs: {} };
  return grown(now, live, { created: true });
}

export async function create(deployment: Deployment, registration: Registration): Promise<Resource> {
  const { urn, now } = registration;
  return change(deployment, { op: "create", urn, now }, "creating", undefined, () =>
    createLive(deployment, registration),
  );
}

export async function update(deployment: Deployment, registration: Registration, diff: Diff): Promise<Resource> {
  const { urn, old, now, operator } = registration;
  return change(deployment, { op: "update", urn, now, ...(old && { old }), diff }, "updating", old, async () => {
    if (!operator || !old) return { ...grown(now, { id: "", outputs: old?.outputs ?? {} }) };
    return grown(now, await operator.update({ ...old, urn }, now, deployment.preview));
  });
}

/** How a replacement stands to the deletion of what it replaces. */
type Order = "before-deletion" | "after-deletion" | "taking-over";

export async function replace(
  deployment: Deployment,
  registration: Registration,
  diff: Diff,
  order: Order,
): Promise<Resource> {
  const { urn, old, now } = registration;
  const { created, ...renewed } = now;
  deployment.replaced.add(urn);
  const step = { urn, now: renewed, ...(old && { old }), diff, logical: false, uncounted: true };
  const tell = () =>
    perform(
      deployment,
      { ...step, op: "replace", logical: true, uncounted: false },
      undefined,
      async () => renewed,
      (now) => now,
    );
  if (order !== "before-deletion") await tell();
  const pending = "creating" as const;
  const made = await change(deployment, { ...step, op: "create-replacement" }, pending, undefined, async () => {
    const made = await createLive(deployment, { ...registration, now: renewed });
    if (old && order === "before-deletion") deployment.snapshot.change(old, { ...old, delete: true });
    else deployment.snapshot.settle(old, undefined, { save: false });
    return made;
  });
  if (order === "before-deletion") await tell();
  return made;
}

async function change(
  deployment: Deployment,
  step: Parameters<typeof perform>[1],
  pending: PendingOperation["type"],
  old: Resource | undefined,
  apply: () => Promise<Resource>,
): Promise<Resource> {
  const settle = (made: Resource) => {
    deployment.snapshot.forgetPending(made.urn);
    deployment.snapshot.settle(old, made);
    return made;
  };
  // Providers are only configured: there is nothing that could be left half done.
  const operation = step.now?.custom && !isProviderType(step.now.type) ? pending : undefined;
  return perform(
    deployment,
    step,
    operation,
    async () => {
      const made = await apply();
      if (made.initErrors) {
        settle(made);
        failInitErrors(made);
      }
      return made;
    },
    settle,
  );
}

/** The resource stays as it is; only what the engine itself keeps of it may change. */
export async function keep(deployment: Deployment, { urn, old, now, operator }: Registration): Promise<Resource> {
  if (!old) return now;
  // What the program has made secret since is secret in the outputs too.
  const outputs = old.outputs && keepSecrets(old.outputs, now.inputs ?? {}, now.additionalSecretOutputs);
  const kept: Resource = { ...now, ...(old.id && { id: old.id }), ...(outputs && { outputs }) };
  await operator?.same?.({ ...kept, ...(old.inputs && { inputs: old.inputs }) });
  const unchanged = isDeepStrictEqual(old, kept);
  return perform(
    deployment,
    { op: "same", urn, old, now: kept },
    undefined,
    async () => (unchanged ? old : kept),
    (result) => {
      deployment.snapshot.settle(old, result, { save: !unchanged });
      return result;
    },
  );
}

/** A resource left out by `--target` that exists: it stays exactly as it is. */
export async function leave(deployment: Deployment, old: Resource): Promise<Resource> {
  const settle = () => {
    deployment.snapshot.settle(old, old, { save: false });
    return old;
  };
  return perform(deployment, { op: "same", urn: old.urn, old, now: old }, undefined, async () => old, settle);
}

/** A resource left out by `--target` that does not exist: the program gets its inputs, the state nothing. */
export async function skipCreation(deployment: Deployment, now: Resource): Promise<Resource> {
  return perform(
    deployment,
    { op: "same", urn: now.urn, now },
    undefined,
    async () => now,
    (result) => result,
  );
}
