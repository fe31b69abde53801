/** Judges an update before its first write, by what it would do to what serves or is kept for a rollback. */
import { nameOf, type PlannedChange, typeOf } from "../stacks/changes.ts";
import { newcomer } from "./arrivals.ts";
import { table } from "./table.ts";
import { type Change, disrupts, harmless, type Judge, type Row, type Verdict, type View } from "./verdict.ts";

export interface Finding {
  readonly urn: string;
  readonly type: string;
  readonly op: string;
  readonly effect: "at release" | "disruptive";
  /** In words, such as "restarts the database". */
  readonly why: string;
  /** Names of the components it is part of, innermost first. */
  readonly within: readonly string[];
}

/**
 * What of a plan waits for a release, and what would disrupt. Nothing does while nothing is live. A change of a service
 * that never ran can only disrupt by what it takes from others.
 */
export function judge(changes: readonly PlannedChange[], view: View): readonly Finding[] {
  const live = Object.values(view.release.services).some((service) => service.live !== undefined);
  return changes.flatMap((planned): readonly Finding[] => {
    const change: Change = { ...planned, service: serviceOf(planned) };
    const verdict = live ? verdictOf(change, view) : harmless;
    if (verdict === "harmless") return [];
    const { urn, type, op } = planned;
    const within = planned.within.map(nameOf);
    if (verdict === "at release") return [{ urn, type, op, effect: verdict, why: "runs with the next deploy", within }];
    return [{ urn, type, op, effect: "disruptive", why: verdict.disrupts, within }];
  });
}

export function disruptive(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ effect }) => effect === "disruptive");
}

const serviceType = "switchyard:service:Service";

function serviceOf({ within }: PlannedChange): string | undefined {
  const component = within.find((urn) => typeOf(urn) === serviceType);
  return component && nameOf(component);
}

function verdictOf(change: Change, view: View): Verdict {
  if (isPart(change.type)) return harmless;
  if (change.op === "create" || change.op === "import") return ofArrival(change, view);
  if (!writes.has(change.op)) return harmless;
  // What it becomes may reach as far as what is made anew.
  if (isAside(change, view)) return change.op === "delete" ? harmless : ofArrival(change, view);
  const row = table[change.type];
  if (row === undefined) return disrupts("nothing is known of what this does to what serves");
  if (change.op === "update") return ofUpdate(change, row, view);
  const judged = change.op === "delete" ? (row.delete ?? row.replace) : row.replace;
  return decided(judged, change, view);
}

function ofArrival(change: Change, view: View): Verdict {
  const known = table[change.type];
  return known ? (known.create?.(change, view) ?? harmless) : newcomer(change, view);
}

const writes: ReadonlySet<string> = new Set(["update", "replace", "delete"]);

/** The worst of its properties; of equals the first. */
function ofUpdate(change: Change, { properties = {} }: Row, view: View): Verdict {
  const keys = [...new Set(change.properties.map(topOf))];
  const verdicts = keys.map((key) => {
    // An input may have the name of what every object has, such as toString.
    const judged = Object.hasOwn(properties, key) ? properties[key] : properties["*"];
    if (judged === undefined) return disrupts(`nothing is known of what another ${key} does to what serves`);
    return decided(judged, change, view);
  });
  return verdicts.find((v) => typeof v === "object") ?? verdicts.find((v) => v === "at release") ?? harmless;
}

function decided(judged: Verdict | Judge, change: Change, view: View): Verdict {
  return typeof judged === "function" ? judged(change, view) : judged;
}

function topOf(path: string): string {
  return path.split(/[.[]/, 1)[0] ?? path;
}

/** Components are what is in them, and providers and references are the program's own. */
function isPart(type: string): boolean {
  return /^(switchyard|awsx|pulumi):/.test(type);
}

const migrationsType = "switchyard:migrations:Migrations";

/** What nothing that serves needs: services that never ran, or go when they are retired, and, while no deploy is to call them, migrations. */
function isAside(change: Change, { release, inFlight }: View): boolean {
  const { service, within } = change;
  if (service !== undefined) {
    const { live, blue, green, retired } = release.services[service] ?? {};
    if (retired) return change.op === "delete" && inFlight === undefined;
    return live === undefined && blue === undefined && green === undefined;
  }
  return inFlight === undefined && within.some((urn) => typeOf(urn) === migrationsType);
}
