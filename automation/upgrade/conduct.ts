/** An upgrade, or the way back, from where it is to its end. */
import { SwitchyardError } from "../../programs/errors.ts";
import type { Context } from "../commands/context.ts";
import { type Session, withLease } from "../deploy/conduct/session.ts";
import { audited } from "../ledger/audit.ts";
import { seconds } from "../render/reporter.ts";
import { beginning, refused } from "./begin.ts";
import { setWrites } from "./database.ts";
import { type Asked, answer, describeStep, next, refusedMs, type Upgrade } from "./decide.ts";
import { readUpgrade, writeUpgrade } from "./record.ts";
import { carryOut, type Hold } from "./steps.ts";

/** @throws SwitchyardError `upgrade-refused`, `interrupted` between two steps, or what a step threw; the next run goes on. */
export function conductUpgrade(context: Context, session: Session, asked: Asked): Promise<Upgrade> {
  const { stack, table, clock } = session;
  const purpose = asked.way === "forward" ? `upgrade to ${asked.version} in ${asked.beside}` : `upgrade, ${asked.way}`;
  return withLease(session, purpose, async (lease) => {
    const hold: Hold = { context, session, lease };
    const before = await readUpgrade(table);
    const answered = answer(stack, before, asked);
    if (answered.kind === "refuse") throw refused(stack, answered.what, answered.fix);
    const upgrade =
      answered.kind === "go" ? answered.upgrade : await begun(hold, asked as Extract<Asked, { way: "forward" }>);
    if (next(upgrade).kind === "end" && upgrade.keepForMs === before?.keepForMs) return upgrade;
    return audited(
      { table, clock, lease },
      "upgrade",
      () => goOn(hold, upgrade),
      (done) => ({ why: outcome(done, clock.now()), version: done.version }),
    );
  });
}

/** Asked of the old database first: an image that does not know the question is found before anything has changed. */
async function begun(hold: Hold, asked: Extract<Asked, { way: "forward" }>): Promise<Upgrade> {
  const { session, lease } = hold;
  const { stack, table, aws, where } = session;
  const upgrade = await beginning(session, asked);
  await setWrites({ aws, table, permit: () => lease.permit(where.deadlineMs) }, "allowed").catch((error: Error) => {
    if (!(error instanceof SwitchyardError) || !/action: expected/.test(error.message)) throw error;
    throw refused(
      stack,
      "the migration function of the version that serves cannot stop writes",
      `deploy a version whose \`migrate\` image is built from this checkout, then run this again`,
    );
  });
  return upgrade;
}

async function goOn(hold: Hold, from: Upgrade): Promise<Upgrade> {
  const { session, lease, context } = hold;
  const { table, clock, stack } = session;
  await writeUpgrade(table, lease, from);
  for (let upgrade = from; ; ) {
    const decided = next(upgrade);
    if (decided.kind === "end") return upgrade;
    if (session.wake.aborted) throw interrupted(stack, upgrade);
    context.out.line(`${decided.step}: ${describeStep(decided.step)}`);
    const added = await carryOut(hold, decided.step, upgrade);
    if (session.wake.aborted && decided.step === "snapshot") throw interrupted(stack, upgrade);
    if ("undone" in added) {
      await writeUpgrade(table, lease, { ...upgrade, way: "forward" });
      throw refused(
        stack,
        `${upgrade.beside} took its first write at ${added.undone}: going back would lose it`,
        `correct what is wrong in ${upgrade.beside}; \`switchyard upgrade ${stack} --settle\` ends the way back`,
      );
    }
    upgrade = { ...upgrade, ...added, done: { ...upgrade.done, [decided.step]: clock.now() } };
    await writeUpgrade(table, lease, upgrade);
  }
}

function interrupted(stack: string, upgrade: Upgrade): SwitchyardError {
  const way = upgrade.way === "forward" ? `--to ${upgrade.version} --beside ${upgrade.beside}` : `--${upgrade.way}`;
  const still = upgrade.way === "forward" && upgrade.done.refuse !== undefined && upgrade.done.open === undefined;
  return new SwitchyardError("interrupted", {
    what: `it ended after the step in hand${still ? "; nothing can be written meanwhile" : ""}`,
    where: `upgrade of ${stack}`,
    fix: `\`switchyard upgrade ${stack} ${way}\` goes on from there`,
  });
}

/** How it ended, in a line. */
export function outcome(upgrade: Upgrade, now: number): string {
  const refusedFor = `writes were refused for ${seconds(refusedMs(upgrade, now))}`;
  if (upgrade.way === "forward") return `${upgrade.beside} has taken over; ${refusedFor}`;
  if (upgrade.way === "back") return `gone back from ${upgrade.beside}; ${refusedFor}`;
  return `${upgrade.beside} is settled: there is no way back any more`;
}
