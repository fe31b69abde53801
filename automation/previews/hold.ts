import type { Aws } from "../aws/clients.ts";
import type { Clock } from "../clock.ts";
import type { Context } from "../commands/context.ts";
import type { StackTable } from "../ledger/table.ts";
import type { PreviewSettings } from "./settings.ts";

/** What a command has in hand of one preview environment. */
export interface Hold {
  readonly context: Context;
  readonly stack: string;
  readonly settings: PreviewSettings;
  readonly aws: Aws;
  readonly table: StackTable;
  readonly clock: Clock;
}
