import { type ConfigValues, environmentConfig, imagesConfig, pipelineConfig, programOf } from "./config.ts";
import { environment } from "./environment.ts";
import { images } from "./images.ts";
import { pipeline } from "./pipeline.ts";

/**
 * Runs the program of a stack on its configuration and answers its outputs.
 *
 * @throws SwitchyardError `invalid-config` before any resource is registered.
 */
export async function runStack(stack: string, values: ConfigValues): Promise<object> {
  switch (programOf(stack, values)) {
    case "environment":
      return environment(environmentConfig(stack, values));
    case "pipeline":
      return pipeline(pipelineConfig(stack, values));
    case "images":
      return images(imagesConfig(stack, values));
  }
}
