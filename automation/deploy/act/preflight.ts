import type { EnvironmentConfig } from "../../../programs/config.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import type { ResolvedImage, ResolvedImages } from "../../images/resolve.ts";
import type { Halt } from "../decide/decision.ts";
import type { Migration, Observed } from "../decide/model.ts";
import type { Passage } from "../decide/order.ts";
import { orderFor } from "../decide/routing.ts";
import { otherColour } from "../decide/situation.ts";
import type { AlarmState } from "../observe/watch.ts";

/** What the checks look at; gathered before, so that they are pure. */
export interface PreflightFacts {
  readonly config: EnvironmentConfig;
  /** Absent when they could not be resolved, which is a problem of its own. */
  readonly images?: ResolvedImages;
  readonly alarms: readonly AlarmState[];
  /** What a deploy needs and a hand has deleted, in words. */
  readonly parts: readonly string[];
  /** What a deploy reads of AWS and may not, or cannot. */
  readonly unreadable: readonly Unreadable[];
  /** Weights in force that neither the ledger nor an operation in flight explains. */
  readonly drift?: Pick<Halt, "why" | "fix">;
  /** Where the services' rules are, and where they are to be. */
  readonly passages: readonly Passage[];
  /** Contract migrations that nothing keeps from running any more. */
  readonly contracts: readonly string[];
  /** What is wrong with the migrations of the version, as far as this machine has them. */
  readonly migrations: readonly Problem[];
  /** Subnets the services' tasks run in, with the addresses they have left; empty before the first `up`. */
  readonly subnets: readonly Subnet[];
  /** Tasks the new colours need, by service. */
  readonly tasks: Readonly<Record<string, number>>;
  readonly keepWarmMs: number;
  readonly pace: number;
  /** This machine's clock minus AWS's, in milliseconds; undefined when it could not be read. */
  readonly clockSkewMs?: number;
}

export interface Subnet {
  readonly id: string;
  readonly free: number;
}

export interface Unreadable {
  /** What it is about, such as `alarms`. */
  readonly what: string;
  /** The IAM action that reads it. */
  readonly action: string;
  readonly why: string;
}

export interface Problem {
  readonly what: string;
  readonly where: string;
  readonly fix: string;
}

/** AWS refuses requests signed more than this far off (AWS General Reference, signature version 4). */
const mostSkewMs = 5 * 60_000;

/** Everything that would make the deploy fail or lose requests, known before anything is touched. */
export function preflight(facts: PreflightFacts): readonly Problem[] {
  return [
    ...timeouts(facts),
    ...stickiness(facts),
    ...scans(facts),
    ...alarms(facts),
    ...deleted(facts),
    ...unread(facts),
    ...weights(facts),
    ...routes(facts),
    ...capacity(facts),
    ...contracts(facts),
    ...facts.migrations,
    ...skew(facts),
  ];
}

/** Fargate's stop timeout must leave a draining target the time its last requests may take. */
function timeouts({ config }: PreflightFacts): Problem[] {
  return Object.entries(config.services).flatMap(([name, s]) =>
    s.deregistrationDelaySeconds <= s.stopTimeoutSeconds
      ? []
      : [
          {
            what: `targets drain for ${s.deregistrationDelaySeconds} s but tasks are killed ${s.stopTimeoutSeconds} s after SIGTERM`,
            where: `switchyard:services.${name}.stopTimeoutSeconds`,
            fix: `set it to at least ${Math.min(120, s.deregistrationDelaySeconds)}, or deregistrationDelaySeconds to at most ${s.stopTimeoutSeconds} (Fargate allows 120)`,
          },
        ],
  );
}

/** A sticky cookie beats weights: the old colour has to outlive it. */
function stickiness({ config, keepWarmMs, pace }: PreflightFacts): Problem[] {
  return Object.entries(config.services).flatMap(([name, s]) =>
    s.stickinessSeconds === undefined || s.stickinessSeconds * 1000 * pace <= keepWarmMs
      ? []
      : [
          {
            what: `clients stick to a colour for ${s.stickinessSeconds} s, longer than the old one is kept`,
            where: `switchyard:services.${name}.stickinessSeconds`,
            fix: `keep the old colour at least as long (deploy.keepWarmSeconds or --keep-warm), or shorten the cookie`,
          },
        ],
  );
}

function scans({ images }: PreflightFacts): Problem[] {
  if (!images) return [];
  return named(images).flatMap(([name, { scan, version }]): Problem[] => {
    const where = `image ${name}:${version}`;
    if (scan.kind === "scanning")
      return [
        {
          what: "its scan is not finished",
          where,
          fix: "look at it in ECR, and run the command again when it is",
        },
      ];
    if (scan.kind === "failed") return [{ what: scan.why, where, fix: scan.fix }];
    if (scan.kind === "none" || scan.critical === 0) return [];
    return [
      {
        what: `its scan has ${scan.critical} critical findings`,
        where,
        fix: "update the vulnerable packages, push a new tag and deploy that",
      },
    ];
  });
}

/** Images that go through although nobody has looked into them, in words. */
export function unscanned(images: ResolvedImages): readonly string[] {
  return named(images).flatMap(([name, { scan, version }]) =>
    scan.kind === "none" ? [`image ${name}:${version} is not scanned: ${scan.why}`] : [],
  );
}

function named(images: ResolvedImages): readonly (readonly [string, ResolvedImage])[] {
  return [...Object.entries(images.services), ["migrate", images.migrate] as const];
}

/** Parts that an update makes again once it has looked. */
function deleted({ config, parts }: PreflightFacts): Problem[] {
  const fix = anew(config);
  return parts.map((where) => ({ what: "it was deleted by hand", where, fix }));
}

