/** In which order stacks end. */
import { type ConfigValues, type ProgramName, programOf } from "../../programs/config.ts";

export interface StandingStack {
  readonly name: string;
  readonly program: ProgramName;
  /** Stacks whose outputs it reads, whose ledger it is kept in, or whose network it is in. */
  readonly needs: readonly string[];
}

/** The organization is what the others' accounts are entered by; the registry stands alone. */
const byProgram: readonly ProgramName[] = ["environment", "runner", "images", "pipeline", "registry", "organization"];

/**
 * Each after all that need it; among those that may go next by program and name, so that the order is always the same.
 * A circle, which no stack can have been applied with, is taken by program and name.
 */
export function destroyOrder(stacks: readonly StandingStack[]): readonly StandingStack[] {
  const rank = ({ program }: StandingStack) => byProgram.indexOf(program);
  let left = stacks.toSorted((one, other) => rank(one) - rank(other) || (one.name < other.name ? -1 : 1));
  const ordered: StandingStack[] = [];
  while (left.length > 0) {
    const rest = left;
    const isNeeded = ({ name }: StandingStack) => rest.some((one) => one.name !== name && one.needs.includes(name));
    const [first] = left;
    const next = left.find((one) => !isNeeded(one)) ?? first;
    if (next === undefined) break;
    ordered.push(next);
    left = left.filter((one) => one !== next);
  }
  return ordered;
}

/** @param values The stack's configuration. */
export function standingStack(name: string, values: ConfigValues): StandingStack {
  const program = programOf(name, values);
  const readsPipeline = program === "environment" || program === "images" || program === "runner";
  const { of } = (values["network"] ?? {}) as { of?: unknown };
  const network = program === "environment" && typeof of === "string" ? [of] : [];
  return { name, program, needs: [...(readsPipeline ? [referredTo(values["pipelineStack"])] : []), ...network] };
}

/** The stack a reference `organization/project/stack` names. */
export function referredTo(reference: unknown): string {
  return typeof reference === "string" ? (reference.split("/").at(-1) ?? "") : "pipeline";
}
