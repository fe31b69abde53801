/** What a preview says would change, on either engine: both tell it in events of one shape. */

import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";

export type Inputs = Readonly<Record<string, unknown>>;

export interface PlannedChange {
  readonly urn: string;
  readonly type: string;
  readonly op: string;
  /** Property paths that differ, such as `healthCheck.path`; of an update or a replacement. */
  readonly properties: readonly string[];
  /** What was asked for before and is now; secrets are masked, and what is not known yet is `unknownValue`. */
  readonly before?: Inputs;
  readonly after?: Inputs;
  /** URNs of what it is part of, innermost first; without the stack itself. */
  readonly within: readonly string[];
}

/** What of a change a plan is known by. */
export type ToldChange = Pick<PlannedChange, "urn" | "type" | "op" | "properties">;

export function told(changes: readonly PlannedChange[]): readonly ToldChange[] {
  return changes.map(({ urn, type, op, properties }) => ({ urn, type, op, properties }));
}

/** SHA-256 over what would change; the same plan has the same hash. */
export function hashOfChanges(changes: readonly ToldChange[]): string {
  return createHash("sha256").update(JSON.stringify(changes)).digest("hex");
}

/** How the engines write a value that only the update will know (Pulumi's resource protocol). */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

type Metadata = NonNullable<EngineEvent["resourcePreEvent"]>["metadata"];

/** Nothing of these is written; `replace` tells what its two halves do. */
const silent: ReadonlySet<string> = new Set(["same", "refresh", "create-replacement", "delete-replaced"]);

/** Gathers changes from a preview's events. */
export class Changes {
  readonly #told: { readonly meta: Metadata }[] = [];
  readonly #parents = new Map<string, string>();

  add(event: EngineEvent): void {
    const meta = event.resourcePreEvent?.metadata;
    if (!meta) return;
    const parent = meta.new?.parent || meta.old?.parent;
    if (parent) this.#parents.set(meta.urn, parent);
    if (!silent.has(meta.op)) this.#told.push({ meta });
  }

  /** In the order of their URNs. */
  list(): readonly PlannedChange[] {
    const changes = this.#told.map(({ meta }) => ({ ...changeOf(meta), within: this.#within(meta.urn) }));
    return changes.sort((a, b) => (a.urn < b.urn ? -1 : 1));
  }

  #within(urn: string): readonly string[] {
    const found: string[] = [];
    for (let at = this.#parents.get(urn); at !== undefined && !found.includes(at); at = this.#parents.get(at))
      if (typeOf(at) !== "pulumi:pulumi:Stack") found.push(at);
    return found;
  }
}

function changeOf({ urn, type, op, old, new: now, detailedDiff, diffs }: Metadata): Omit<PlannedChange, "within"> {
  const [before, after] = [old?.inputs, now?.inputs];
  const changes = op === "update" || op === "replace";
  const told = Object.keys(detailedDiff ?? {});
  const compared = (): string[] =>
    Object.keys({ ...before, ...after }).filter((key) => !isDeepStrictEqual(before?.[key], after?.[key]));
  const paths = !changes ? told : told.length > 0 ? told : diffs && diffs.length > 0 ? diffs : compared();
  return {
    ...{ urn, type, op, properties: paths.filter((path) => !path.startsWith("__")) },
    ...(before && { before }),
    ...(after && { after }),
  };
}

/** The last part of a URN. */
export function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? urn;
}

/** The resource's own type; a URN has those of what it is in before it. */
export function typeOf(urn: string): string {
  return urn.split("::").at(-2)?.split("$").at(-1) ?? "";
}
