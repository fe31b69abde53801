import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { RoleLimits } from "./boundaries.ts";

export interface WorkloadRoleArgs {
  readonly limits: RoleLimits;
  readonly description: string;
  readonly assumeRolePolicy: pulumi.Input<string>;
}

/**
 * A role that a stack's services or functions run with. One that was made elsewhere stays there: another path is another
 * role, and running tasks name the one they started with.
 */
export function workloadRole(
  name: string,
  { limits, ...args }: WorkloadRoleArgs,
  parent: pulumi.Resource,
): aws.iam.Role {
  return new aws.iam.Role(name, { ...limits, ...args }, { parent, ignoreChanges: ["path"] });
}
