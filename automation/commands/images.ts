import { resolve } from "node:path";
import { refuseElsewhere } from "../deploy/conduct/session.ts";
import { tag } from "../flags.ts";
import { openStack } from "../stacks/open.ts";
import { plan, refuseViolations } from "../stacks/update.ts";
import { projectRoot } from "../surroundings.ts";
import { type CommonFlags, type Context, withContext, withLook } from "./context.ts";
import { applyStack } from "./stacks.ts";

export interface ImagesFlags extends CommonFlags {
  readonly tag: string;
  /** A checkout with images/ and migrations/; this one when absent. */
  readonly source?: string;
}

export const imagesStack = "images";

/** Builds every image without pushing: the preview of the images stack. */
export function build(flags: ImagesFlags): Promise<void> {
  return withLook(flags, async ({ where, out }) => {
    await prepare(flags, where.override);
    const open = await openStack(where, imagesStack);
    await refuseElsewhere(where, open);
    const planned = await plan(open);
    refuseViolations(planned);
    out.line(`images of ${flags.tag} build`);
    out.document({ tag: flags.tag, changes: planned.changes });
  });
}

/** Builds and pushes every image under one tag: the update of the images stack. */
export function push(flags: ImagesFlags): Promise<void> {
  return withContext(flags, (context) => pushIn(context, flags));
}

/** As the command does. */
export async function pushIn(context: Context, flags: Omit<ImagesFlags, "json">): Promise<void> {
  await prepare(flags, context.where.override);
  const { outputs } = await applyStack(context, imagesStack);
  reportDigests(context, outputs);
}

/** Says what was pushed: the outputs of the images stack. */
export function reportDigests({ out }: Context, outputs: object): void {
  const digests = (outputs as { digests?: Record<string, string> }).digests ?? {};
  for (const [name, digest] of Object.entries(digests)) out.line(`  ${name.padEnd(8)} ${digest}`);
  out.document(outputs);
}

/** The digests last pushed: the outputs of the images stack. */
export function digests(flags: CommonFlags): Promise<void> {
  return withContext(flags, async ({ where, out }) => {
    const { readOutputs } = await import("../stacks/open.ts");
    const outputs = await readOutputs(where, imagesStack);
    for (const [name, digest] of Object.entries((outputs["digests"] ?? {}) as Record<string, string>))
      out.line(`${name.padEnd(8)} ${digest}`);
    out.document(outputs);
  });
}

async function prepare(
  flags: Omit<ImagesFlags, "json">,
  override: (stack: string, values: Record<string, unknown>) => Promise<string>,
): Promise<void> {
  const source = resolve(flags.source ?? projectRoot);
  await override(imagesStack, { "switchyard:tag": tag(flags.tag), "switchyard:source": source });
}
