import {
  type Colour,
  colours,
  type Deployed,
  type GroupSettings,
  type ServiceRelease,
  type Setup,
} from "../../../programs/release.ts";
import { asking, rollout } from "../../../programs/rollout.ts";
import type { Decision, Halt, Mutation } from "./decision.ts";
import type { EcsSettings, Observed, ObservedColour, ObservedService } from "./model.ts";
import { hasGroup } from "./progress.ts";
import { giveUp, type Situation, wait } from "./situation.ts";

type Settings = Readonly<Record<string, string | number>>;

/** A colour that runs what was recorded there, and is kept: it serves, or a rollback may go back to it as it is. */
export function isKept(release: ServiceRelease, colour: Colour, { [colour]: is }: ObservedService): boolean {
  const held = release[colour];
  if (held?.setup === undefined || release.live === undefined) return false;
  return colour === release.live || (is.desired > 0 && is.taskDefinitionArn === held.taskDefinitionArn);
}

interface Side {
  readonly name: string;
  readonly colour: Colour;
  readonly held: Deployed;
  readonly setup: Setup;
  readonly is: ObservedColour;
}

/** A service's colours that are kept, what serves first. */
function keptSides({ release, services }: Observed, name: string): readonly Side[] {
  const [released = {}, service] = [release.services[name], services[name]];
  const order = released.live === "green" ? [...colours].reverse() : colours;
  return order.flatMap((colour): Side[] => {
    const held = released[colour];
    if (!service || !held?.setup || !isKept(released, colour, service)) return [];
    return [{ name, colour, held, setup: held.setup, is: service[colour] }];
  });
}

/** What a colour's target group is set to otherwise than it was released. */
function regrouped({ setup, is }: Side): readonly string[] {
  return is.group ? unlike(flat(is.group), { ...flat(setup.group), protocol: asking.protocol, port: asking.port }) : [];
}

/** What an ECS service starts or replaces tasks by, otherwise than a release was set up. */
export function rehoused({ ecs }: ObservedColour, setup: Setup | undefined): readonly string[] {
  return ecs && setup ? unlike(ecs, ecsSettings(setup)) : [];
}

/** A halt naming the colours whose target group or ECS service is set otherwise than it was released. */
export function unset({ observed }: Pick<Situation, "observed">): Halt | undefined {
  const found = Object.keys(observed.services).flatMap((name) =>
    keptSides(observed, name).flatMap((side) => {
      const [group, ecs] = [regrouped(side), rehoused(side.is, side.setup)];
      return [
        ...(group.length > 0 ? [`the target group of ${name} ${side.colour}: ${group.join(", ")}`] : []),
        ...(ecs.length > 0 ? [`the ECS service of ${name} ${side.colour}: ${ecs.join(", ")}`] : []),
      ];
    }),
  );
  if (found.length === 0) return undefined;
  return {
    kind: "halt",
    why: `settings of what serves or may be gone back to were changed by hand: ${found.join("; ")}`,
    fix: "`switchyard repair` sets them as they were released",
  };
}

/** Settings that call healthy tasks sick, or sick ones healthy, are put back before any count. */
export function regroup({ observed }: Situation, name: string): Mutation[] {
  const side = keptSides(observed, name).find((each) => regrouped(each).length > 0);
  return side ? [{ kind: "set-group", service: name, colour: side.colour, settings: side.setup.group }] : [];
}

/** A colour that is kept for a rollback starts and replaces its tasks as it was released. */
export function rehouse({ observed }: Situation, name: string): Mutation[] {
  const { live } = observed.release.services[name] ?? {};
  const side = keptSides(observed, name).find(({ colour }) => colour !== live);
  if (!side || rehoused(side.is, side.setup).length === 0) return [];
  const { colour, setup, held, is } = side;
  const { taskDefinitionArn } = held;
  const write = { kind: "update-service", service: name, colour, taskDefinitionArn, desired: is.desired } as const;
  return [{ ...write, reconfigure: false, setup }];
}

/** What was written is there after a while; to write it for ever where AWS has it otherwise would help nobody. */
export function awaitSettings({ goal, observed, progress, now }: Situation): Decision | undefined {
  const isOtherwise = (side: Side) =>
    (regrouped(side).length > 0 && hasGroup(progress, side.name, side.colour, side.setup.group)) ||
    (rehoused(side.is, side.setup).length > 0 && progress.housed?.includes(`${side.name} ${side.colour}`) === true);
  const names = goal.services.flatMap(({ name }) => (keptSides(observed, name).some(isOtherwise) ? [name] : []));
  if (names.length === 0) return undefined;
  const until = (progress.startedAt ?? now) + goal.limits.healthyMs;
  if (now < until) return wait("repair", `AWS to show the settings of ${names.join(", ")} as they were written`, until);
  return giveUp(`AWS keeps other settings than were written. ${unset({ observed })?.why ?? ""}`);
}

function ecsSettings({ subnetIds, securityGroupId, gracePeriodSeconds, containerName, port }: Setup): EcsSettings {
  return {
    subnets: [...subnetIds].sort().join(" "),
    securityGroups: securityGroupId,
    publicIp: "DISABLED",
    gracePeriodSeconds,
    container: `${containerName}:${port}`,
    circuitBreaker: breaker(rollout.circuitBreaker),
    ...{ minimumPercent: rollout.minimumPercent, maximumPercent: rollout.maximumPercent },
    platformVersion: rollout.platformVersion,
  };
}

/** What ECS does with a deployment whose tasks do not start. */
export function breaker({ enable = false, rollback = false }: { enable?: boolean; rollback?: boolean } = {}): string {
  if (!enable) return "off";
  return rollback ? "on with rollback" : "on without rollback";
}

function flat({ healthCheck, ...rest }: GroupSettings): Settings {
  return { matcher: asking.matcher, ...healthCheck, ...rest };
}

function unlike(is: object, released: object): readonly string[] {
  const [now, then] = [new Map(Object.entries(is)), new Map(Object.entries(released))];
  const keys = [...new Set([...then.keys(), ...now.keys()])].filter((key) => now.get(key) !== then.get(key));
  return keys.map((key) => `${key} is ${shown(now.get(key))}, not ${shown(then.get(key))}`);
}

function shown(value: unknown): string {
  return value === "" ? "nothing" : String(value ?? "off");
}
