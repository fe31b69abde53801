import { chmod, mkdir, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { organizationConfig } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { didYouMean } from "../../programs/nearest.ts";
import type { OrganizationOutputs } from "../../programs/organization-outputs.ts";
import { actor } from "../actor.ts";
import { regionOf } from "../aws/region.ts";
import { openAws } from "../deploy/conduct/session.ts";
import { readIfThere, writeAtomically } from "../files.ts";
import { liveAccounts } from "../organization/live.ts";
import { loginsOf, merge, render, sectionsOf } from "../organization/profiles.ts";
import { table } from "../render/reporter.ts";
import { readOutputs, stackValues } from "../stacks/open.ts";
import { type CommonFlags, type Context, withContext } from "./context.ts";

export const organizationStack = "organization";

/** What the stack says of itself. @throws SwitchyardError `not-found` when it has never been applied. */
export async function organizationOutputs({ where }: Context): Promise<OrganizationOutputs> {
  // Of its own program: whoever applied it checked them.
  return (await readOutputs(where, organizationStack)) as unknown as OrganizationOutputs;
}

/** Every account of the organization: its unit, address and state, and who may log in to it with what. */
export function accounts(flags: CommonFlags): Promise<void> {
  return withContext(flags, async (context) => {
    const { where, out } = context;
    const outputs = await organizationOutputs(context);
    const aws = await openAws(where, organizationStack);
    try {
      const listed = (await liveAccounts(aws)).map((account) => describe(account, outputs));
      const rows = listed.map(({ entry, id, unit, email, state, logins }) => [
        entry,
        id,
        unit,
        email,
        state,
        said(logins),
      ]);
      out.line(table([["account", "id", "unit", "email", "state", "logins"], ...rows]));
      out.document(listed);
    } finally {
      aws.close();
    }
  });
}

type Logins = Readonly<Record<string, readonly string[]>>;

function describe(account: Awaited<ReturnType<typeof liveAccounts>>[number], outputs: OrganizationOutputs) {
  const { accountIds, managementAccountId, units, access } = outputs;
  const own = Object.keys(accountIds).find((name) => accountIds[name] === account.id);
  const entry = account.id === managementAccountId ? "management" : own;
  const groups = Map.groupBy(
    access.filter((one) => one.account === entry),
    ({ group }) => group,
  );
  const logins: Logins = Object.fromEntries(
    [...groups].map(([group, list]) => [group, list.map(({ permissionSet }) => permissionSet)]),
  );
  return { ...account, entry: entry ?? `(${account.name})`, unit: (entry && units[entry]) || "root", logins };
}

function said(logins: Logins): string {
  const parts = Object.entries(logins).map(([group, sets]) => `${group}: ${sets.join(", ")}`);
  return parts.length === 0 ? "nobody" : parts.join("; ");
}

export interface LoginsFlags extends CommonFlags {
  readonly person?: string;
  readonly write?: boolean;
}

/** A person's `~/.aws/config`: printed, or merged into the file. */
export function logins(flags: LoginsFlags): Promise<void> {
  return withContext(flags, async (context) => {
    const { where, out } = context;
    const outputs = await organizationOutputs(context);
    const person = flags.person ?? actor();
    if (outputs.memberships[person] === undefined)
      throw new SwitchyardError("not-found", {
        what: `the organization has no person "${person}"`,
        where: "--person",
        fix: didYouMean(person, Object.keys(outputs.memberships), "person"),
      });
    const own = loginsOf(outputs, person);
    const sections = sectionsOf(outputs, own, await regionOf(where, organizationStack));
    if (flags.write) await write(out.line, render(sections) === "" ? [] : sections);
    else if (!out.json) out.line(render(sections));
    out.document({ person, logins: own, sections });
    if (own.length === 0) out.line(`# ${person} may log in to no account`);
  });
}

/** Where the AWS CLI and SDKs look (AWS SDKs and Tools Reference Guide, "Location of the shared config and credentials files"). */
function configFile(): string {
  return process.env["AWS_CONFIG_FILE"] || join(homedir(), ".aws", "config");
}

async function write(line: (text: string) => void, sections: Parameters<typeof merge>[1]): Promise<void> {
  const named = configFile();
  const before = await readIfThere(named);
  // A link, as of dotfiles, stays one.
  const file = before === undefined ? named : await realpath(named);
  const { text, added, changed, removed, taken } = merge(before ?? "", sections);
  if (taken.length > 0)
    throw new SwitchyardError("unusable-file", {
      what: `it has ${taken.map((name) => `[${name}]`).join(", ")} of its own, with another session or none`,
      where: file,
      fix: "rename them there, then run it again; nothing was written",
    });
  if (before === undefined) await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeAtomically(file, text);
  if (before === undefined) await chmod(file, 0o600);
  for (const [word, names] of Object.entries({ added, changed, removed }))
    for (const name of names) line(`  ${word.padEnd(8)} [${name}]`);
  line(
    `${file}: ${added.length} added, ${changed.length} changed, ${removed.length} removed; then \`aws sso login --sso-session switchyard\``,
  );
}

/** An entry of the stack's configuration. @throws SwitchyardError `not-found`. */
export async function accountEntry({ where }: Context, name: string) {
  const config = organizationConfig(organizationStack, await stackValues(where, organizationStack));
  const entry = config.accounts[name];
  if (entry !== undefined) return entry;
  throw new SwitchyardError("not-found", {
    what: `there is no entry "${name}" under switchyard:accounts`,
    where: "<name>",
    fix: didYouMean(name, Object.keys(config.accounts), "account"),
  });
}
