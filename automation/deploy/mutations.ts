import type { Mutation } from "./model.ts";

/** One kind of write: what it changes, and the calls by which this process makes it. */
export interface MutationKind {
  readonly what: string;
  /** `<client>.<Operation>` of AWS, or `ledger <item>`: a put or an update of the items whose key is that or begins with it. */
  readonly calls: readonly string[];
}

/**
 * Every write the driver makes, to AWS and to the ledger, by steps of operations and by other commands. `SdkAws` refuses a
 * call that changes something and is not among them; the fault suite recognises each on the wire, kills drivers before and
 * after it, and fails on a write that is none of them. What the engine creates for the program (`up`, and `stage`'s own
 * update) is the program's, and comes through the providers.
 */
export const mutations = {
  stage: {
    what: "what to stage, the program's update, and its outputs",
    calls: ["ledger release", "ledger shape"],
  },
  migrate: { what: "expand migrations of a deploy", calls: ["lambda.Invoke"] },
  "set-scaling": { what: "bounds of a colour's autoscaling", calls: ["scaling.RegisterScalableTarget"] },
  "set-weights": { what: "weights of a rule", calls: ["elb.ModifyRule"] },
  "update-service": { what: "a colour's task definition and task count", calls: ["ecs.UpdateService"] },
  deregister: { what: "task definitions nothing can need again", calls: ["ecs.DeregisterTaskDefinition"] },
  "record-release": { what: "what is live", calls: ["ledger release"] },
  contract: {
    what: "`migrate`: contract migrations, and that what serves knows the new schema",
    calls: ["lambda.Invoke", "ledger release", "ledger operation#"],
  },
  "run-task": { what: "`run`: a one-off task", calls: ["ecs.RunTask"] },
  "stop-task": { what: "`run`, interrupted: the end of its task", calls: ["ecs.StopTask"] },
  lease: { what: "who is at work: taken, renewed, given back", calls: ["ledger lease"] },
  journal: {
    what: "operations, decisions and results; what `up` has changed of the outputs",
    calls: ["ledger operation#", "ledger journal#", "ledger shape"],
  },
  word: { what: "`promote` and `abort`", calls: ["ledger signal#"] },
} as const satisfies Record<string, MutationKind> & Record<Mutation["kind"], MutationKind>;

export type MutationName = keyof typeof mutations;

/** The ledger's own calls; what items they write is the ledger's business, and in `calls` above. */
const ledgerCalls = ["dynamodb.TransactWriteItems", "dynamodb.UpdateItem"];

const calls: readonly string[] = Object.values(mutations).flatMap((kind) => [...kind.calls]);
const ledger = "ledger ";
const allowed: ReadonlySet<string> = new Set([...calls.filter((call) => !call.startsWith(ledger)), ...ledgerCalls]);
const items = calls.flatMap((call) => (call.startsWith(ledger) ? [call.slice(ledger.length)] : []));

/** True for an operation that changes nothing, by the verb AWS names it with. */
export function changesNothing(operation: string): boolean {
  return /^(Describe|Get|List|Query|Scan|TransactGet|BatchGet|BatchCheck|Head)/.test(operation);
}

/** @throws Error for a `<client>.<Operation>` that changes something and is none of the mutations. */
export function refuseUnlisted(call: string): void {
  if (changesNothing(call.slice(call.indexOf(".") + 1)) || allowed.has(call)) return;
  throw new Error(`${call} changes something and is not among the driver's mutations (automation/deploy/mutations.ts)`);
}

/** @throws Error for an item of the ledger that none of the mutations writes. */
export function refuseUnlistedItem(item: string): void {
  if (items.some((key) => (key.endsWith("#") ? item.startsWith(key) : item === key))) return;
  throw new Error(`${item} is no item the driver's mutations write (automation/deploy/mutations.ts)`);
}
