import { SwitchyardError } from "../programs/errors.ts";

/** How traffic moves to a new version. */
export type StrategyKind = "all-at-once" | "canary" | "linear";

/** Flags that override a stack's `deploy` section. */
export interface StrategyFlags {
  readonly strategy?: StrategyKind;
  readonly canary?: string;
  readonly bake?: string;
  readonly step?: string;
  readonly every?: string;
}

/** Flags of each strategy that the others have no use for. */
const strategies = [
  ["canary", ["canary", "bake"]],
  ["linear", ["step", "every"]],
] as const;

/** The strategy the flags choose: by name, or by having no use in any other one. */
export function chosenStrategy(flags: StrategyFlags): StrategyKind | undefined {
  return flags.strategy ?? strategies.find(([, names]) => names.some((name) => flags[name] !== undefined))?.[0];
}

/**
 * Refuses flags of two strategies at once.
 *
 * @throws SwitchyardError `invalid-flag` naming the flag that the chosen one has no use for.
 */
export function checkStrategyFlags(flags: StrategyFlags): void {
  const chosen = chosenStrategy(flags);
  const others = strategies.flatMap(([strategy, names]) => (strategy === chosen ? [] : names));
  const wrong = others.find((name) => flags[name] !== undefined);
  if (wrong === undefined) return;
  throw new SwitchyardError("invalid-flag", {
    what: `the strategy ${chosen} has no use for it`,
    where: `--${wrong}`,
    fix: "leave it out, or choose its strategy with --strategy",
  });
}
