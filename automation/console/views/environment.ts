/** One environment as the console shows it. Nothing here reads or writes. */
import { type Colour, colours, type ServiceRelease } from "../../../programs/release.ts";
import { closed as takesNothing } from "../../../programs/routes.ts";
import type { Decision, JournalEntry } from "../../deploy/decide/decision.ts";
import { isLeftOver } from "../../deploy/decide/hands.ts";
import type { Observed, ObservedService } from "../../deploy/decide/model.ts";
import { progressOf } from "../../deploy/decide/progress.ts";
import { versionOf } from "../../deploy/decide/situation.ts";
import type { OperationRecord } from "../../ledger/journal.ts";
import type { Step } from "../../upgrade/decide.ts";
import type { Now } from "../../watch/now.ts";
import { type Flight, flightView } from "./flight.ts";

/** While a release is under way its colours are the new and the old one: which is live is recorded at its end. */
export type Role = "live" | "warm" | "idle" | "retired" | "new" | "old" | "empty";

export interface ColourView {
  readonly colour: Colour;
  readonly role: Role;
  readonly version?: string;
  /** In percent. */
  readonly weight: number;
  readonly healthy: number;
  readonly desired: number;
  /** Why tasks are not well. */
  readonly reasons: readonly string[];
  /** Until when it can take the traffic back at once; ISO 8601. */
  readonly warmUntil?: string;
}

export interface ServiceView {
  readonly name: string;
  readonly path: string;
  /** True where no request reaches it: it has not been released yet, or was retired. */
  readonly closed: boolean;
  readonly colours: readonly ColourView[];
}

/** A name that another environment may have as well. */
export interface NameView {
  readonly host: string;
  /** Whose record it is, the environment's own first. */
  readonly leads: readonly {
    readonly stack: string;
    readonly weight: number;
    /** How much of what is asked is answered with it, in percent. */
    readonly share: number;
  }[];
}

/** An upgrade to the environment beside this one. */
export interface UpgradeView {
  /** Where it stands, in words. */
  readonly stands: string;
  readonly begunAt: number;
  readonly steps: readonly {
    readonly step: Step;
    readonly why: string;
    readonly state: "done" | "now" | "ahead";
    readonly at?: number;
  }[];
  /** Until when the environment that was replaced is kept, once the other has taken over. */
  readonly keptUntil?: number;
}

export interface EnvironmentView {
  readonly stack: string;
  /** When it was first seen like this, in milliseconds since the epoch. */
  readonly at: number;
  readonly state: "serving" | "releasing" | "attention" | "absent" | "unreadable";
  /** What a person should look at, worst first. */
  readonly troubles: readonly string[];
  readonly url?: string;
  readonly services: readonly ServiceView[];
  readonly flight?: Flight;
  readonly lease?: { readonly holder: string; readonly purpose: string; readonly since: string };
  readonly frozen?: { readonly by: string; readonly at: string; readonly why: string };
  /** Those that another environment may have as well, and where they lead. */
  readonly names?: readonly NameView[];
  /** To the environment beside it, until that is over. */
  readonly upgrade?: UpgradeView;
  /** The newest operation that ended. */
  readonly last?: {
    readonly kind: string;
    readonly version: string;
    readonly outcome: string;
    readonly at: number;
    readonly actor: string;
  };
}

/** What is in flight, with its journal and what would be decided next; nothing where nothing is. */
export interface Underway {
  readonly record: OperationRecord;
  readonly entries: readonly JournalEntry[];
  readonly decision: Decision | undefined;
}

