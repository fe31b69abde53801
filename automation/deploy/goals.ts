import type { DeployConfig, EnvironmentConfig } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import type { Image } from "../../programs/release.ts";
import { capacity } from "../../programs/service-config.ts";
import { chosenStrategy, duration, percent, type StrategyFlags } from "../flags.ts";
import type { DeployGoal, Goal, Limits, ServiceGoal, Strategy } from "./model.ts";

/** Time a colour may take from its start to all targets healthy, in milliseconds of real time. */
const healthyMs = 15 * 60_000;
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

export function servicesOf(config: EnvironmentConfig): readonly ServiceGoal[] {
  return Object.entries(config.services).map(([name, service]) => ({
    name,
    order: service.order,
    desiredCount: service.desiredCount,
    scaling: capacity(service),
  }));
}

export function limitsOf(config: DeployConfig, pace: number): Limits {
  return {
    healthyMs: Math.max(shortestHealthyMs * Math.min(1, pace * 50), healthyMs * pace),
    failedTasks,
    approvalMs: config.approvalTimeoutSeconds * 1000 * pace,
    keepWarmMs: config.keepWarmSeconds * 1000 * pace,
    propagationMs: Math.max(shortestPropagationMs, propagationMs * pace),
    finalBakeMs: config.finalBakeSeconds * 1000 * pace,
    keepTaskDefinitions,
  };
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

export function deployGoal(
  asked: Asked,
  config: EnvironmentConfig,
  images: Readonly<Record<string, Image>>,
  migrate: Image | undefined,
  approval: boolean,
): DeployGoal {
  return { ...asked, kind: "deploy", services: servicesOf(config), images, ...(migrate && { migrate }), approval };
}

/** A goal that needs nothing but to know the services. */
export function goalOf<K extends "rollback" | "sweep" | "repair" | "adopt">(
  kind: K,
  asked: Asked,
  config: EnvironmentConfig,
): Extract<Goal, { kind: K }> {
  return { ...asked, kind, services: servicesOf(config) } as Extract<Goal, { kind: K }>;
}
