import { readdir } from "node:fs/promises";
import { SwitchyardError } from "../../programs/errors.ts";
import type { OrganizationOutputs } from "../../programs/organization-outputs.ts";
import { systemClock } from "../clock.ts";
import { openAws } from "../deploy/conduct/session.ts";
import { type CloseIo, closeAccount, staysBehind, takeLoginsAway } from "../organization/close.ts";
import { type LiveAccount, liveAccounts } from "../organization/live.ts";
import { openStack } from "../stacks/open.ts";
import { readStackFile } from "../stacks/settings.ts";
import { projectRoot } from "../surroundings.ts";
import { type CommonFlags, type Context, withContext } from "./context.ts";
import { accountEntry, organizationOutputs, organizationStack } from "./organization.ts";
import { applyStack } from "./stacks.ts";

export interface CloseFlags extends CommonFlags {
  readonly name: string;
  readonly yes: boolean;
}

/** Closes an account that its entry says is to be decommissioned. A run that was cut short goes on. */
export function close(flags: CloseFlags): Promise<void> {
  return withContext(flags, async (context) => {
    const { where, out } = context;
    const { name } = flags;
    await refuseUnmarked(context, flags);
    const aws = await openAws(where, organizationStack);
    const io: CloseIo = { aws, clock: systemClock, tell: out.line, pace: where.pace };
    try {
      const account = await liveAccount(io, context, name);
      if (account.state === "SUSPENDED") out.line(`${name} (${account.id}) is closed already`);
      else {
        await refuseInhabited(context, name, account.id);
        out.line(`1. ${name}: what its entry says is applied, which takes its logins away`);
        await applyStack(context, organizationStack);
        const { identityCenter } = await organizationOutputs(context);
        const left = await takeLoginsAway(io, identityCenter.instanceArn, account);
        out.line(
          `2. ${name}: ${left === 0 ? "nobody is assigned to it" : `${left} logins made by hand are taken away`}`,
        );
        await closeAccount(io, account);
        out.line(`3. ${name}: account ${account.id} is closed`);
      }
      out.line("4. the stack lets go of it");
      await applyStack(context, organizationStack);
      for (const line of staysBehind) out.line(`   ${line}`);
      out.document({ account: name, id: account.id, state: "SUSPENDED", stays: staysBehind });
    } finally {
      aws.close();
    }
  });
}

async function refuseUnmarked(context: Context, { name, yes }: CloseFlags): Promise<void> {
  const { decommission } = await accountEntry(context, name);
  if (!decommission)
    throw new SwitchyardError("protected", {
      what: `${name} is not to be closed: its entry has no decommission: true`,
      where: `switchyard:accounts.${name}`,
      fix: `set it, run \`switchyard up ${organizationStack}\`, then this again; nothing was changed`,
    });
  if (!yes)
    throw new SwitchyardError("invalid-flag", {
      what: `it closes the account ${name}, with all that is in it`,
      where: "--yes",
      fix: `run \`switchyard account close ${name} --yes\` if that is what you want`,
    });
}

/** By the stack's outputs, or once it has let go of the account, by the entry's address. */
async function liveAccount(io: CloseIo, context: Context, name: string): Promise<LiveAccount> {
  const { email } = await accountEntry(context, name);
  const outputs: Pick<OrganizationOutputs, "accountIds"> = await organizationOutputs(context);
  const known = outputs.accountIds[name];
  const found = (await liveAccounts(io.aws)).find(({ id, email: address }) =>
    known === undefined ? address.toLowerCase() === email.toLowerCase() : id === known,
  );
  if (found !== undefined) return found;
  throw new SwitchyardError("not-found", {
    what: `the organization has no account of the address ${email}`,
    where: `switchyard:accounts.${name}`,
    fix: "remove its entry: it was never made, or was closed more than 90 days ago",
  });
}

/**
 * Stacks that are in an account go first: what they hold would be closed with it, and their state would name nothing.
 *
 * @throws SwitchyardError `protected` naming them.
 */
async function refuseInhabited({ where, out }: Context, name: string, id: string): Promise<void> {
  const files = (await readdir(projectRoot)).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
  const inside: string[] = [];
  for (const stack of files) {
    const { config } = await readStackFile(await where.workDir(stack), stack);
    if (String(config["switchyard:account"]) !== id) continue;
    const { stack: opened } = await openStack(where, stack);
    const { deployment } = await opened.exportStack();
    const { resources = [] } = (deployment ?? {}) as { resources?: readonly unknown[] };
    if (resources.length > 0) inside.push(`${stack} (${resources.length} resources)`);
  }
  out.line(`   stacks of this checkout in ${name}: ${inside.length === 0 ? "none" : inside.join(", ")}`);
  if (inside.length === 0) return;
  throw new SwitchyardError("protected", {
    what: `${inside.join(", ")} of this checkout ${inside.length === 1 ? "is" : "are"} in account ${id}; nothing was changed`,
    where: `account ${name}`,
    fix: `\`switchyard destroy\` what is in it first`,
  });
}
