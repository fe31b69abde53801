/** What a month of a stack may cost, where its configuration names a maximum; by the prices that are kept, asking nobody. */
import { parseJson } from "@switchyard/iam/document.ts";
import { type Assumptions, assumed } from "../../programs/cost/assumed.ts";
import { type Estimate, estimate } from "../../programs/cost/estimate.ts";
import { parsePrices, priceFileName, priceList } from "../../programs/cost/price-file.ts";
import { type Priced, serviceType } from "../../programs/cost/quantities.ts";
import { type StackFinding, type StackResource, type StackView, stackRule } from "../rule.ts";
import { peek, unknown } from "../unknown.ts";

const about = {
  controls: [],
  url: "https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html",
};
const money = (usd: number) => `$${usd.toFixed(2)}`;
/** Of the components of an estimate: who reads a refusal wants to know where to begin. */
const named = 3;

export const costWithinMaximum = stackRule([], {
  ...about,
  name: "cost-within-maximum",
  level: "mandatory",
  severity: "medium",
  title: "A month costs no more than switchyard:cost.maxMonthlyUsd",
  why: "What an update costs is otherwise seen on the bill, a month later.",
  fix: "Make it smaller, or raise the maximum; without prices, run `switchyard cost <stack>` and commit the file it writes.",
  check: function* (stack): Iterable<StackFinding> {
    const budget = budgetOf(stack);
    if (budget === undefined) return;
    const found = estimated(stack, budget.assumptions);
    if (typeof found === "string") return yield { what: found };
    const { usd, components } = found;
    if (usd <= budget.maxMonthlyUsd) return;
    // They come by what they cost, the greatest first.
    const greatest = components.slice(0, named).map(({ component, usd }) => `${component} ${money(usd)}`);
    const rest = notInSum(found);
    const [least, more] = rest.length > 0 ? ["at least ", `; not in the sum: ${rest.join(", ")}`] : ["", ""];
    yield {
      what: `a month would cost ${least}${money(usd)}, and may cost ${money(budget.maxMonthlyUsd)}: most of it ${greatest.join(", ")}${more}`,
    };
  },
});

export const costKnown = stackRule([], {
  ...about,
  name: "cost-known",
  level: "advisory",
  severity: "low",
  title: "Where a month has a maximum, everything is in its sum",
  why: "What has no price may go beyond the maximum unseen.",
  fix: "Expect more than the sum, or leave room for it below the maximum.",
  check: function* (stack): Iterable<StackFinding> {
    const budget = budgetOf(stack);
    if (budget === undefined) return;
    const found = estimated(stack, budget.assumptions);
    if (typeof found === "string") return;
    const rest = notInSum(found);
    if (rest.length > 0)
      yield {
        what: `a month costs at least ${money(found.usd)} of ${money(budget.maxMonthlyUsd)}; not in the sum: ${rest.join(", ")}`,
      };
  },
});

interface Budget {
  readonly maxMonthlyUsd: number;
  readonly assumptions: Assumptions;
}

/** The program refuses a configuration that is none: what is no number here is as if it were not there. */
function budgetOf({ config }: StackView<unknown>): Budget | undefined {
  const given = config["switchyard:cost"];
  const read: unknown = typeof given === "string" ? parseJson(given) : given;
  if (typeof read !== "object" || read === null) return undefined;
  const numbers = Object.entries(read).filter(([, value]) => typeof value === "number");
  const { maxMonthlyUsd, ...use } = Object.fromEntries(numbers) as Readonly<Record<string, number>>;
  return maxMonthlyUsd === undefined ? undefined : { maxMonthlyUsd, assumptions: { ...assumed, ...use } };
}

/** @returns why there is none, where there is none: then nothing may be taken for little. */
function estimated(stack: StackView<unknown>, assumptions: Assumptions): Estimate | string {
  const region = stack.tags.get("switchyard:region");
  if (region === undefined) return "the stack's configuration names no aws:region, by which prices are found";
  const text = stack.prices(region);
  if (text === undefined) return `there is no ${priceFileName(region)} with prices to estimate a month by`;
  const kept = parsePrices(text);
  if (kept === undefined) return `${priceFileName(region)} holds no prices as \`switchyard cost\` writes them`;
  const resources = stack.resources.map(priced);
  const made = estimate(resources, priceList(kept), assumptions);
  const unread = made.unpriced.filter((name) => !(name in kept.prices));
  if (unread.length > 0) return `${priceFileName(region)} was written without the prices of ${unread.join(", ")}`;
  return made;
}

const notInSum = ({ unpriced, unknown: types }: Estimate) => [...unpriced, ...types];

const balancer = "aws:lb/loadBalancer:LoadBalancer";

/** How many zones a balancer is in, the first preview does not know: it is then counted in as few as may be. */
function priced({ type, name, props }: StackResource): Priced {
  if (type === serviceType) return { type, name, inputs: props["runs"] as Priced["inputs"] };
  if (type === balancer && peek(props, "subnets") === unknown) return { type, name, inputs: {} };
  return { type, name, inputs: props };
}
