import { needs, type Resource } from "./state.ts";
import { isProviderType, stackType, typeOf } from "./urn.ts";

/** The resources an operation is limited to with `--target`; all when there is none. */
export class Targets {
  private readonly patterns: readonly RegExp[];
  private readonly withDependents: boolean;
  private readonly dependents = new Set<string>();

  constructor(urns: readonly string[], withDependents: boolean) {
    this.patterns = urns.map(globToPattern);
    this.withDependents = withDependents;
  }

  get limited(): boolean {
    return this.patterns.length > 0;
  }

  /** Whether a change to the resource is wanted. Providers and the stack itself always are. */
  includes(resource: Pick<Resource, "urn"> & Partial<Resource>): boolean {
    if (!this.limited || isProviderType(typeOf(resource.urn)) || typeOf(resource.urn) === stackType) return true;
    if (this.names(resource.urn)) return true;
    if (!this.withDependents) return false;
    const wanted = [...needs({ custom: true, type: "", ...resource })].some(
      (urn) => this.dependents.has(urn) || this.names(urn),
    );
    if (wanted) this.dependents.add(resource.urn);
    return wanted;
  }

  /** Whether it may be deleted: unlike a change, this takes being named, or depending on one that is. */
  deletes(resource: Resource): boolean {
    return (
      !this.limited || (this.includes(resource) && (this.names(resource.urn) || this.dependents.has(resource.urn)))
    );
  }

  private names(urn: string): boolean {
    return this.patterns.some((pattern) => pattern.test(urn));
  }
}

/** `*` stands for a run of characters without `:`, `**` for any run, as in the official CLI. */
function globToPattern(glob: string): RegExp {
  const escaped = glob.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replace(/\*\*|\*/g, (stars) => (stars === "**" ? ".*" : "[^:]*"))}$`);
}
