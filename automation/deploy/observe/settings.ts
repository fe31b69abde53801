import { type DeployConfig, deploySettings } from "../../../programs/deploy-config.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import type { ServiceConfig } from "../../../programs/service-config.ts";
import type { EnvironmentShape } from "./shape.ts";

/**
 * What operations need to know of an environment's configuration. A deploy has it from the configuration it is about to
 * apply, everything else from what was applied last: it works from any checkout, whatever the configuration there says.
 */
export interface Settings {
  readonly deploy: DeployConfig;
  readonly services: Readonly<Record<string, ServiceSettings>>;
}

export type ServiceSettings = Pick<
  ServiceConfig,
  "order" | "desiredCount" | "minCapacity" | "maxCapacity" | "replaces"
> & {
  readonly healthCheck: Pick<ServiceConfig["healthCheck"], "gracePeriodSeconds">;
};

/**
 * The settings that were applied last; the defaults and no services before the first `up`.
 *
 * @throws SwitchyardError `invalid-response` when an older version of the programs applied it, which did not say them.
 */
export function appliedSettings(stack: string, shape: EnvironmentShape | undefined): Settings {
  if (!shape) return { deploy: deploySettings.parse({}), services: {} };
  const { deploy } = shape;
  if (!deploy)
    throw new SwitchyardError("invalid-response", {
      what: "output deploy is missing: an older version of the programs applied it",
      where: `stack ${stack}`,
      fix: `run \`switchyard up ${stack}\` with this version of the programs`,
    });
  const services = Object.entries(shape.services).map(([name, service]) => {
    const { order, desiredCount, minCapacity, maxCapacity, staged } = service;
    const gracePeriodSeconds = staged?.setup?.gracePeriodSeconds;
    return [name, { order, desiredCount, minCapacity, maxCapacity, healthCheck: { gracePeriodSeconds } }] as const;
  });
  return { deploy, services: Object.fromEntries(services) };
}
