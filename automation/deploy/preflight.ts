import type { EnvironmentConfig } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import type { ResolvedImages } from "../images/resolve.ts";
import type { AlarmState } from "./watch.ts";

/** What the checks look at; gathered before, so that they are pure. */
export interface PreflightFacts {
  readonly config: EnvironmentConfig;
  readonly images: ResolvedImages;
  readonly alarms: readonly AlarmState[];
  readonly keepWarmMs: number;
  readonly pace: number;
  /** This machine's clock minus AWS's, in milliseconds; undefined when it could not be read. */
  readonly clockSkewMs?: number;
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
  return [...timeouts(facts), ...stickiness(facts), ...scans(facts), ...alarms(facts), ...skew(facts)];
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
  return [...Object.entries(images.services), ["migrate", images.migrate] as const].flatMap(([name, image]) =>
    (image.criticalFindings ?? 0) === 0
      ? []
      : [
          {
            what: `its scan has ${image.criticalFindings} critical findings`,
            where: `image ${name}:${image.version}`,
            fix: "update the vulnerable packages, push a new tag and deploy that",
          },
        ],
  );
}

function alarms({ alarms: states }: PreflightFacts): Problem[] {
  return states.flatMap(({ name, state }) => {
    if (state === "MISSING")
      return [{ what: "it does not exist", where: `alarm ${name}`, fix: "create it or take it out of deploy.alarms" }];
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
  if (problems.length === 0) return;
  throw new SwitchyardError("preflight-failed", {
    what: problems.map((p) => `${p.where}: ${p.what}`).join("; "),
    where: `stack ${stack}`,
    fix: problems.map((p) => p.fix).join("; "),
  });
}
