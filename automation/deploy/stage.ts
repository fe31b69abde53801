import { isDeepStrictEqual } from "node:util";
import { SwitchyardError } from "../../programs/errors.ts";
import type { Image, ReleaseDocument, ServiceRelease } from "../../programs/release.ts";
import { type Lease, leaseLost } from "../ledger/lease.ts";
import { readRelease, writeRelease } from "../ledger/release.ts";
import type { StackTable } from "../ledger/table.ts";
import type { OpenStack } from "../stacks/open.ts";
import { apply, plan, refuseViolations, type UpdateEvents } from "../stacks/update.ts";
import type { Mutation, Target } from "./model.ts";
import { type EnvironmentShape, environmentShape } from "./shape.ts";

export type StageMutation = Extract<Mutation, { kind: "stage" }>;

export interface Staged {
  readonly shape: EnvironmentShape;
  readonly staged: Readonly<Record<string, Target>>;
  readonly planHash: string;
}

export interface StageIo {
  readonly table: StackTable;
  readonly lease: Lease;
  readonly open: () => Promise<OpenStack>;
  readonly events: UpdateEvents;
}

/** Says in the release document what to stage, then previews the program with the policy pack and applies it. */
export async function stage({ images, migrate }: StageMutation, io: StageIo): Promise<Staged> {
  const [document, open] = await Promise.all([readRelease(io.table), io.open()]);
  const wanted = withNext(document, images, migrate);
  if (wanted) await writeRelease(io.table, io.lease, wanted);
  const planned = await plan(open, io.events);
  refuseViolations(planned);
  const { outputs } = await apply(open, planned, io.events);
  const shape = await recordShape(io.table, open.name, outputs, io.lease);
  return { shape, staged: targets(open.name, shape, images), planHash: planned.hash };
}

/** Keeps the program's outputs where commands that must be quick find them without an engine. */
export async function recordShape(
  table: StackTable,
  stack: string,
  outputs: unknown,
  lease: Lease,
): Promise<EnvironmentShape> {
  const shape = environmentShape(stack, outputs);
  const put = { kind: "put", item: "shape", value: { outputs: JSON.stringify(outputs) } } as const;
  if (!(await table.write([lease.check(), put]))) throw leaseLost(stack);
  return shape;
}

export async function readShape(table: StackTable): Promise<EnvironmentShape | undefined> {
  const item = await table.get("shape");
  return item && environmentShape(table.stack, JSON.parse(String(item["outputs"])));
}

function withNext(
  document: ReleaseDocument,
  images: Readonly<Record<string, Image>>,
  migrate?: Image,
): ReleaseDocument | undefined {
  const services: Record<string, ServiceRelease> = { ...document.services };
  for (const [name, next] of Object.entries(images)) services[name] = { ...services[name], next };
  const changed: ReleaseDocument = {
    ...document,
    services,
    ...(migrate && { migrate: { ...document.migrate, next: migrate } }),
  };
  return isDeepStrictEqual(changed, document) ? undefined : { ...changed, revision: document.revision + 1 };
}

function targets(
  stack: string,
  shape: EnvironmentShape,
  images: Readonly<Record<string, Image>>,
): Record<string, Target> {
  const found: Record<string, Target> = {};
  for (const [name, image] of Object.entries(images)) {
    const staged = shape.services[name]?.staged;
    if (staged?.image !== image.digest)
      throw new SwitchyardError("invalid-response", {
        what: `the program registered ${staged?.image ?? "nothing"} for ${name}, not ${image.digest}`,
        where: `stack ${stack}, output services.${name}.staged`,
        fix: "check that the stack's program and this driver are of one version",
      });
    const { taskDefinitionArn, release } = staged;
    found[name] = { ...image, taskDefinitionArn, release };
  }
  return found;
}
