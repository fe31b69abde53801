import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { SwitchyardError } from "../../programs/errors.ts";
import { stackName } from "../flags.ts";
import { openStack } from "../stacks/open.ts";
import { nameOf, updateFailed } from "../stacks/update.ts";
import { type CommonFlags, withContext } from "./context.ts";

export interface DriftFlags extends CommonFlags {
  readonly stack: string;
}

interface Difference {
  readonly urn: string;
  readonly type: string;
  readonly op: string;
  readonly properties: readonly string[];
}

/** Compares a stack's recorded state with the account, property by property; changes neither. */
export function drift(flags: DriftFlags): Promise<void> {
  return withContext(flags, async ({ where, out }) => {
    const name = stackName(flags.stack);
    const { stack } = await openStack(where, name);
    const differences: Difference[] = [];
    const errors: string[] = [];
    const onEvent = (event: EngineEvent) => {
      const found = differenceOf(event);
      if (found) differences.push(found);
      if (event.diagnosticEvent?.severity === "error") errors.push(event.diagnosticEvent.message.trim());
    };
    await stack.previewRefresh({ onEvent }).catch((cause: unknown) => {
      throw updateFailed(name, "the comparison failed", errors, cause);
    });
    for (const d of differences)
      out.line(
        `  ${d.op.padEnd(7)} ${d.type}  ${nameOf(d.urn)}${d.properties.length > 0 ? `  (${d.properties.join(", ")})` : ""}`,
      );
    out.line(differences.length === 0 ? `${name}: no drift` : `${name}: ${differences.length} resources differ`);
    out.document({ stack: name, differences });
    if (differences.length > 0)
      throw new SwitchyardError("drift", {
        what: `${differences.length} resources were changed outside the program`,
        where: `stack ${name}`,
        fix: `\`switchyard up ${name}\` puts them back; or change the program to match`,
      });
  });
}

function differenceOf(event: EngineEvent): Difference | undefined {
  const meta = event.resOutputsEvent?.metadata;
  if (!meta || (meta.op !== "update" && meta.op !== "delete" && meta.op !== "refresh")) return undefined;
  const properties = Object.keys(meta.detailedDiff ?? {});
  if (meta.op === "refresh" && properties.length === 0) return undefined;
  return { urn: meta.urn, type: meta.type, op: meta.op, properties };
}
