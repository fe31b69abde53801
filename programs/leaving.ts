import { SwitchyardError } from "./errors.ts";
import type { ReleaseDocument } from "./release.ts";
import type { ServiceConfig } from "./service-config.ts";

type Services = Readonly<Record<string, Pick<ServiceConfig, "path" | "priority">>>;

/**
 * Refuses a configuration without a service that serves, or that a deploy in flight is about to release: its resources would
 * be deleted under traffic, with the way back.
 *
 * @throws SwitchyardError `service-in-use`, which names the safe way.
 */
export function refuseDropped(stack: string, services: Services, release: ReleaseDocument): void {
  for (const [name, { live, next, ...deployed }] of Object.entries(release.services)) {
    if (services[name] !== undefined) continue;
    const where = `switchyard:services.${name}`;
    const serving = live && deployed[live];
    if (serving) {
      const heir = renamedTo(services, release, serving.setup?.route.path);
      throw new SwitchyardError("service-in-use", {
        what: `${name} serves ${serving.version} and is not in the configuration any more${heir ? `; ${heir} has its path` : ""}`,
        where,
        fix: heir
          ? `keep ${name}, give ${heir} a lower priority than ${name}'s and \`replaces: ${name}\`, deploy, and then \`switchyard retire ${stack} --service ${name}\` before it is removed (docs/rename-service.md)`
          : `put it back and run \`switchyard retire ${stack} --service ${name}\`, after which it can be removed (docs/retire-service.md)`,
      });
    }
    if (next)
      throw new SwitchyardError("service-in-use", {
        what: `a deploy of ${name} ${next.version} is not finished, and ${name} is not in the configuration any more`,
        where,
        fix: `\`switchyard abort ${stack}\` undoes the deploy, after which it can be removed; or put it back and run the deploy again`,
      });
  }
}

/** The new service that has the path of the one that is gone: most likely its new name. */
function renamedTo(services: Services, release: ReleaseDocument, path: string | undefined): string | undefined {
  const isNew = ([name]: readonly [string, unknown]) => release.services[name]?.live === undefined;
  return Object.entries(services).find((entry) => entry[1].path === path && isNew(entry))?.[0];
}
