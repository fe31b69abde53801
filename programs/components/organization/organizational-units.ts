import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { OrganizationConfig } from "../../config.ts";
import { outsideIn, root } from "./units.ts";

export interface OrganizationalUnitsArgs {
  readonly rootId: string;
  readonly units: OrganizationConfig["units"];
}

/** The tree of organizational units below the root. */
export class OrganizationalUnits extends pulumi.ComponentResource {
  readonly #ids = new Map<string, pulumi.Input<string>>();

  constructor(name: string, { rootId, units }: OrganizationalUnitsArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:organization:OrganizationalUnits", name, {}, options);
    this.#ids.set(root, rootId);
    for (const unit of outsideIn(units)) {
      const args = { name: units[unit]?.name ?? unit, parentId: this.idOf(units[unit]?.parent) };
      this.#ids.set(unit, new aws.organizations.OrganizationalUnit(unit, args, { parent: this }).id);
    }
    this.registerOutputs({});
  }

  /** Of the root when no unit is named. */
  idOf(unit: string = root): pulumi.Input<string> {
    const id = this.#ids.get(unit);
    if (id === undefined) throw new Error(`no unit ${unit}`);
    return id;
  }
}
