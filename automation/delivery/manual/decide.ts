/** What a run that somebody started by hand does: decisions alone. */
import { SwitchyardError } from "../../../programs/errors.ts";
import { previewStack } from "../../previews/name.ts";
import type { Manual } from "./inputs.ts";
import { handedOver } from "./runner.ts";

/** A stack with a file in the checkout, and the account its file names, if it names one. */
export interface KnownStack {
  readonly stack: string;
  readonly account?: string | undefined;
}

/**
 * The stack a run is of; undefined for those that are of none, or of all previews.
 *
 * @throws SwitchyardError `invalid-flag` naming the input.
 */
export function targetOf({ command, stack, account, pull }: Manual, known: readonly KnownStack[]): string | undefined {
  if (command.name === "ephemeral" || command.name === "schedule")
    return pull === undefined ? undefined : previewStack(pull);
  if (stack === undefined) {
    const [found, ...others] = known.filter((one) => one.account === account);
    if (found !== undefined && others.length === 0) return found.stack;
    const names = [found, ...others].flatMap((one) => one?.stack ?? []).join(", ");
    throw new SwitchyardError("invalid-flag", {
      what: found === undefined ? `no stack's file names the account ${account}` : `${names} are in that account`,
      where: "input stack",
      fix: "name the stack",
    });
  }
  const file = known.find((one) => one.stack === stack);
  if (file === undefined)
    throw new SwitchyardError("invalid-flag", {
      what: `there is no Pulumi.${stack}.yaml in the commit`,
      where: "input stack",
      fix: `give one of ${known.map((one) => one.stack).join(", ") || "none"}`,
    });
  if (account === undefined || file.account === account) return stack;
  throw new SwitchyardError("invalid-flag", {
    what:
      file.account === undefined
        ? `the file of ${stack} names no account`
        : `${stack} is of the account ${file.account}`,
    where: "input account",
    fix:
      file.account === undefined
        ? "set switchyard:account in the stack's file, or leave the input out"
        : "give that one, or leave it out",
  });
}

/**
 * The command line of this program that does it, as a list of words.
 *
 * @param target As `targetOf` says.
 * @param commit The full SHA it is done at.
 */
export function argumentsOf(manual: Manual, target: string | undefined, commit: string): readonly string[] {
  const words = wordsOf(manual, target ?? "", commit);
  return manual.runner === undefined ? words : handedOver(manual.runner, target ?? "", commit, words);
}

function wordsOf({ command, pull, ttl }: Manual, stack: string, commit: string): readonly string[] {
  switch (command.name) {
    case "plan":
      return ["plan", stack];
    case "apply":
      return ["up", stack];
    case "validate":
      return ["plan", stack, "--policies"];
    case "destroy":
      return ["destroy", stack, "--yes"];
    case "ephemeral":
      return [
        ...["preview", "create", String(pull), "--tag", `pr-${commit.slice(0, 12)}`],
        ...(ttl === undefined ? [] : ["--for", ttl]),
      ];
    case "schedule":
      return pull === undefined || ttl === undefined
        ? ["preview", "list"]
        : ["preview", "extend", String(pull), "--for", ttl];
    case "custom":
      return [command.command, stack, ...command.words];
  }
}
