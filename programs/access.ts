/** Entering an account by a role of it, as programs and driver both do. */

/** The role AWS makes in a new account for the management account (user guide, "Accessing member accounts"). */
export const accessRoleName = "OrganizationAccountAccessRole";

/** The account of a role's ARN; undefined of none. */
export function accountOfRole(arn: string | undefined): string | undefined {
  return arn?.split(":")[4];
}

/** What CloudTrail calls who acts by the role. */
export function sessionName(stack: string): string {
  return `switchyard-${stack}`;
}
