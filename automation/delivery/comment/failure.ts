import { SwitchyardError } from "../../../programs/errors.ts";

/** Why a stack has no plan, in one line; where these credentials may make none, what to do instead. */
export function failureText(stack: string, error: unknown): string {
  const said = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
  const isElsewhere = error instanceof SwitchyardError && error.code === "credentials";
  if (!isElsewhere && !isDenied(error)) return said;
  return `${said} (these credentials may not plan ${stack}; a person makes the plan: docs/delivery.md)`;
}

/** By AWS, or by Pulumi of where the state is: neither has a type that says so. */
function isDenied(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const cause = error.cause instanceof Error ? error.cause.message : "";
  return /not authorized to perform|Access ?Denied/.test(`${error.message} ${cause}`);
}