export function environmentView(
  stack: string,
  { shape, observed, gone, lease, operations, closed, frozen }: Now,
  underway: Underway | undefined,
  at: number,
): EnvironmentView {
  const held = lease !== undefined && !lease.released;
  const flight =
    underway &&
    flightView(underway.record, underway.entries, progressOf(underway.entries), {
      decision: underway.decision,
      atWork: held,
    });
  const services = Object.entries(observed.services)
    .filter(([name]) => !isLeftOver(observed, name))
    .map(([name, service]) => serviceView(name, service, shape?.services[name]?.path ?? "", observed, { flight, at }));
  const ended = operations.find(({ outcome }) => outcome !== undefined);
  const troubles = gone === undefined ? troublesOf(services, flight) : [gone];
  const absent = shape === undefined && services.length === 0;
  return {
    ...{ stack, at, services, troubles },
    state: troubles.length > 0 ? "attention" : flight ? "releasing" : absent ? "absent" : "serving",
    ...(shape && { url: shape.url }),
    ...(flight && { flight }),
    ...(held && { lease: { holder: lease.holder, purpose: lease.purpose, since: lease.acquiredAt } }),
    ...(frozen && { frozen }),
    ...(absent && closed && { troubles: [`${closed.why}, ${closed.at} (${closed.by})`] }),
    ...(ended && { last: lastOf(ended) }),
  };
}

/** One that could not be looked at: the reason is all there is to see. */
export function unreadableView(stack: string, why: string, at: number): EnvironmentView {
  return { stack, at, state: "unreadable", troubles: [why], services: [] };
}

function lastOf({ goal, outcome, at, endedAt }: OperationRecord): EnvironmentView["last"] {
  return {
    kind: goal.kind,
    version: versionOf(goal),
    outcome: outcome ?? "in flight",
    at: endedAt ?? at,
    actor: goal.actor,
  };
}

function serviceView(
  name: string,
  service: ObservedService,
  path: string,
  { release }: Observed,
  { flight, at }: { readonly flight: Flight | undefined; readonly at: number },
): ServiceView {
  const released = release.services[name];
  const warmUntil = released?.warmUntil;
  const isWarm = warmUntil !== undefined && Date.parse(warmUntil) > at;
  return {
    ...{ name, path },
    closed: service.rules?.production.takes === takesNothing,
    colours: colours.map((colour): ColourView => {
      const { healthy, desired, reasons } = service[colour];
      const weight = service.weights[colour];
      const version = released?.[colour]?.version;
      const role = roleOf(released, colour, { desired, weight }, { inFlight: flight !== undefined, isWarm });
      return {
        ...{ colour, role, weight, healthy, desired, reasons },
        ...(version !== undefined && { version: coming(role, flight) ?? version }),
        ...(version === undefined && role === "new" && flight && { version: flight.version }),
        ...(role === "warm" && warmUntil !== undefined && { warmUntil }),
      };
    }),
  };
}

/** What a colour that is being started runs: the ledger has the version it had before until the release is recorded. */
function coming(role: Role, flight: Flight | undefined): string | undefined {
  return role === "new" && flight?.kind === "deploy" ? flight.version.split(" ")[0] : undefined;
}

function roleOf(
  release: ServiceRelease = {},
  colour: Colour,
  { desired, weight }: { readonly desired: number; readonly weight: number },
  { inFlight, isWarm }: { readonly inFlight: boolean; readonly isWarm: boolean },
): Role {
  if (release.live === colour) return weight < 100 && inFlight ? "old" : "live";
  if (release.retired?.colour === colour) return "retired";
  if (desired > 0 && (inFlight || isWarm)) return inFlight ? "new" : "warm";
  return release[colour] ? "idle" : "empty";
}

function troublesOf(services: readonly ServiceView[], flight: Flight | undefined): readonly string[] {
  const found = services.flatMap(({ name, colours: both, closed }) => {
    const total = both.reduce((sum, { weight }) => sum + weight, 0);
    const wrong = !closed && total !== 100 ? [`${name}: its weights total ${total} %, not 100 %`] : [];
    const ill = both.filter(({ weight, healthy, desired }) => !closed && weight > 0 && healthy < desired);
    return [...wrong, ...ill.map((c) => `${name} ${c.colour}: ${c.healthy} of ${c.desired} tasks are healthy`)];
  });
  const halted = flight?.halted ? [`${flight.halted.why}. ${flight.halted.fix}`] : [];
  const alone =
    flight && !flight.atWork ? [`${flight.kind} ${flight.version} was cut short: nobody is at work on it`] : [];
  return [...halted, ...alone, ...found];
}
