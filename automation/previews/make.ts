/** The making of a preview environment, and of what is new in one: made, seeded, proven, and only then given. */
import { environmentConfig } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { quiet } from "../commands/context.ts";
import { deployIn } from "../commands/deploy.ts";
import { runIn } from "../commands/run.ts";
import { askingIn, untilAnswered } from "../deploy/act/answers.ts";
import { readShape } from "../deploy/act/stage.ts";
import { audited } from "../ledger/audit.ts";
import { stackValues } from "../stacks/open.ts";
import { begin, type Wanted } from "./decide.ts";
import { endPreview } from "./end.ts";
import { previewStacks } from "./find.ts";
import type { Hold } from "./hold.ts";
import { type PreviewRecord, readPreview, writePreview } from "./record.ts";

/**
 * Makes it, or brings it to another version. One that never answered is destroyed when it fails; one that did stays as it was.
 *
 * @returns the record, with the address
 */
export async function makePreview(hold: Hold, wanted: Wanted): Promise<PreviewRecord> {
  const { context, stack, settings, table, clock } = hold;
  const before = await readPreview(table);
  const others = before === undefined || before.state === "gone" ? await previewStacks(context.where) : [];
  const standing = others.filter((name) => name !== stack).length;
  const begun = begin(stack, before, wanted, { life: settings, now: clock.now(), standing });
  if (!(await writePreview(table, before, begun))) throw another(stack);
  try {
    return await audited(
      { table, clock },
      "preview",
      () => build(hold, wanted.version),
      ({ url, expiresAt }) => ({ why: `answers at ${url} until ${expiresAt}`, version: wanted.version }),
    );
  } catch (error) {
    if (begun.state === "ready" || !isFinal(error)) throw error;
    context.out.line(`${stack} did not come up: what was made of it is destroyed`);
    await endPreview(hold, "its creation failed").catch((left: Error) =>
      context.out.line(`  not all of it: ${left.message}; the next sweep goes on`),
    );
    throw error;
  }
}

/** Whoever is at work goes on, and whoever was interrupted may go on; any other end is one. */
function isFinal(error: unknown): boolean {
  const passing = ["interrupted", "lease-held", "lease-lost", "in-flight"];
  return !(error instanceof SwitchyardError && passing.includes(error.code));
}

async function build(hold: Hold, tag: string): Promise<PreviewRecord> {
  const { context, stack, settings } = hold;
  const within = quiet(context);
  const strategy = "all-at-once" as const;
  await deployIn(within, { stack, tag, strategy, dryRun: false });
  const { seed } = settings;
  if (seed !== undefined && (await stillWanted(hold)).seeded !== true) {
    context.out.line(`Seeding ${stack}: ${seed.command.join(" ")}`);
    const code = await runIn(within, { stack, ...seed });
    if (code !== 0) throw failed(stack, `its seed ended with exit code ${code}`, "mend what the seed does");
    await noted(hold, { seeded: true });
  }
  const url = await provenUrl(hold);
  return noted(hold, { url, state: "ready" });
}

/** @throws SwitchyardError `not-found` where somebody has destroyed it meanwhile. */
async function stillWanted({ stack, table }: Hold): Promise<PreviewRecord> {
  const record = await readPreview(table);
  if (record?.state === "creating" || record?.state === "ready") return record;
  throw new SwitchyardError("not-found", {
    what: "it was destroyed meanwhile",
    where: `stack ${stack}`,
    fix: "create it anew where it is still wanted",
  });
}

const tries = 10;

/** What others write meanwhile, such as a longer time, stays. */
async function noted(hold: Hold, change: Partial<PreviewRecord>): Promise<PreviewRecord> {
  for (let i = 0; i < tries; i++) {
    const before = await stillWanted(hold);
    if (await writePreview(hold.table, before, { ...before, ...change })) return { ...before, ...change };
  }
  throw another(hold.stack);
}

/** The address, once each service's checks are answered there as they have to be: through the load balancer, as anybody asks. */
async function provenUrl({ context: { where }, stack, table, clock }: Hold): Promise<string> {
  const shape = await readShape(table);
  if (shape === undefined) throw failed(stack, "it has no outputs", "look at what the update above says");
  const { services } = environmentConfig(stack, await stackValues(where, stack));
  const asked = Object.values(services).flatMap(({ checks, healthCheck }) =>
    checks.length > 0 ? checks : [{ path: healthCheck.path, status: 200 }],
  );
  const wrong = await untilAnswered(shape, asked, askingIn(where, clock));
  if (wrong !== undefined) throw failed(stack, wrong, "look at the service's log");
  return shape.url;
}

function failed(stack: string, what: string, fix: string): SwitchyardError {
  return new SwitchyardError("deploy-failed", { what, where: `preview ${stack}`, fix: `${fix}, and run it again` });
}

function another(stack: string): SwitchyardError {
  return new SwitchyardError("in-flight", {
    what: "another command has changed it meanwhile",
    where: `preview ${stack}`,
    fix: "run this one again when that is done",
  });
}
