import { environmentShape } from "../../../automation/deploy/observe/shape.ts";
import type { View } from "../../../automation/guard/verdict.ts";
import type { PlannedChange } from "../../../automation/stacks/changes.ts";
import type { ReleaseDocument } from "../../../programs/release.ts";
import { deployed, shapeWith } from "../deploy/fixtures.ts";

const root = "urn:pulumi:production::switchyard";

/** The component of a service, as resources name it that are part of it. */
export const inService = (name: string): readonly string[] => [`${root}::switchyard:service:Service::${name}`];

export const inMigrations: readonly string[] = [`${root}::switchyard:migrations:Migrations::production-migrate`];

export function change(type: string, name: string, given: Partial<PlannedChange> = {}): PlannedChange {
  return { urn: `${root}::${type}::${name}`, type, op: "update", properties: [], within: [], ...given };
}

/** web serves v1 on blue; docs is in the configuration only. */
export const live: ReleaseDocument = {
  format: 1,
  revision: 3,
  services: { web: { live: "blue", blue: deployed("v1") } },
};

export const view: View = { release: live, shape: environmentShape("production", shapeWith(["web"])) };
