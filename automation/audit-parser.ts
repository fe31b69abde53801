import type { Argv } from "yargs";
import type * as audit from "./commands/audit.ts";
import type { CommonFlags } from "./commands/context.ts";
import { auditKinds, auditOutcomes } from "./ledger/audit-kinds.ts";
import { theStack } from "./stack-flags.ts";

export function auditCommands<T extends CommonFlags>(y: Argv<T>, load: { audit(): Promise<typeof audit> }) {
  return y
    .command(
      "list <stack>",
      "what was done: who, when, from where, with what result",
      (z) =>
        theStack(z)
          .option("since", { type: "string", describe: "a date, a time, or how long ago, such as 7d" })
          .option("until", { type: "string", describe: "a date, a time, or how long ago" })
          .option("actor", { type: "string", describe: "who did it" })
          .option("commit", { type: "string", describe: "the commit, or how it begins" })
          .option("kind", { choices: auditKinds, describe: "what was done" })
          .option("outcome", { choices: auditOutcomes, describe: "how it ended" })
          .option("limit", { type: "number", default: 50, describe: "records to show" })
          .option("lines", {
            type: "boolean",
            default: false,
            describe: "every record that fits, one JSON document a line, oldest first",
          }),
      async (flags) => (await load.audit()).audit(flags as audit.AuditFlags),
    )
    .command(
      "verify <stack>",
      "prove that no record was changed, dropped, moved or forged",
      (z) =>
        theStack(z).option("notes", {
          type: "boolean",
          describe: "compare with the heads in this checkout's git notes as well",
        }),
      async (flags) => (await load.audit()).verify(flags as audit.VerifyFlags),
    )
    .command(
      "seal",
      "keep the ends of the chains where whoever writes the ledger cannot change them",
      (z) =>
        z
          .option("only", { type: "string", array: true, nargs: 1, describe: "this stack; default: all" })
          .option("make", { type: "boolean", describe: "make the bucket first, under Object Lock" })
          .option("days", { type: "number", default: 365, describe: "how long it keeps what is put into it" }),
      async (flags) => (await load.audit()).seal(flags as audit.SealFlags),
    )
    .demandCommand(1, "Name an action: list, verify or seal.");
}
