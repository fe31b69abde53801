import { SwitchyardError } from "../../programs/errors.ts";
import { awsRefusal } from "../aws/refusals.ts";
import type { Fact } from "./judge.ts";

/** What was looked at, or in a few words why it could not be. */
export async function tried<T>(look: () => Promise<T>): Promise<Fact<T>> {
  try {
    return { value: await look() };
  } catch (error) {
    const known = awsRefusal(error) ?? error;
    const text = known instanceof SwitchyardError ? known.what : known instanceof Error ? known.message : String(known);
    return { error: text.trim().replace(/\s+/g, " ").slice(0, 300) };
  }
}
