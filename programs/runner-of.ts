import * as z from "zod";
import { type ConfigValues, imagePlatform, programOf } from "./config.ts";
import { runnerKeys, runnerOfStack } from "./runner-config.ts";
import { validate } from "./validation.ts";

/**
 * Where what is delivered to a stack is done; what is neither an environment nor the pipeline is never handed over.
 *
 * @throws SwitchyardError `invalid-config` when `switchyard:runner` names none.
 */
export function runnerOf(stack: string, values: ConfigValues): "github" | "aws" {
  if (!["environment", "pipeline"].includes(programOf(stack, values))) return "github";
  return validate(z.object({ runner: runnerOfStack }), values).runner;
}

/** The environment whose releases a runner does, by the values of its file. @throws SwitchyardError `invalid-config`. */
export function deployStackIn(values: ConfigValues): string {
  return validate(z.object({ deployStack: runnerKeys.deployStack }), values, "docs/runner.md").deployStack;
}

/** Whether a runner builds what the images are built for, by the values of both files. @throws SwitchyardError `invalid-config`. */
export function buildsImages(runner: ConfigValues, images: ConfigValues): boolean {
  const { builds } = validate(z.object({ builds: runnerKeys.builds }), runner, "docs/runner.md");
  const { platform } = validate(z.object({ platform: imagePlatform }), images, "Pulumi.images.yaml");
  return builds.includes(platform);
}
