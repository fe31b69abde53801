import { join } from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import { SwitchyardError } from "../../programs/errors.ts";
import { serviceNamePattern, serviceNameRule } from "../../programs/names.ts";
import { flag, integer, text } from "../../programs/validation.ts";
import { readIfThere } from "../files.ts";
import { projectRoot } from "../surroundings.ts";
import { previewsFile } from "./name.ts";

/** A month: longer lived environments have a file of their own. */
const mostHours = 720;

const settings = z.strictObject({
  hours: integer(1, mostHours, "hours").default(24),
  maxHours: integer(1, mostHours, "hours").default(72),
  warnHours: integer(0, mostHours, "hours").default(2),
  extendOnUpdate: flag.default(false),
  most: integer(1, 100, "environments").default(20),
  seed: z
    .strictObject({
      service: text(serviceNamePattern, serviceNameRule),
      command: z.array(z.string().min(1), { error: "a list of words" }).nonempty({ error: "a list of words" }),
    })
    .optional(),
  config: z.record(z.string(), z.unknown(), { error: "a mapping, as in Pulumi.production.yaml" }),
  secretsprovider: z.string().optional(),
  encryptedkey: z.string().optional(),
});

export type PreviewSettings = Readonly<z.infer<typeof settings>>;

/** @throws SwitchyardError `invalid-config` naming the key. */
export function previewSettings(content: unknown): PreviewSettings {
  const parsed = settings.safeParse(content);
  const problem = parsed.error?.issues[0];
  if (problem) throw notUsable(problem.path.map(String).join(".") || "it", problem);
  const { hours, maxHours } = parsed.data as PreviewSettings;
  if (hours <= maxHours) return parsed.data as PreviewSettings;
  throw notUsable("hours", { message: `at most maxHours, which is ${maxHours}` });
}

function notUsable(
  key: string,
  problem: Pick<z.core.$ZodIssue, "message"> & Partial<z.core.$ZodIssue>,
): SwitchyardError {
  const unknown = problem.code === "unrecognized_keys";
  return new SwitchyardError("invalid-config", {
    what: unknown ? `it has keys that are none: ${problem.keys?.join(", ")}` : `${key} is missing or not allowed`,
    where: previewsFile,
    fix: unknown ? "correct their names or remove them" : `set it to ${problem.message}`,
  });
}

/** @throws SwitchyardError `not-found` in a checkout without previews, `invalid-config`. */
export async function readPreviewSettings(directory: string = projectRoot): Promise<PreviewSettings> {
  const content = await readIfThere(join(directory, previewsFile));
  if (content === undefined)
    throw new SwitchyardError("not-found", {
      what: `there is no file ${previewsFile}`,
      where: "preview",
      fix: "docs/preview-environments.md shows one",
    });
  try {
    return previewSettings(parse(content, { merge: true }));
  } catch (cause) {
    if (cause instanceof SwitchyardError) throw cause;
    const [first] = (cause as Error).message.split("\n");
    throw new SwitchyardError("invalid-config", {
      what: "it is not readable as YAML",
      where: previewsFile,
      fix: `correct the syntax (${first})`,
      cause,
    });
  }
}
