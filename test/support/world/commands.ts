import { concludeAbort } from "../../../automation/commands/operate.ts";
import { type Asked, deployGoal, goalOf } from "../../../automation/deploy/goals.ts";
import { applyMigrations } from "../../../automation/deploy/migrate.ts";
import type { Limits, Strategy } from "../../../automation/deploy/model.ts";
import { operate } from "../../../automation/deploy/operation.ts";
import { rollBack } from "../../../automation/deploy/rollback.ts";
import type { Session } from "../../../automation/deploy/session.ts";
import { abortInFlight, promoteInFlight } from "../../../automation/deploy/words.ts";
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
export async function play(session: Session, command: Command): Promise<Ended> {
  switch (command.kind) {
    case "deploy":
      return deploy(session, command);
    case "rollback":
      return rollback(session);
    case "rollback-to":
      return rollback(session, command.version);
    case "sweep":
    case "repair":
    case "adopt": {
      const { kind } = command;
      const done = await operate(session, kind, (operation) =>
        goalOf(kind, { ...asked("current", { kind: "all-at-once" }), operation }, session.config),
      );
      return { outcome: done.end.outcome };
    }
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

const silent = {
  json: false,
  line: () => undefined,
  document: () => undefined,
  beforeLine: () => undefined,
  settle: () => undefined,
};

async function deploy(session: Session, command: Extract<Command, { kind: "deploy" }>): Promise<Ended> {
  const { version, strategy, approval, finalBakeMs = 0 } = command;
  const images = Object.fromEntries(Object.keys(session.config.services).map((n) => [n, imageOf(n, version)]));
  const done = await operate(session, `deploy ${version}`, (operation) =>
    deployGoal(
      { ...asked(version, strategy), limits: { ...limits, finalBakeMs }, operation },
      session.config,
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
