import { SwitchyardError } from "../../../programs/errors.ts";
import type { Observed } from "../decide/model.ts";
import type { Traffic } from "./figures.ts";

export interface Seen {
  readonly alarm?: string;
  readonly traffic?: Traffic;
  readonly unread?: Observed["unread"];
}

/** Reads what is watched, and counts the looks in a row at which some of it could not be read. */
export class Sight {
  #looks = 0;

  /** What could be read counts, also where the rest could not. Calls used up are no look. */
  async look(alarm: Promise<string | undefined>, traffic: Promise<Traffic | undefined> | undefined): Promise<Seen> {
    const [a, t] = await Promise.allSettled([alarm, traffic]);
    const failed = [a, t].flatMap((s) => (s.status === "rejected" ? [s.reason as Error] : []));
    const [first] = failed;
    const ours = failed.find((e) => e instanceof SwitchyardError);
    if (ours) throw ours;
    this.#looks = first ? this.#looks + 1 : 0;
    return {
      ...(a.status === "fulfilled" && a.value !== undefined && { alarm: a.value }),
      ...(t.status === "fulfilled" && t.value && { traffic: t.value }),
      ...(first && { unread: { looks: this.#looks, why: `${first.name}: ${first.message}` } }),
    };
  }
}
