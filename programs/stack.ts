import {
  type ConfigValues,
  environmentConfig,
  imagesConfig,
  organizationConfig,
  pipelineConfig,
  programOf,
  registryConfig,
  runnerConfig,
} from "./config.ts";
import { environment } from "./environment.ts";
import { images } from "./images.ts";
import { organization } from "./organization.ts";
import { pipeline } from "./pipeline.ts";
import { registry } from "./registry.ts";
import { runner } from "./runner.ts";

/**
 * Runs the program of a stack on its configuration and answers its outputs.
 *
 * @throws SwitchyardError `invalid-config` before any resource is registered.
 */
export async function runStack(stack: string, values: ConfigValues): Promise<object> {
  switch (programOf(stack, values)) {
    case "environment":
      return environment(environmentConfig(stack, values));
    case "organization":
      return organization(organizationConfig(stack, values));
    case "pipeline":
      return pipeline(pipelineConfig(stack, values));
    case "registry":
      return registry(registryConfig(stack, values));
    case "images":
      return images(imagesConfig(stack, values));
    case "runner":
      return runner(runnerConfig(stack, values));
  }
}
