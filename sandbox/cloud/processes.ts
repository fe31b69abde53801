/** Child processes recorded on disk by pid and start time, so that a later start ends exactly those a killed run left. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Processes } from "./handlers.ts";

/** Identifies a process beyond its pid's reuse. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time in clock ticks since boot, from /proc/<pid>/stat field 22; null where there is no /proc. */
  readonly processStart: string | null;
}

/** Start time of a live process; undefined when there is none with that pid (or it is a zombie). */
export function processStart(pid: number): string | null | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : (fields[19] ?? null);
  } catch {
    return process.platform === "linux" ? undefined : signalable(pid) ? null : undefined;
  }
}

function signalable(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

export function isAlive(identity: ProcessIdentity): boolean {
  const start = processStart(identity.pid);
  return start !== undefined && start === identity.processStart;
}

/** Sends a signal to a process group led by `pid`, or to the process alone; false when neither exists. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal);
      return true;
    } catch {
      // No group of that id (or no such process): try the process itself, then give up.
    }
  }
  return false;
}

/** Ends a process that is not our child: SIGTERM, SIGKILL after the grace. Resolves when it is gone. */
export async function endProcess(identity: ProcessIdentity, graceMs: number): Promise<void> {
  if (!isAlive(identity)) return;
  signalGroup(identity.pid, "SIGTERM");
  const killAt = Date.now() + graceMs;
  let killed = false;
  while (isAlive(identity)) {
    if (!killed && Date.now() >= killAt) {
      signalGroup(identity.pid, "SIGKILL");
      killed = true;
    }
    if (Date.now() > killAt + 10_000) throw new Error(`Process ${identity.pid} does not end, not even by SIGKILL`);
    await delay(10);
  }
}

/** Ends every process recorded in a directory of pid files, and the records. */
export async function endRecorded(directory: string): Promise<number> {
  let files: string[];
  try {
    files = readdirSync(directory);
  } catch {
    return 0;
  }
  let ended = 0;
  await Promise.all(
    files.map(async (file) => {
      const path = join(directory, file);
      const identity = parseIdentity(readFileSync(path, "utf8"));
      // The group may outlive its leader; only a leader that is still the recorded process proves whose group it is.
      if (identity && isAlive(identity)) {
        ended += 1;
        await endProcess(identity, 300);
        signalGroup(identity.pid, "SIGKILL");
      }
      rmSync(path, { force: true });
    }),
  );
  return ended;
}

export function parseIdentity(text: string): ProcessIdentity | undefined {
  try {
    const { pid, processStart } = JSON.parse(text) as ProcessIdentity;
    return Number.isInteger(pid) && pid > 1 ? { pid, processStart: processStart ?? null } : undefined;
  } catch {
    return undefined;
  }
}

/** Node says a missing directory of a process as a missing command, and later than it is asked for. */
function whyNot(cwd: SpawnOptions["cwd"]): string {
  return cwd !== undefined && !existsSync(cwd) ? `: there is no directory ${String(cwd)}` : "";
}

export function recordedProcesses(directory: string): Processes & { stopAll(graceMs: number): Promise<void> } {
  mkdirSync(directory, { recursive: true });
  const running = new Set<ChildProcess>();
  const stop = async (child: ChildProcess, graceMs: number, signal: NodeJS.Signals = "SIGTERM") => {
    const { pid } = child;
    if (pid === undefined) return;
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      child.kill(signal);
      const kill = setTimeout(() => signalGroup(pid, "SIGKILL"), graceMs);
      await ended;
      clearTimeout(kill);
    }
  };
  return {
    spawn(name, command, args, options: SpawnOptions = {}) {
      const child = spawn(command, [...args], { ...options, detached: true });
      // Said by the missing pid below; without a listener the event would end this process.
      child.on("error", () => undefined);
      const { pid } = child;
      if (pid === undefined) throw new Error(`${name}: ${command} could not be started${whyNot(options.cwd)}`);
      const file = join(directory, `${name.replace(/[^\w.-]/g, "_")}.${pid}`);
      writeFileSync(file, JSON.stringify({ pid, processStart: processStart(pid) ?? null }));
      running.add(child);
      child.once("exit", () => {
        running.delete(child);
        // Whatever the process left in its group ends with it, as a container's processes do.
        try {
          process.kill(-pid, "SIGKILL");
        } catch {
          // The group is empty.
        }
        rmSync(file, { force: true });
      });
      return child;
    },
    stop,
    stopAll: async (graceMs) => {
      await Promise.all([...running].map((child) => stop(child, graceMs)));
    },
  };
}
