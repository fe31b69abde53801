import { SwitchyardError } from "../programs/errors.ts";
import { nearest } from "../programs/nearest.ts";

/**
 * One of the names there are.
 *
 * @throws SwitchyardError `invalid-flag` naming the flag, and the nearest name there is.
 */
export function knownName(flag: string, name: string, names: readonly string[]): string {
  if (names.includes(name)) return name;
  const near = nearest(name, names);
  const meant = near === undefined ? "" : `did you mean ${near}? `;
  throw new SwitchyardError("invalid-flag", {
    what: `there is no service ${name}`,
    where: flag,
    fix: `${meant}services here: ${names.join(", ") || "none"}`,
  });
}
