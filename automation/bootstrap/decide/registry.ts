import { accessRoleName } from "../../../programs/access.ts";
import type { StackConfig } from "../../stacks/settings.ts";
import type { State } from "./steps.ts";

export interface RegistrySeen {
  /** Its stack has outputs. */
  readonly applied: boolean;
  /** `switchyard:account` and `switchyard:assumeRole` of its file. */
  readonly account?: string | undefined;
  readonly assumeRole?: string | undefined;
  /** The organization's accounts: the name of an entry → its id. */
  readonly accountIds: Readonly<Record<string, string>>;
}

/**
 * Why it cannot be applied from here: it is entered with credentials of the management account, which open a role in each
 * account the organization has made, and in no other.
 */
export function registryHindrance({ applied, account, assumeRole, accountIds }: RegistrySeen): State | undefined {
  if (assumeRole !== undefined) return undefined;
  const own = account ?? accountIds["registry"];
  if (own === undefined)
    return byHand("it has no account of its own yet", [
      "add an entry `registry` under switchyard:accounts of the organization",
      "run it again: it applies both",
    ]);
  if (Object.values(accountIds).includes(own)) return undefined;
  if (applied) return { kind: "done", says: `in account ${own}` };
  return byHand(`its account ${own} is none that the organization has made`, [
    `with credentials of ${own}: \`switchyard up registry\``,
  ]);
}

/** How it is entered from here. */
export function registryKeys({ account, assumeRole, accountIds }: RegistrySeen): StackConfig {
  const own = account ?? accountIds["registry"];
  if (assumeRole !== undefined || own === undefined) return {};
  return { "switchyard:account": own, "switchyard:assumeRole": `arn:aws:iam::${own}:role/${accessRoleName}` };
}

function byHand(says: string, steps: readonly string[]): State {
  return { kind: "by-hand", required: false, says, steps };
}
