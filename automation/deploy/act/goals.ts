import type { EnvironmentConfig } from "../../../programs/config.ts";
import type { DeployConfig } from "../../../programs/deploy-config.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import type { Image, ReleaseDocument } from "../../../programs/release.ts";
import { capacity } from "../../../programs/service-config.ts";
import { duration } from "../../durations.ts";
import { percent } from "../../flags.ts";
import { knownName } from "../../known-name.ts";
import { chosenStrategy, type StrategyFlags } from "../../strategy-flags.ts";
import type { DeployGoal, Goal, Limits, RetireGoal, RollbackGoal, ServiceGoal, Strategy } from "../decide/goal.ts";
import type { Settings } from "../observe/settings.ts";

/** Time a colour may take from its start to all targets healthy, in milliseconds of real time. */
const healthyMs = 15 * 60_000;
/** A slow starter has so long beyond its grace period to pass its checks. */
const afterGraceMs = 5 * 60_000;
/** However fast the sandbox's clock runs, processes take their time to start. */
const shortestHealthyMs = 60_000;
/** Several times what the watch allows weights before it judges by them; AWS names no bound. */
const propagationMs = 60_000;
const shortestPropagationMs = 500;
/** Failed tasks after which waiting is pointless; the least ECS's own circuit breaker waits for (Amazon ECS developer guide). */
const failedTasks = 3;

/** The stack's strategy, as overridden by flags; a flag of a strategy chooses it. */
export function strategyOf(config: DeployConfig, flags: StrategyFlags, pace: number): Strategy {
  const kind = chosenStrategy(flags) ?? config.strategy;
  const ms = (flag: string, text: string | undefined, seconds: number) =>
    (text === undefined ? seconds * 1000 : duration(flag, text)) * pace;
  if (kind === "all-at-once") return { kind };
  if (kind === "canary")
    return {
      kind,
      percent: flags.canary === undefined ? config.canaryPercent : percent("--canary", flags.canary),
      bakeMs: ms("--bake", flags.bake, config.bakeSeconds),
    };
  return {
    kind,
    stepPercent: flags.step === undefined ? config.stepPercent : percent("--step", flags.step),
    everyMs: ms("--every", flags.every, config.everySeconds),
  };
}

/**
 * Whether a deploy waits for approval: the stack says so, or the flag.
 *
 * @throws SwitchyardError `invalid-flag` when the flag would leave out what the stack requires.
 */
export function approvalOf(stack: string, { approval }: DeployConfig, approve: boolean | undefined): boolean {
  if (approval && approve === false)
    throw new SwitchyardError("invalid-flag", {
      what: `${stack} is deployed with approval only`,
      where: "--no-approve",
      fix: `leave it out, and \`switchyard promote ${stack}\` when the deploy waits; or set approval: false in switchyard:deploy, in a reviewed change`,
    });
  return approval || approve === true;
}

/**
 * The configuration with some of its services alone.
 *
 * @throws SwitchyardError `invalid-flag` naming one that is not there.
 */
export function onlyServices(config: EnvironmentConfig, names: readonly string[] | undefined): EnvironmentConfig {
  if (names === undefined) return config;
  const all = Object.keys(config.services);
  for (const name of names) knownName("--service", name, all);
  const services = Object.entries(config.services).filter(([name]) => names.includes(name));
  return { ...config, services: Object.fromEntries(services) };
}

/** The services a deploy moves where it is not told which: not those that are on their way out. */
export function stayingServices({ services }: EnvironmentConfig, release: ReleaseDocument): readonly string[] {
  const replaced = Object.values(services).map(({ replaces }) => replaces);
  return Object.keys(services).filter((name) => !release.services[name]?.retired && !replaced.includes(name));
}

export function servicesOf({ services }: Settings): readonly ServiceGoal[] {
  return Object.entries(services).map(([name, service]) => ({
    name,
    order: service.order,
    desiredCount: service.desiredCount,
    ...(service.replaces !== undefined && { replaces: service.replaces }),
    scaling: capacity(service),
  }));
}

/** @param graceSeconds The longest that a task may take to start before a failed check counts, of all services. */
export function limitsOf(config: DeployConfig, pace: number, graceSeconds = 0): Limits {
  const slowest = Math.max(healthyMs, graceSeconds * 1000 + afterGraceMs);
  return {
    healthyMs: Math.max(shortestHealthyMs * Math.min(1, pace * 50), slowest * pace),
    failedTasks,
    approvalMs: config.approvalTimeoutSeconds * 1000 * pace,
    keepWarmMs: config.keepWarmSeconds * 1000 * pace,
    propagationMs: Math.max(shortestPropagationMs, propagationMs * pace),
    finalBakeMs: config.finalBakeSeconds * 1000 * pace,
    keepTaskDefinitions,
  };
}

/** Seconds of the service that may start the slowest. */
export function longestGrace(services: Settings["services"]): number {
  return Math.max(0, ...Object.values(services).map(({ healthCheck }) => healthCheck.gracePeriodSeconds ?? 0));
}

/** Task definitions kept for looking back; the ones in use are kept besides. */
const keepTaskDefinitions = 10;

export interface Asked {
  readonly operation: string;
  readonly actor: string;
  readonly commit?: string;
  readonly version: string;
  readonly strategy: Strategy;
  readonly limits: Limits;
}

/** What a deploy is for, as its lease and its name say it. */
export function deployPurpose(version: string, only: readonly string[] | undefined): string {
  return only === undefined ? `deploy ${version}` : `deploy ${version} of ${only.join(", ")}`;
}

/** @param images Of the services that are to move. */
export function deployGoal(
  asked: Asked,
  settings: Settings,
  images: Readonly<Record<string, Image>>,
  migrate: Image | undefined,
  approval: boolean,
): DeployGoal {
  return { ...asked, kind: "deploy", services: servicesOf(settings), images, ...(migrate && { migrate }), approval };
}

/** @param only The services that are to go back. */
export function rollbackGoal(asked: Asked, settings: Settings, only: readonly string[]): RollbackGoal {
  return { ...asked, kind: "rollback", services: servicesOf(settings), only };
}

/** @param retires The service that is to leave. */
export function retireGoal(asked: Asked, settings: Settings, retires: string): RetireGoal {
  return { ...asked, kind: "retire", services: servicesOf(settings), retires };
}

/** A goal that needs nothing but to know the services. */
export function goalOf<K extends "sweep" | "repair" | "adopt">(
  kind: K,
  asked: Asked,
  settings: Settings,
): Extract<Goal, { kind: K }> {
  return { ...asked, kind, services: servicesOf(settings) } as Extract<Goal, { kind: K }>;
}
