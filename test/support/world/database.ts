import type { Migration } from "../../../automation/deploy/decide/model.ts";

export interface MigrationRun {
  readonly runId: string;
  readonly phase: "expand" | "contract";
  readonly ran: readonly string[];
}

/** The migration files each version's image holds; later versions know the earlier ones'. */
const files: readonly (Migration & { readonly since: number })[] = [
  { name: "0001_notes", kind: "expand", since: 1 },
  { name: "0002_author", kind: "expand", since: 2 },
  { name: "0003_tags", kind: "expand", since: 3 },
  { name: "0004_drop_author", kind: "contract", since: 3 },
];

/** The database with its migration function: an advisory lock, a record of what was applied, answers kept by run id. */
export class SimulatedDatabase {
  /** The version of the function's image. */
  version = "v1";
  readonly applied: Migration[] = [];
  readonly runs: MigrationRun[] = [];
  readonly #answers = new Map<string, readonly string[]>();

  invoke(request: { action: string; phase?: "expand" | "contract"; runId?: string }): unknown {
    const ran = request.action === "apply" ? this.#apply(request.phase ?? "expand", request.runId ?? "") : [];
    return { applied: this.applied, pending: this.#pending(), ran };
  }

  #apply(phase: "expand" | "contract", runId: string): readonly string[] {
    const known = this.#answers.get(runId);
    if (known) return known;
    const due = this.#pending().filter((m) => m.kind === phase);
    this.applied.push(...due);
    const ran = due.map((m) => m.name);
    this.#answers.set(runId, ran);
    this.runs.push({ runId, phase, ran });
    return ran;
  }

  #pending(): Migration[] {
    const since = Number(this.version.slice(1)) || 1;
    return files
      .filter((f) => f.since <= since && !this.applied.some((a) => a.name === f.name))
      .map(({ name, kind }) => ({ name, kind }));
  }
}