function anew({ stack }: EnvironmentConfig): string {
  return `\`switchyard up ${stack} --refresh\` makes it anew`;
}

function alarms({ config, alarms: states }: PreflightFacts): Problem[] {
  return states.flatMap(({ name, state }) => {
    if (state === "MISSING") {
      const fix = config.deploy.alarms.includes(name) ? "create it or take it out of deploy.alarms" : anew(config);
      return [{ what: "it does not exist", where: `alarm ${name}`, fix }];
    }
    if (state === "ALARM")
      return [
        {
          what: "it is in ALARM already, so it could not tell a bad release",
          where: `alarm ${name}`,
          fix: "mend what it reports first; `switchyard rollback` works while it fires",
        },
      ];
    return [];
  });
}

function unread({ unreadable }: PreflightFacts): Problem[] {
  return unreadable.map(({ what, action, why }) => ({
    what: `a deploy needs it and cannot read it (${why})`,
    where: what,
    fix: `allow ${action} to the role that deploys, and check that this machine reaches the service`,
  }));
}

function weights({ config, drift }: PreflightFacts): Problem[] {
  return drift ? [{ what: drift.why, where: `stack ${config.stack}`, fix: drift.fix }] : [];
}

/** What no order of writes to the rules makes possible is not begun. */
function routes({ passages }: PreflightFacts): Problem[] {
  const order = orderFor(passages);
  return typeof order === "object" ? [{ ...order, where: "switchyard:services" }] : [];
}

/** Each Fargate task takes an address of its subnet (Amazon ECS developer guide, "Fargate task networking"). */
function capacity({ subnets, tasks }: PreflightFacts): Problem[] {
  const needed = Object.values(tasks).reduce((sum, n) => sum + n, 0);
  const free = subnets.reduce((sum, subnet) => sum + subnet.free, 0);
  if (subnets.length === 0 || free >= needed) return [];
  const asked = Object.entries(tasks).map(([name, n]) => `${name} ${n}`);
  return [
    {
      what: `the new colour needs ${needed} addresses (${asked.join(", ")}), ${free} are free`,
      where: subnets.map(({ id }) => id).join(", "),
      fix: "free some: `switchyard sweep` stops colours that are warm no longer; or move other things out of these subnets",
    },
  ];
}

/** Left pending, a later expand would run before it: in another order than where it was tried. */
function contracts({ config, contracts: pending }: PreflightFacts): Problem[] {
  if (pending.length === 0) return [];
  return [
    {
      what: `${pending.join(", ")} of the release that serves is pending, and no version needs the old schema any more`,
      where: "migrations",
      fix: `run \`switchyard migrate ${config.stack} --contract\` first`,
    },
  ];
}

/** Contract migrations with no expand before them: nothing keeps them from running. */
export function overdueContracts(pending: readonly Migration[]): readonly string[] {
  const firstExpand = pending.findIndex((m) => m.kind === "expand");
  const before = firstExpand === -1 ? pending : pending.slice(0, firstExpand);
  return before.map((m) => m.name);
}

/**
 * How many tasks each service's new colour is to start: as many as the live one runs, or a first release is configured to.
 *
 * @param started True when an operation that was cut short has started the idle colours: their tasks count.
 */
export function tasksToStart(config: EnvironmentConfig, observed: Observed, started = false): Record<string, number> {
  return Object.fromEntries(
    Object.entries(config.services).map(([name, { desiredCount, replaces = "" }]) => {
      const { live } = observed.release.services[name] ?? {};
      const service = observed.services[name];
      const serving = live && service?.[live];
      const old = observed.release.services[replaces]?.live;
      const { desired = 0, running = 0 } = (old && observed.services[replaces]?.[old]) ?? {};
      const first = Math.max(desiredCount, desired, running);
      const size = serving ? Math.max(1, serving.desired, serving.running) : first;
      const idle = started ? (service?.[live ? otherColour(live) : "blue"].running ?? 0) : 0;
      return [name, Math.max(0, size - idle)];
    }),
  );
}

/** One line for each service: which colour it leaves for which. */
export function movesOf(config: EnvironmentConfig, observed: Observed, version: string): readonly string[] {
  const tasks = tasksToStart(config, observed);
  return Object.keys(config.services).map((name) => {
    const release = observed.release.services[name];
    const { live } = release ?? {};
    const from = live ? `${live} ${release?.[live]?.version}` : "nothing";
    return `${name}: ${from} → ${live ? otherColour(live) : "blue"} ${version}, ${tasks[name]} tasks`;
  });
}

function skew({ clockSkewMs }: PreflightFacts): Problem[] {
  return clockSkewMs === undefined || Math.abs(clockSkewMs) < mostSkewMs
    ? []
    : [
        {
          what: `this machine's clock is ${Math.round(clockSkewMs / 1000)} s off AWS's`,
          where: "system clock",
          fix: "synchronise it (NTP) and run the command again",
        },
      ];
}

/** @throws SwitchyardError `preflight-failed` with every problem and its fix. */
export function refuseProblems(stack: string, problems: readonly Problem[]): void {
  const [first, ...more] = problems;
  if (!first) return;
  if (more.length === 0) throw new SwitchyardError("preflight-failed", { ...first });
  throw new SwitchyardError("preflight-failed", {
    what: problems.map((p, i) => `(${i + 1}) ${p.where}: ${p.what}: ${p.fix}`).join("; "),
    where: `stack ${stack}`,
    fix: "nothing was written: mend all of these and run the command again",
  });
}
