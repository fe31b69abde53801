import { concludeAbort } from "../../../automation/commands/operate.ts";
import {
  type Asked,
  deployGoal,
  deployPurpose,
  goalOf,
  retireGoal,
  stayingServices,
} from "../../../automation/deploy/act/goals.ts";
import { readShape } from "../../../automation/deploy/act/stage.ts";
import { applyMigrations } from "../../../automation/deploy/conduct/migrate.ts";
import { operate } from "../../../automation/deploy/conduct/operation.ts";
import { rollBack } from "../../../automation/deploy/conduct/rollback.ts";
import type { Session } from "../../../automation/deploy/conduct/session.ts";
import { abortInFlight, promoteInFlight } from "../../../automation/deploy/conduct/signals.ts";
import type { Limits, Strategy } from "../../../automation/deploy/decide/goal.ts";
import { appliedSettings } from "../../../automation/deploy/observe/settings.ts";
import { readRelease } from "../../../automation/ledger/release.ts";
import type { EnvironmentConfig } from "../../../programs/config.ts";
import type { Image } from "../../../programs/release.ts";
import type { Command } from "./schedule.ts";

export const limits: Limits = {
  healthyMs: 180_000,
  failedTasks: 3,
  approvalMs: 120_000,
  keepWarmMs: 1_200_000,
  propagationMs: 60_000,
  finalBakeMs: 0,
  keepTaskDefinitions: 1,
};

/** How a command ended: its outcome, or the code of its error. */
export interface Ended {
  readonly outcome: string;
  readonly version?: string;
}

export function imageOf(repository: string, version: string): Image {
  const hex = [...`${repository}-${version}`].map((c) => c.charCodeAt(0).toString(16)).join("");
  return { digest: `registry.example/${repository}@sha256:${hex.padEnd(64, "0").slice(0, 64)}`, version };
}

/**
 * Runs a command as the command line does, by the same functions, on a session of the simulated world. What is left out: the
 * deploy's preflight and the resolving of its images (neither writes, and both ask services this account does not have),
 * flags, and what is printed. Limits and strategies are given, not read from a configuration.
 */
export async function play(session: Session, config: EnvironmentConfig, command: Command): Promise<Ended> {
  switch (command.kind) {
    case "deploy":
      return deploy(session, config, command);
    case "rollback":
      return rollback(session);
    case "rollback-to":
      return rollback(session, command.version);
    case "sweep":
    case "repair":
    case "adopt": {
      const { kind } = command;
      const settings = appliedSettings(session.stack, await readShape(session.table));
      const done = await operate(session, kind, (operation) =>
        goalOf(kind, { ...asked("current", { kind: "all-at-once" }), operation }, settings),
      );
      return { outcome: done.end.outcome };
    }
    case "retire":
      return retire(session, config, command);
    case "promote": {
      const { holder } = await promoteInFlight(session, { waitMs: 0, by: "someone", tell: () => undefined });
      return { outcome: holder === undefined ? "promoted, nobody at work" : "promoted" };
    }
    case "abort": {
      const aborted = await abortInFlight(session, "someone", () => undefined);
      concludeAbort({ out: silent }, session.stack, aborted);
      return { outcome: aborted.kind };
    }
    case "contract": {
      const { ran } = await applyMigrations(session, "contract");
      return { outcome: `applied ${ran.join(", ")}` };
    }
  }
}

async function rollback(session: Session, to?: string): Promise<Ended> {
  const { end, goal } = await rollBack(session, to, (version) => asked(version, { kind: "all-at-once" }));
  return { outcome: end.outcome, version: goal.version };
}

async function retire(
  session: Session,
  config: EnvironmentConfig,
  { service }: Extract<Command, { kind: "retire" }>,
): Promise<Ended> {
  const all = Object.keys(config.services);
  const name = all[service % all.length] as string;
  const settings = appliedSettings(session.stack, await readShape(session.table));
  const goal = { ...asked(name, { kind: "all-at-once" }) };
  const done = await operate(session, `retire ${name}`, (operation) =>
    retireGoal({ ...goal, operation }, settings, name),
  );
  return { outcome: done.end.outcome };
}

const silent = {
  json: false,
  line: () => undefined,
  document: () => undefined,
  beforeLine: () => undefined,
  settle: () => undefined,
};

async function deploy(
  session: Session,
  config: EnvironmentConfig,
  command: Extract<Command, { kind: "deploy" }>,
): Promise<Ended> {
  const { version, strategy, approval, only, finalBakeMs = 0 } = command;
  const all = Object.keys(config.services);
  const named = only === undefined ? undefined : [all[only % all.length] as string];
  const staying = stayingServices(config, await readRelease(session.table));
  const images = Object.fromEntries((named ?? staying).map((n) => [n, imageOf(n, version)]));
  const done = await operate(session, deployPurpose(version, named), (operation) =>
    deployGoal(
      { ...asked(version, strategy), limits: { ...limits, finalBakeMs }, operation },
      config,
      images,
      imageOf("migrate", version),
      approval,
    ),
  );
  return { outcome: done.end.outcome, version };
}

function asked(version: string, strategy: Strategy): Omit<Asked, "operation"> {
  return { actor: "someone", version, strategy, limits };
}
