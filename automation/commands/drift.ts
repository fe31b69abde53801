import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { SwitchyardError } from "../../programs/errors.ts";
import { stackName } from "../flags.ts";
import { type Difference, differenceLine, differenceOf } from "../stacks/differences.ts";
import { openStack } from "../stacks/open.ts";
import { nameOf, updateFailed } from "../stacks/update.ts";
import { type CommonFlags, withContext } from "./context.ts";

export interface DriftFlags extends CommonFlags {
  readonly stack: string;
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
    differences.sort((a, b) => (a.urn < b.urn ? -1 : 1));
    for (const line of driftLines(differences)) out.line(line);
    out.line(differences.length === 0 ? `${name}: no drift` : `${name}: ${counted(differences.length, "differ")}`);
    out.document({ stack: name, differences });
    if (differences.length > 0)
      throw new SwitchyardError("drift", {
        what: `${differences.length} ${differences.length === 1 ? "resource was" : "resources were"} changed outside the program`,
        where: `stack ${name}`,
        fix: `\`switchyard up ${name} --refresh\` puts them back as the program says; or change the program to match`,
      });
  });
}

export function driftLines(differences: readonly Difference[]): readonly string[] {
  return differences.flatMap(({ op, type, urn, properties }) => [
    `  ${op === "delete" ? "deleted" : "changed"}  ${type}  ${nameOf(urn)}`,
    ...properties.map((property) => `             ${differenceLine(property)}`),
  ]);
}

function counted(count: number, verb: string): string {
  return count === 1 ? `1 resource ${verb}s` : `${count} resources ${verb}`;
}
