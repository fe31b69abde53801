import { type ReleaseDocument, stagedMigrateImage } from "../../../programs/release.ts";
import type { Weights } from "./model.ts";
import { otherColour } from "./situation.ts";

/**
 * Why a contract migration may not run now, by service; empty when it may. It removes what every version before its own
 * needs: none of them may serve or be kept, and a version that a deploy failed to bring up leaves its contracts undone.
 */
export function contractBlockers(
  release: ReleaseDocument,
  weights: Readonly<Record<string, Weights>>,
  now: number,
): readonly string[] {
  const migrating = stagedMigrateImage(release)?.version;
  return Object.entries(release.services).flatMap(([name, service]) => {
    if (service.live === undefined) return [];
    const other = otherColour(service.live);
    if ((weights[name]?.[other] ?? 0) > 0) return [`${name} ${other} still has traffic`];
    const serving = service[service.live]?.version;
    if (migrating !== undefined && serving !== migrating)
      return [`${name} serves ${serving}, and the migrations are those of ${migrating}`];
    const warm = service.warmUntil !== undefined && Date.parse(service.warmUntil) > now && service[other] !== undefined;
    return warm ? [`${name} ${service[other]?.version} is kept for a rollback until ${service.warmUntil}`] : [];
  });
}
