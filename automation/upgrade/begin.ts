/** What must hold before the first write of an upgrade: afterwards nothing can be written until it is through, or gone back from. */
import type { EnvironmentConfig } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { regionOf } from "../aws/region.ts";
import { environmentOf } from "../commands/context.ts";
import type { Session } from "../deploy/conduct/session.ts";
import { refuseFrozen } from "../ledger/freeze.ts";
import { operationInFlight } from "../ledger/journal.ts";
import { standingStacks } from "../stacks/open.ts";
import { snapshotStatus } from "./database.ts";
import { type Asked, type Upgrade, usualKeepMs } from "./decide.ts";

/**
 * @returns the upgrade as it begins; nothing is written yet.
 * @throws SwitchyardError `upgrade-refused` naming what to change, `frozen`, `invalid-config`.
 */
export async function beginning(
  session: Session,
  { beside, version, keepForMs = usualKeepMs }: Extract<Asked, { way: "forward" }>,
): Promise<Upgrade> {
  const { where, stack, aws, table, clock } = session;
  await refuseFrozen(table);
  const [old, fresh] = await Promise.all([environmentOf(where, stack), environmentOf(where, beside)]);
  const places = { old: await regionOf(where, stack), fresh: await regionOf(where, beside) };
  for (const problem of problems(old, fresh, places)) throw refused(stack, problem.what, problem.fix);
  const snapshot = fresh.database.fromSnapshot ?? "";
  if (await operationInFlight(table))
    throw refused(stack, "an operation of it has not ended", `finish it, or \`switchyard abort ${stack}\``);
  if ((await standingStacks(where, stack)).includes(beside))
    throw refused(
      stack,
      `${beside} is there already, with another database than the one that is copied`,
      `\`switchyard destroy ${beside}\`, or name a stack that is not there yet`,
    );
  if ((await snapshotStatus(aws, snapshot)) !== undefined)
    throw refused(
      stack,
      `the snapshot ${snapshot} is there already, and is not of the moment at which writes stop`,
      `give \`switchyard:database.fromSnapshot\` of ${beside} another name`,
    );
  return { beside, version, snapshot, way: "forward", begunAt: clock.now(), keepForMs, done: {} };
}

/** What of the two configurations stands against it. */
export function problems(
  old: EnvironmentConfig,
  fresh: EnvironmentConfig,
  regions: { readonly old: string; readonly fresh: string },
): readonly { readonly what: string; readonly fix: string }[] {
  const file = `Pulumi.${fresh.stack}.yaml`;
  const found: { what: string; fix: string }[] = [];
  if (old.stack === fresh.stack)
    found.push({ what: "it cannot be beside itself", fix: "name another stack with --beside" });
  if (fresh.database.fromSnapshot === undefined)
    found.push({
      what: `${fresh.stack} would begin with an empty database`,
      fix: `set \`switchyard:database.fromSnapshot\` in ${file} to the name the snapshot is to have, such as ${old.stack}-before-upgrade`,
    });
  for (const key of ["name", "engineMajor"] as const)
    if (old.database[key] !== fresh.database[key])
      found.push({
        what: `\`switchyard:database.${key}\` of ${fresh.stack} is ${fresh.database[key]}, and the copied database's is ${old.database[key]}`,
        fix: `set it to ${old.database[key]} in ${file}${key === "engineMajor" ? "; raise it once it serves" : ""}`,
      });
  if (old.account !== fresh.account || regions.old !== regions.fresh)
    found.push({
      what: `${fresh.stack} is in another account or region, where the snapshot is not`,
      fix: `name ${old.stack}'s in ${file}`,
    });
  const names = new Set(namesOf(old));
  const shared = namesOf(fresh).find((name) => names.has(name));
  if (shared !== undefined)
    found.push({
      what: `both have the name ${shared}, whose records are ${old.stack}'s: this command moves no records`,
      fix: `give ${fresh.stack} a \`switchyard:domain\` and \`switchyard:mail\` of its own, or none, and lead the users there by what is in front of both`,
    });
  return found;
}

function namesOf({ domain, mail }: EnvironmentConfig): readonly string[] {
  const names = domain === undefined ? [] : [domain.name, ...domain.names, ...domain.redirects];
  return mail === undefined ? names : [...names, `${mail.domain} (mail)`];
}

export function refused(stack: string, what: string, fix: string): SwitchyardError {
  return new SwitchyardError("upgrade-refused", { what, where: `stack ${stack}`, fix });
}
