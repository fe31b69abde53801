/** What an environment has in common with another: names that lead to either, and an upgrade to the one beside it. Pure. */
import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import { describeStep, keptOf, next, standing, stepsOf, type Upgrade } from "../../upgrade/decide.ts";
import { type Found, toldOf } from "../../upgrade/names.ts";
import type { EnvironmentView, NameView, UpgradeView } from "./environment.ts";

/** What the ledger and Route 53 say of both. */
export interface Beside {
  readonly found: Found;
  /** What the ledger says of this environment's own records. */
  readonly weight: number;
  readonly upgrade: Upgrade | undefined;
}

/** The view with what it has in common with another; as it was where that is nothing. */
export function withBeside(view: EnvironmentView, { found, weight, upgrade }: Beside, now: number): EnvironmentView {
  const shown = upgrade && upgradeView(upgrade, now);
  // While names are moved the ledger is ahead of them.
  const isMoved = shown !== undefined && shown.keptUntil === undefined;
  const byHand = isMoved ? [] : toldOf(view.stack, found, weight).byHand.map(({ why, fix }) => `${why}. ${fix}`);
  return {
    ...view,
    ...(byHand.length > 0 && { state: "attention" as const, troubles: [...view.troubles, ...byHand] }),
    ...(found.size > 0 && { names: [...found].map(([host, records]) => nameView(view.stack, host, records)) }),
    ...(shown && { upgrade: shown }),
  };
}

function nameView(stack: string, host: string, records: readonly ResourceRecordSet[]): NameView {
  const total = records.reduce((sum, { Weight = 0 }) => sum + Weight, 0);
  const leads = records.map(({ SetIdentifier = "no environment", Weight = 0 }) => ({
    stack: SetIdentifier,
    weight: Weight,
    // Where none has any weight, all are answered alike (Route 53 developer guide, "Weighted routing").
    share: Math.round(total === 0 ? 100 / records.length : (100 * Weight) / total),
  }));
  return { host, leads: leads.sort((a, b) => Number(b.stack === stack) - Number(a.stack === stack)) };
}

function upgradeView(upgrade: Upgrade, now: number): UpgradeView | undefined {
  const stands = standing(upgrade, now);
  if (stands === undefined) return undefined;
  const coming = next(upgrade);
  const kept = keptOf(upgrade, now);
  return {
    ...{ stands, begunAt: upgrade.begunAt },
    steps: stepsOf(upgrade).map((step) => {
      const at = upgrade.done[step];
      const isNow = coming.kind === "step" && coming.step === step;
      const why = describeStep(step);
      return at === undefined ? { step, why, state: isNow ? "now" : "ahead" } : { step, why, state: "done", at };
    }),
    ...(kept && { keptUntil: kept.until }),
  };
}
