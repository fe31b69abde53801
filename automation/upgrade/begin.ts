/** What must hold before the first write of an upgrade: afterwards nothing can be written until it is through, or gone back from. */
import type { EnvironmentConfig } from "../../programs/config.ts";
import { baseOf } from "../../programs/domain.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { recordsOfAll } from "../aws/records.ts";
import { regionOf } from "../aws/region.ts";
import { environmentOf } from "../commands/context.ts";
import type { Session } from "../deploy/conduct/session.ts";
import { refuseFrozen } from "../ledger/freeze.ts";
import { operationInFlight } from "../ledger/journal.ts";
import { standingStacks } from "../stacks/open.ts";
import { snapshotStatus } from "./database.ts";
import { type Asked, type Upgrade, usualKeepMs } from "./decide.ts";
import { namesOfBoth, weigh } from "./names.ts";

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
  const names = namesOfBoth(old.domain, fresh.domain);
  if (names) {
    const [problem] = weigh(await recordsOfAll(aws, names), { to: stack, from: beside }).problems;
    if (problem !== undefined)
      throw refused(
        stack,
        problem,
        `\`switchyard up ${stack}\` makes its records; take away what others lead there, in the hosted zone ${names.zoneId}`,
      );
  }
  const begun = { beside, version, snapshot, way: "forward", begunAt: clock.now(), keepForMs, done: {} } as const;
  return { ...begun, ...(names && { names }) };
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
  const [taken] = namesOfOne(old, fresh);
  if (taken !== undefined)
    found.push({
      what: `both have the name ${taken}, whose records are one environment's own: this command moves no such records`,
      fix: `have it in \`switchyard:domain.shared\` of both, or give ${fresh.stack} a \`switchyard:domain\` and \`switchyard:mail\` of its own, or none`,
    });
  if (namesOfBoth(old.domain, fresh.domain) && old.domain?.zoneId !== fresh.domain?.zoneId)
    found.push({
      what: `the names both have are in another hosted zone in ${fresh.stack}`,
      fix: `set \`switchyard:domain.zoneId\` in ${file} to ${old.domain?.zoneId}`,
    });
  return found;
}

/** Names that are one environment's own, and the other's as well. A host and the wildcard below it are proven by one record. */
function namesOfOne(old: EnvironmentConfig, fresh: EnvironmentConfig): readonly string[] {
  const ownOf = ({ domain, files }: EnvironmentConfig) => [
    ...(domain === undefined ? [] : [domain.name, ...domain.names, ...domain.redirects]),
    ...(files.cdn?.name === undefined ? [] : [files.cdn.name]),
  ];
  const allOf = (config: EnvironmentConfig) => [...ownOf(config), ...(config.domain?.shared ?? [])];
  const common = (names: readonly string[], others: readonly string[]) => {
    const bases = new Set(others.map(baseOf));
    return names.filter((name) => bases.has(baseOf(name)));
  };
  const mail = old.mail !== undefined && old.mail.domain === fresh.mail?.domain ? [`${old.mail.domain} (mail)`] : [];
  return [...common(ownOf(fresh), allOf(old)), ...common(fresh.domain?.shared ?? [], ownOf(old)), ...mail];
}

export function refused(stack: string, what: string, fix: string): SwitchyardError {
  return new SwitchyardError("upgrade-refused", { what, where: `stack ${stack}`, fix });
}
