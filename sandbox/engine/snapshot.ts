import { isDeepStrictEqual } from "node:util";
import { needs, type PendingOperation, type Resource, renameReferences } from "./state.ts";

/**
 * The stack's resources while an operation runs: those it has settled, in the order it did, then those it has not
 * reached. Saved after every change, so what a killed run leaves is true.
 */
export class Snapshot {
  /** Resources as the operation found them, by URN; those awaiting deletion are not among them. */
  original: ReadonlyMap<string, Resource>;
  private olds: Resource[];
  private news: Resource[] = [];
  private readonly pending = new Set<PendingOperation>();
  private readonly write: (resources: readonly Resource[], pending: readonly PendingOperation[]) => void;

  constructor(
    resources: readonly Resource[],
    write: (resources: readonly Resource[], pending: readonly PendingOperation[]) => void,
    pending: readonly PendingOperation[] = [],
  ) {
    this.olds = [...resources];
    this.original = byUrn(resources);
    this.write = write;
    for (const operation of pending) this.pending.add(operation);
  }

  /** From here on the operation goes by what a refresh found: what is gone has to be made anew. */
  beginAnew(): void {
    this.original = byUrn(this.olds);
  }

  save(): void {
    this.write([...this.news, ...this.olds], [...this.pending]);
  }

  settled(): readonly Resource[] {
    return this.news;
  }

  remaining(): readonly Resource[] {
    return this.olds;
  }

  /** The settled resource of this URN. */
  get(urn: string): Resource | undefined {
    return this.news.find((resource) => resource.urn === urn);
  }

  /** Takes `old` away and settles `now`, either of which may be missing. */
  settle(old: Resource | undefined, now: Resource | undefined, options: { save: boolean } = { save: true }): void {
    if (old) this.olds = this.olds.filter((resource) => resource !== old);
    // What was imported a moment ago is settled already.
    if (old && this.news.includes(old)) this.news = this.news.filter((resource) => resource !== old);
    if (now) this.news.push(now);
    if (options.save) this.save();
  }

  /** Puts `changed` where `resource` is, and saves only when they differ. */
  changeIfDifferent(resource: Resource, changed: Resource): void {
    if (!isDeepStrictEqual(resource, changed)) this.change(resource, changed);
  }

  /** Puts `changed` where `resource` is. */
  change(resource: Resource, changed: Resource): void {
    for (const list of [this.olds, this.news]) {
      const index = list.indexOf(resource);
      if (index >= 0) list[index] = changed;
    }
    this.save();
  }

  /** Records that an operation on a resource has begun; the answer takes the record away again. */
  begin(type: PendingOperation["type"], resource: Resource): () => void {
    const operation = { type, resource };
    this.pending.add(operation);
    this.save();
    return () => this.pending.delete(operation);
  }

  /** Forgets the interrupted creation of a resource that now exists. */
  forgetPending(urn: string): void {
    for (const operation of this.pending) if (operation.resource.urn === urn) this.pending.delete(operation);
  }

  /** Resources not reached yet follow a resource to its new URN. */
  rename(from: string, to: string): void {
    const renamed = (urn: string) => (urn === from ? to : urn);
    this.olds = this.olds.map((old) => (needs(old).has(from) ? renameReferences(old, renamed) : old));
  }
}

function byUrn(resources: readonly Resource[]): ReadonlyMap<string, Resource> {
  return new Map(resources.filter((resource) => !resource.delete).map((old) => [old.urn, old]));
}
