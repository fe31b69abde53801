import * as pulumi from "@pulumi/pulumi";
import * as z from "zod";
import type { Account } from "./account.ts";
import { SwitchyardError } from "./errors.ts";

/** What the pipeline stack gives to the others. */
export interface PipelineOutputs {
  /** Repository → its URL. */
  readonly repositoryUrls: Readonly<Record<string, string>>;
  readonly ledgerTableName: string;
  readonly ledgerTableArn: string;
  /** Key of the stacks' state and of the ledger. */
  readonly stateKeyArn: string;
  /** Key of the images. */
  readonly imageKeyArn: string;
  /** The permissions boundary that every role of an environment has. */
  readonly workloadBoundaryArn: string;
  /** Roles of the workflows; none without `switchyard:github`. */
  readonly roleArns?: Readonly<Record<string, string>>;
  /** Role → the ARNs of its policies: jobs of the runner have the same. */
  readonly rolePolicyArns?: Readonly<Record<string, readonly string[]>>;
  /** The bucket of the stacks' states, where the pipeline keeps it. */
  readonly stateBucket?: string;
}

const shape = z.object({
  repositoryUrls: z.record(z.string(), z.string()),
  ledgerTableName: z.string(),
  ledgerTableArn: z.string(),
  workloadBoundaryArn: z.string().optional(),
  rolePolicyArns: z.record(z.string(), z.array(z.string())).optional(),
  stateBucket: z.string().optional(),
});

export type PipelineReference = Readonly<z.output<typeof shape>>;

/**
 * Reads the pipeline stack's outputs as plain values.
 *
 * @throws SwitchyardError `invalid-config` when the stack is not applied yet, or is not a pipeline.
 */
export async function readPipeline(stack: string): Promise<PipelineReference> {
  const reference = new pulumi.StackReference(stack);
  const names = [
    "repositoryUrls",
    "ledgerTableName",
    "ledgerTableArn",
    "workloadBoundaryArn",
    "rolePolicyArns",
    "stateBucket",
  ] as const;
  const outputs = await Promise.all(names.map((name) => reference.getOutputDetails(name)));
  const parsed = shape.safeParse(Object.fromEntries(names.map((name, index) => [name, outputs[index]?.value])));
  if (parsed.success) return parsed.data;
  throw new SwitchyardError("invalid-config", {
    what: `the stack ${stack} has not the outputs of a pipeline`,
    where: "switchyard:pipelineStack",
    fix: "Apply the pipeline stack first, or name the right one",
  });
}

/**
 * An environment's release document is in the ledger beside it: its driver looks nowhere else.
 *
 * @throws SwitchyardError `invalid-config` when the pipeline is of another account or region.
 */
export function refuseLedgerElsewhere({ ledgerTableArn }: PipelineReference, { id, region }: Account): void {
  const [, , , theirRegion, theirAccount] = ledgerTableArn.split(":");
  if (theirAccount === id && theirRegion === region) return;
  throw new SwitchyardError("invalid-config", {
    what: `its ledger is in account ${theirAccount}, ${theirRegion}, and this environment in account ${id}, ${region}`,
    where: "switchyard:pipelineStack",
    fix: "Apply a pipeline stack in the environment's own account and region and name that one; pullAccounts lets others pull images, and does not share a ledger",
  });
}

/**
 * The URL of a repository of the pipeline stack.
 *
 * @param key the configuration key that names the repository
 * @throws SwitchyardError `invalid-config` when the pipeline has none of that name.
 */
export function repositoryUrl(pipeline: PipelineReference, name: string, key: string): string {
  const url = pipeline.repositoryUrls[name];
  if (url !== undefined) return url;
  throw new SwitchyardError("invalid-config", {
    what: `the pipeline stack has no repository ${name}`,
    where: key,
    fix: `Name one of ${Object.keys(pipeline.repositoryUrls).join(", ")}, or add it to switchyard:repositories of the pipeline`,
  });
}
