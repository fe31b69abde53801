import { SwitchyardError } from "../../../programs/errors.ts";

/** @param input its name */
export function refused(input: string, what: string, fix: string): SwitchyardError {
  return new SwitchyardError("invalid-flag", { what, where: `input ${input.slice(0, 60)}`, fix });
}
