import type { Goal } from "../../../automation/deploy/decide/goal.ts";
import type { ReleaseDocument, ServiceRelease } from "../../../programs/release.ts";

/** An operation in flight, as it was begun. */
interface Begun {
  readonly goal: Goal;
  /** The services it may move. */
  readonly may: readonly string[];
  readonly before: ReleaseDocument;
}

/**
 * Which services each operation may move, by what the ledger was told: a deploy those it has images for, a retirement its
 * one, a plain rollback those that changed last. Counts the changes itself, and never looks at what the driver wrote down of them.
 */
export class Parts {
  readonly #begun = new Map<string, Begun>();
  /** The number of the change after which a service serves what it does. */
  readonly #changed = new Map<string, number>();
  #changes = 0;
  #last: ReleaseDocument | undefined;

  /** To be called after each write to the ledger. */
  written(document: ReleaseDocument, operation?: { readonly name: string; readonly goal: Goal }): void {
    const before = this.#last ?? document;
    const others = names(document, before).filter((name) => served(document, name) !== served(before, name));
    if (others.length > 0) this.#changes += 1;
    for (const name of others) this.#changed.set(name, this.#changes);
    this.#last = document;
    if (operation === undefined || this.#begun.has(operation.name)) return;
    const { name, goal } = operation;
    const may = this.#may(name, goal, document);
    if (may !== undefined) this.#begun.set(name, { goal, may, before: document });
  }

  #may(operation: string, goal: Goal, document: ReleaseDocument): readonly string[] | undefined {
    if (goal.kind === "deploy") return Object.keys(goal.images);
    if (goal.kind === "retire") return [goal.retires];
    if (goal.kind !== "rollback") return undefined;
    const live = names(document).filter((name) => served(document, name) !== "");
    if (/-rollback-to-/.test(operation)) return live;
    const all = names(document).filter((name) => live.includes(name) || document.services[name]?.retired !== undefined);
    const newest = Math.max(...all.map((name) => this.#changed.get(name) ?? 0));
    return all.filter((name) => (this.#changed.get(name) ?? 0) === newest);
  }

  /** True for a service that an operation may move; for any where nothing is known of it. */
  mayMove(operation: string, service: string): boolean {
    return this.#begun.get(operation)?.may.includes(service) ?? true;
  }

  /** What is wrong with an operation in flight that writes to a service. */
  touches(operation: string | undefined, service: string): readonly string[] {
    const begun = operation === undefined ? undefined : this.#begun.get(operation);
    if (!begun || begun.may.includes(service)) return [];
    return [`${operation} is of ${begun.may.join(", ")} and writes to ${service}`];
  }

  /** What is wrong with an operation's success. */
  succeeded(operation: string, document: ReleaseDocument): readonly string[] {
    const { goal, may, before } = this.#begun.get(operation) ?? {};
    if (!goal || !may || !before) return [];
    return names(document, before).flatMap((name) => {
      const changed = served(document, name) !== served(before, name);
      if (!may.includes(name)) return changed ? [`${name} is none of its services and changed`] : [];
      if (goal.kind === "deploy")
        return versionOf(document, name) === goal.version ? [] : [`${name} serves ${versionOf(document, name)}`];
      if (goal.kind === "retire") return document.services[name]?.retired ? [] : [`${name} is not retired`];
      return changed || !hasEarlier(before.services[name]) ? [] : [`${name} did not go back`];
    });
  }
}

function names(...documents: readonly ReleaseDocument[]): readonly string[] {
  return [...new Set(documents.flatMap(({ services }) => Object.keys(services)))];
}

/** What serves, and on which colour; empty before the first release. */
function served({ services }: ReleaseDocument, name: string): string {
  const { live, ...release } = services[name] ?? {};
  return live === undefined ? "" : `${live} ${release[live]?.taskDefinitionArn}`;
}

function versionOf({ services }: ReleaseDocument, name: string): string | undefined {
  const { live, ...release } = services[name] ?? {};
  return live && release[live]?.version;
}

function hasEarlier({ live, retired, blue, green }: ServiceRelease = {}): boolean {
  if (retired !== undefined) return true;
  return live !== undefined && blue !== undefined && green !== undefined;
}
