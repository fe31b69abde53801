import { previousVersion } from "../../../automation/commands/rollback.ts";
import { contractBlockers } from "../../../automation/deploy/contract.ts";
import { type Asked, deployGoal, goalOf } from "../../../automation/deploy/goals.ts";
import { invokeMigrations } from "../../../automation/deploy/migrations.ts";
import type { Limits, Strategy } from "../../../automation/deploy/model.ts";
import { operate, undoInFlight } from "../../../automation/deploy/operation.ts";
import { nothingMore, observeNow, type Session, withLease } from "../../../automation/deploy/session.ts";
import { readShape } from "../../../automation/deploy/stage.ts";
import { recordedRelease } from "../../../automation/images/recorded.ts";
import { operationInFlight, readOperations, writeSignal } from "../../../automation/ledger/journal.ts";
import { readLease } from "../../../automation/ledger/lease.ts";
import { readRelease } from "../../../automation/ledger/release.ts";
import type { Image } from "../../../programs/release.ts";
import type { Command } from "./schedule.ts";

export const limits: Limits = {
  healthyMs: 180_000,
  failedTasks: 3,
  approvalMs: 120_000,
  keepWarmMs: 1_200_000,
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

/** Runs a command as the command line does, on a session of the simulated world. */
export async function play(session: Session, command: Command): Promise<Ended> {
  switch (command.kind) {
    case "deploy":
      return deploy(session, command);
    case "rollback": {
      const version = previousVersion(await readRelease(session.table));
      const done = await operate(session, "rollback", (operation) =>
        goalOf("rollback", { ...asked(version, { kind: "all-at-once" }), operation }, session.config),
      );
      return { outcome: done.end.outcome, version };
    }
    case "rollback-to":
      return rollbackTo(session, command.version);
    case "sweep":
    case "repair":
    case "adopt": {
      const { kind } = command;
      const done = await operate(session, kind, (operation) =>
        goalOf(kind, { ...asked("current", { kind: "all-at-once" }), operation }, session.config),
      );
      return { outcome: done.end.outcome };
    }
    case "promote":
      return signal(session, "promote");
    case "abort": {
      const lease = await readLease(session.table);
      if (lease !== undefined && !lease.released) return signal(session, "abort");
      await undoInFlight(session, "aborted by hand");
      return { outcome: "undone" };
    }
    case "contract":
      return contract(session);
  }
}

async function deploy(session: Session, command: Extract<Command, { kind: "deploy" }>): Promise<Ended> {
  const { version, strategy, approval } = command;
  const images = Object.fromEntries(Object.keys(session.config.services).map((n) => [n, imageOf(n, version)]));
  const done = await operate(session, `deploy ${version}`, (operation) =>
    deployGoal(
      { ...asked(version, strategy), operation },
      session.config,
      images,
      imageOf("migrate", version),
      approval,
    ),
  );
  return { outcome: done.end.outcome, version };
}

async function rollbackTo(session: Session, version: string): Promise<Ended> {
  const { table, config } = session;
  const release = recordedRelease(await readOperations(table), version, Object.keys(config.services));
  const done = await operate(session, `rollback to ${version}`, (operation) => ({
    ...deployGoal({ ...asked(version, { kind: "all-at-once" }), operation }, config, release.images, undefined, false),
    migrations: release.migrations,
  }));
  return { outcome: done.end.outcome, version };
}

function asked(version: string, strategy: Strategy): Omit<Asked, "operation"> {
  return { actor: "someone", version, strategy, limits };
}

async function signal(session: Session, kind: "promote" | "abort"): Promise<Ended> {
  const found = await operationInFlight(session.table);
  if (!found) return { outcome: "nothing in flight" };
  const given = await writeSignal(session.table, found.operation, { kind, by: "someone", at: "2026-01-05" });
  return { outcome: given ? "told" : "already told" };
}

async function contract(session: Session): Promise<Ended> {
  const { aws, table, clock } = session;
  const shape = await readShape(table);
  return withLease(session, "migrate (contract)", async (lease) => {
    const observed = await observeNow(session, shape, nothingMore);
    const weights = Object.fromEntries(Object.entries(observed.services).map(([name, s]) => [name, s.weights]));
    if (contractBlockers(observed.release, weights, clock.now()).length > 0) return { outcome: "contract-refused" };
    const runId = `${lease.token}-contract`;
    const request = { action: "apply", phase: "contract", runId } as const;
    const permit = () => lease.permit(session.where.deadlineMs);
    const answer = await invokeMigrations(aws, shape?.migrationFunctionName ?? "", request, permit);
    return { outcome: `applied ${answer.ran.join(", ")}` };
  });
}
