/** What a month of a stack may cost, where its configuration names a maximum; by the prices that are kept, asking nobody. */
import { parseJson } from "@switchyard/iam/document.ts";
import { type Assumptions, assumed } from "../../programs/cost/assumed.ts";
import { type Estimate, estimate } from "../../programs/cost/estimate.ts";
import { parsePrices, priceFileName, priceList } from "../../programs/cost/price-file.ts";
import { balancerType, type Priced, serviceType } from "../../programs/cost/quantities.ts";
import { urnParts } from "../exceptions.ts";
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
  fix: "Make it smaller, or raise the maximum.",
  check: function* (stack): Iterable<StackFinding> {
    const judged = judge(stack);
    if (judged === undefined) return;
    const { maxMonthlyUsd, found } = judged;
    if (!("usd" in found)) return yield found;
    const { usd, components } = found;
    if (usd <= maxMonthlyUsd) return;
    // They come by what they cost, the greatest first.
    const greatest = components.slice(0, named).map(({ component, usd }) => `${component} ${money(usd)}`);
    const rest = notInSum(found);
    const [least, more] = rest.length > 0 ? ["at least ", `; not in the sum: ${rest.join(", ")}`] : ["", ""];
    yield {
      what: `a month would cost ${least}${money(usd)}, and may cost ${money(maxMonthlyUsd)}: most of it ${greatest.join(", ")}${more}`,
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
    const judged = judge(stack);
    if (judged === undefined || !("usd" in judged.found)) return;
    const { maxMonthlyUsd, found } = judged;
    const rest = notInSum(found);
    if (rest.length > 0)
      yield {
        what: `a month costs at least ${money(found.usd)} of ${money(maxMonthlyUsd)}; not in the sum: ${rest.join(", ")}`,
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

interface Judged {
  readonly maxMonthlyUsd: number;
  readonly found: Found;
}

/** Where there is no estimate, why, and what makes one: then nothing may be taken for little. */
type Found = Estimate | StackFinding;

/** Undefined where a stack has no maximum. Each rule makes one: Pulumi hands each a copy of the resources, and it takes 2 ms. */
function judge(stack: StackView<unknown>): Judged | undefined {
  const budget = budgetOf(stack);
  return budget && { maxMonthlyUsd: budget.maxMonthlyUsd, found: estimated(stack, budget.assumptions) };
}

function estimated(stack: StackView<unknown>, assumptions: Assumptions): Found {
  const region = stack.tags.get("switchyard:region");
  if (region === undefined)
    return {
      what: "the stack's configuration names no aws:region, by which prices are found",
      fix: "Set aws:region in the stack's file.",
    };
  const file = priceFileName(region);
  const command = `\`switchyard cost ${urnParts(stack.resources[0]?.urn).stack}\``;
  const read = `${command} with a login that may pricing:GetProducts, and commit ${file}, which it writes.`;
  const text = stack.prices(region);
  if (text === undefined) return { what: `there is no ${file} with prices to estimate a month by`, fix: `Run ${read}` };
  const kept = parsePrices(text);
  if (kept === undefined)
    return { what: `${file} holds no prices as ${command} writes them`, fix: `Delete it, run ${read}` };
  const sum = estimate(stack.resources.map(priced), priceList(kept), assumptions);
  const unread = sum.unpriced.filter((name) => !(name in kept.prices));
  if (unread.length === 0) return sum;
  return { what: `${file} was written without the prices of ${unread.join(", ")}`, fix: `Run ${read}` };
}

const notInSum = ({ unpriced, unknown: types }: Estimate) => [...unpriced, ...types];

/** Which subnets a balancer is in, the first preview does not know: then those that will be public are counted. */
function priced({ type, name, props }: StackResource): Priced {
  if (type === serviceType) return { type, name, inputs: props["runs"] as Priced["inputs"] };
  if (type === balancerType && peek(props, "subnets") === unknown) return { type, name, inputs: {} };
  if (type === "aws:ec2/subnet:Subnet")
    return { type, name, inputs: { mapPublicIpOnLaunch: peek(props, "mapPublicIpOnLaunch") } };
  return { type, name, inputs: props };
}
