import type { CostDifference, Estimate } from "../../programs/cost/estimate.ts";
import { table } from "../render/reporter.ts";

const money = (usd: number) => `$${usd.toFixed(2)}`;
const signed = (usd: number) => `${usd < 0 ? "-" : "+"}${money(Math.abs(usd))}`;
const amountText = (amount: number) => String(Math.round(amount * 1000) / 1000);

/** The estimate for people: money only where there is a price, and all that is in no sum by name. */
export function estimateText(estimate: Estimate): string {
  const rows = estimate.components.flatMap(({ component, lines }) =>
    lines.map(({ price, amount, per, usd }, index) => [
      index === 0 ? component : "",
      price,
      `${amountText(amount)} ${per}${amount === 1 || per.startsWith("GB") ? "" : "s"}`,
      usd === undefined ? "no price" : money(usd),
    ]),
  );
  const sums = estimate.components.map(({ component, usd }) => [component, money(usd)]);
  const rest = [
    ...estimate.unpriced.map((name) => `! no price of ${name} could be had: not in the sum`),
    ...estimate.unknown.map((type) => `! nothing is known of what ${type} costs: not in the sum`),
  ];
  const least = rest.length > 0 ? "at least " : "";
  const assumed = Object.entries(estimate.assumptions).map(([name, value]) => `${name} ${value}`);
  return [
    table([["COMPONENT", "WHAT", "HOW MUCH", "A MONTH"], ...rows]),
    "",
    table([["COMPONENT", "A MONTH"], ...sums, ["all", `${least}${money(estimate.usd)}`]]),
    ...rest,
    `prices of ${estimate.region}, on demand, without taxes, credits or free tiers, as read on ${estimate.read}`,
    `assumed (switchyard:cost): ${assumed.join(", ")}`,
  ].join("\n");
}

/** What a change makes of a month of several stacks, in a line; undefined where no stack has a cost. */
export function costLine(stacks: readonly { readonly stack: string; readonly cost?: CostDifference | string }[]) {
  const parts = stacks.flatMap(({ stack, cost }) => {
    if (cost === undefined) return [];
    if (typeof cost === "string") return [`${stack} not known: ${cost}`];
    const { before, after, notIn } = cost;
    const rest = notIn.length > 0 ? `, without a price: ${notIn.join(", ")}` : "";
    return [`${stack} ${signed(after - before)}, to ${money(after)}${rest}`];
  });
  return parts.length === 0 ? undefined : parts.join("; ");
}

/** What a change does to it; empty where nothing differs. */
export function differenceText({ components, before, after, notIn }: CostDifference): string {
  if (components.length === 0 && notIn.length === 0) return "";
  const rows = components.map((one) => [
    one.component,
    money(one.before),
    money(one.after),
    signed(one.after - one.before),
  ]);
  return [
    table([
      ["COMPONENT", "BEFORE", "AFTER", "CHANGE"],
      ...rows,
      ["all", money(before), money(after), signed(after - before)],
    ]),
    ...notIn.map((what) => `! ${what} changes, and has no price`),
  ].join("\n");
}
