import { environmentConfig, programOf } from "../../programs/config.ts";
import { northflank } from "../export/northflank.ts";
import type { Exported, Source } from "../export/platform.ts";
import { renderBlueprint } from "../export/render.ts";
import { stackName } from "../flags.ts";
import { stackValues } from "../stacks/open.ts";
import { type CommonFlags, refuseOther, withContext } from "./context.ts";

export interface ExportFlags extends CommonFlags {
  readonly stack: string;
  readonly repository?: string;
}

const platforms: Readonly<Record<"render" | "northflank", (source: Source) => Exported>> = {
  render: renderBlueprint,
  northflank,
};

/** The same services for another platform, from the same configuration: on stdout, and what it leaves out on stderr. */
export function exportTo(platform: keyof typeof platforms, flags: ExportFlags): Promise<void> {
  return withContext(flags, async ({ where, out }) => {
    const stack = stackName(flags.stack);
    const values = await stackValues(where, stack);
    const program = programOf(stack, values);
    if (program !== "environment") refuseOther(stack, program);
    const config = environmentConfig(stack, values);
    const exported = platforms[platform]({ stack, config, repository: flags.repository ?? "example/switchyard" });
    if (!flags.json) process.stdout.write(exported.text);
    process.stderr.write(`left out of ${exported.file}:\n${exported.lost.map((what) => `  ${what}\n`).join("")}`);
    out.document(exported);
  });
}
