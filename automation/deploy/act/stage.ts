import { isDeepStrictEqual } from "node:util";
import { SwitchyardError } from "../../../programs/errors.ts";
import type { Image, ReleaseDocument, ServiceRelease } from "../../../programs/release.ts";
import { judge } from "../../guard/guard.ts";
import { refuseDisruption } from "../../guard/refuse.ts";
import { readItem } from "../../ledger/journal.ts";
import { type Lease, leaseLost } from "../../ledger/lease.ts";
import { shapeItem } from "../../ledger/records.ts";
import { readRelease, writeRelease } from "../../ledger/release.ts";
import type { StackTable } from "../../ledger/table.ts";
import type { OpenStack } from "../../stacks/open.ts";
import { type RecoverIo, recovered } from "../../stacks/recover/recover.ts";
import { apply, plan, type UpdateEvents } from "../../stacks/update.ts";
import type { Mutation } from "../decide/decision.ts";
import type { Target } from "../decide/goal.ts";
import { refuseForbidden } from "../observe/opened.ts";
import { type EnvironmentShape, environmentShape } from "../observe/shape.ts";
import { refuseTakenNames } from "../observe/taken-names.ts";

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
  readonly recovery: RecoverIo;
  /** What of that which serves may be disrupted. */
  readonly disrupt?: readonly string[];
}

/** Says in the release document what to stage, then previews the program with the policy pack and applies it. */
export async function stage({ images, migrate }: StageMutation, io: StageIo): Promise<Staged> {
  const [document, open] = await Promise.all([readRelease(io.table), io.open()]);
  const wanted = withNext(document, { images, migrate }, io.recovery.clock.now());
  if (wanted) await writeRelease(io.table, io.lease, wanted);
  return recovered({ ...io.recovery, table: io.table, lease: io.lease }, open, async () => {
    const planned = await plan(open, io.events);
    await refuseForbidden(io.recovery.aws, planned);
    await refuseTakenNames(io.recovery.aws, planned);
    const standing = { release: wanted ?? document, shape: await readShape(io.table) };
    refuseDisruption(open.name, judge(planned.changes, standing), io.disrupt ?? []);
    const { outputs } = await apply(open, io.events);
    const shape = await recordShape(io.table, open.name, outputs, io.lease);
    return { shape, staged: targets(open.name, shape, images), planHash: planned.hash };
  });
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
  await forgetGone(table, shape, lease);
  return shape;
}

/** What the program has deleted of services that were retired, or never released, is nothing to go back to. */
async function forgetGone(table: StackTable, shape: EnvironmentShape, lease: Lease): Promise<void> {
  const document = await readRelease(table);
  const isKept = ([name, { live, next }]: readonly [string, ServiceRelease]) =>
    shape.services[name] !== undefined || live !== undefined || next !== undefined;
  const all = Object.entries(document.services);
  const services = Object.fromEntries(all.filter(isKept));
  if (Object.keys(services).length === all.length) return;
  await writeRelease(table, lease, { ...document, revision: document.revision + 1, services });
}

export async function readShape(table: StackTable): Promise<EnvironmentShape | undefined> {
  const item = await table.get("shape");
  // One that has ended says when, and has no outputs.
  if (item === undefined || item["closedAt"] !== undefined) return undefined;
  return environmentShape(table.stack, readItem(table.stack, item, shapeItem).outputs);
}

/** As many as a graph of some days can show. */
const begunKept = 10;

function withNext(
  document: ReleaseDocument,
  { images, migrate }: Pick<StageMutation, "images" | "migrate">,
  now: number,
): ReleaseDocument | undefined {
  const services: Record<string, ServiceRelease> = { ...document.services };
  for (const [name, next] of Object.entries(images)) services[name] = { ...services[name], next };
  const changed: ReleaseDocument = {
    ...document,
    services,
    ...(migrate && { migrate: { ...document.migrate, next: migrate } }),
  };
  if (isDeepStrictEqual(changed, document)) return undefined;
  const version = [...new Set(Object.values(images).map((image) => image.version))].join(", ");
  const begun = [...(document.begun ?? []), ...(version === "" ? [] : [{ version, at: new Date(now).toISOString() }])];
  return { ...changed, begun: begun.slice(-begunKept), revision: document.revision + 1 };
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
    const { taskDefinitionArn, release, setup } = staged;
    found[name] = { ...image, taskDefinitionArn, release, ...(setup && { setup }) };
  }
  return found;
}
