import type { Mutation } from "./decision.ts";

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
    what: "what to stage, the program's update, that it has begun and is done, and its outputs",
    calls: ["ledger release", "ledger shape", "ledger update"],
  },
  migrate: { what: "expand migrations of a deploy", calls: ["lambda.Invoke"] },
  "set-scaling": { what: "bounds of a colour's autoscaling", calls: ["scaling.RegisterScalableTarget"] },
  "set-weights": { what: "weights of a rule, and what it takes", calls: ["elb.ModifyRule"] },
  "set-priorities": { what: "places of rules among the others", calls: ["elb.SetRulePriorities"] },
  "set-group": {
    what: "how an idle colour's target group checks, drains and keeps its targets",
    calls: ["elb.ModifyTargetGroup", "elb.ModifyTargetGroupAttributes"],
  },
  "update-service": { what: "a colour's task definition and task count", calls: ["ecs.UpdateService"] },
  deregister: { what: "task definitions nothing can need again", calls: ["ecs.DeregisterTaskDefinition"] },
  "record-release": { what: "what is live", calls: ["ledger release"] },
  contract: {
    what: "`migrate`: contract migrations, and that what serves knows the new schema",
    calls: ["lambda.Invoke", "ledger release", "ledger operation#"],
  },
  "run-task": { what: "`run`: a one-off task", calls: ["ecs.RunTask"] },
  "stop-task": { what: "`run`, interrupted: the end of its task", calls: ["ecs.StopTask"] },
  "finish-made": {
    what: "an update, after one that was cut short: the way out that AWS gives a security group",
    calls: ["ec2.RevokeSecurityGroupEgress"],
  },
  lease: { what: "who is at work: taken, renewed, given back", calls: ["ledger lease", "ledger fence"] },
  journal: {
    what: "operations, decisions and results; what `up` has changed of the outputs; the end of an environment",
    calls: ["ledger operation#", "ledger journal#", "ledger shape", "ledger release"],
  },
  audit: { what: "what was done, and the end of its chain", calls: ["ledger audit", "ledger audit#"] },
  seal: {
    what: "`audit seal`: ends of chains, kept where nobody can change them, and the place for them",
    calls: ["s3.CreateBucket", "s3.PutPublicAccessBlock", "s3.PutObjectLockConfiguration", "s3.PutObject"],
  },
  preview: {
    what: "preview environments: until when they stay, and what `destroy` leaves of others",
    calls: [
      "ledger preview",
      "ledger heartbeat",
      "alarms.PutMetricData",
      "ecs.DeregisterTaskDefinition",
      "ecs.DeleteTaskDefinitions",
    ],
  },
  freeze: { what: "`freeze` and `unfreeze`", calls: ["ledger frozen"] },
  upgrade: {
    what: "`upgrade`: how far it is, whose database takes writes, the snapshot, the files, and where names lead",
    calls: [
      ...["ledger names", "route53.ChangeResourceRecordSets"],
      ...["ledger upgrade", "lambda.Invoke", "rds.CreateDBSnapshot", "s3.CopyObject", "s3.CreateMultipartUpload"],
      ...["s3.UploadPartCopy", "s3.CompleteMultipartUpload", "s3.AbortMultipartUpload"],
    ],
  },
  plan: { what: "`ci pull-request`: what a pull request's plan was", calls: ["ledger plan#"] },
  "close-account": {
    what: "`account close`: logins that are left, and the account",
    calls: ["sso.DeleteAccountAssignment", "organizations.CloseAccount"],
  },
  bootstrap: {
    what: "`bootstrap`, and its undoing: what has to be there before any stack",
    calls: [
      "organizations.CreateOrganization",
      "organizations.EnablePolicyType",
      "organizations.DeleteOrganization",
      "s3.CreateBucket",
      "s3.PutPublicAccessBlock",
      "s3.PutBucketVersioning",
      "s3.DeleteBucket",
    ],
  },
  "move-account": {
    what: "`destroy --everything`: accounts out of the units that are deleted, which they outlive",
    calls: ["organizations.MoveAccount"],
  },
  word: { what: "`promote` and `abort`", calls: ["ledger signal#"] },
  execution: {
    what: "`runner`: executions of its state machines, and answers to their questions",
    calls: ["sfn.StartExecution", "sfn.StopExecution", "sfn.SendTaskSuccess", "sfn.SendTaskFailure"],
  },
  "remote-build": {
    what: "`images push --remote`: the commit that is built, and its build",
    calls: ["s3.PutObject", "codebuild.StartBuild", "codebuild.StopBuild"],
  },
  schedule: {
    what: "`runner schedule`: what starts commands by the clock",
    calls: ["scheduler.CreateSchedule", "scheduler.UpdateSchedule", "scheduler.DeleteSchedule"],
  },
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
  return /^(Describe|Get|List|Query|Scan|TransactGet|BatchGet|BatchCheck|Head|Filter)/.test(operation);
}

/** @throws Error for a `<client>.<Operation>` that changes something and is none of the mutations. */
export function refuseUnlisted(call: string): void {
  if (changesNothing(call.slice(call.indexOf(".") + 1)) || allowed.has(call)) return;
  throw new Error(
    `${call} changes something and is not among the driver's mutations (automation/deploy/decide/mutations.ts)`,
  );
}

/** @throws Error for an item of the ledger that none of the mutations writes. */
export function refuseUnlistedItem(item: string): void {
  if (items.some((key) => (key.endsWith("#") ? item.startsWith(key) : item === key))) return;
  throw new Error(`${item} is no item the driver's mutations write (automation/deploy/decide/mutations.ts)`);
}
