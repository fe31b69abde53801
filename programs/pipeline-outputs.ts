import * as pulumi from "@pulumi/pulumi";
import * as z from "zod";
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
}

const shape = z.object({
  repositoryUrls: z.record(z.string(), z.string()),
  ledgerTableName: z.string(),
});

export type PipelineReference = Readonly<z.output<typeof shape>>;

/**
 * Reads the pipeline stack's outputs as plain values.
 *
 * @throws SwitchyardError `invalid-config` when the stack is not applied yet, or is not a pipeline.
 */
export async function readPipeline(stack: string): Promise<PipelineReference> {
  const reference = new pulumi.StackReference(stack);
  const [repositoryUrls, ledgerTableName] = await Promise.all([
    reference.getOutputDetails("repositoryUrls"),
    reference.getOutputDetails("ledgerTableName"),
  ]);
  const parsed = shape.safeParse({ repositoryUrls: repositoryUrls.value, ledgerTableName: ledgerTableName.value });
  if (parsed.success) return parsed.data;
  throw new SwitchyardError("invalid-config", {
    what: `the stack ${stack} has not the outputs of a pipeline`,
    where: "switchyard:pipelineStack",
    fix: "Apply the pipeline stack first, or name the right one",
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
