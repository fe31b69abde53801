import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import type { Machine, ProcessState } from "./ledger/holder.ts";

let found: { readonly machine: Machine | undefined } | undefined;

/** This machine and process by Linux's /proc; undefined on other systems, and where /proc shows another namespace's processes. */
export function thisMachine(): Machine | undefined {
  found ??= { machine: lookAtMachine() };
  return found.machine;
}

function lookAtMachine(): Machine | undefined {
  try {
    // Processes of a namespace without a /proc of its own read their parents' there.
    if (readlinkSync("/proc/self") !== String(process.pid)) return undefined;
    const own = parseStat(readFileSync("/proc/self/stat", "latin1"));
    if (own === undefined) return undefined;
    return {
      identity: {
        host: hostname(),
        pid: process.pid,
        boot: readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim(),
        namespaces: [readlinkSync("/proc/self/ns/pid"), timeNamespace()].join(" "),
        started: own.started,
      },
      process: processState,
    };
  } catch {
    return undefined;
  }
}

/** A kernel without time namespaces has no such link. */
function timeNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/time");
  } catch {
    return "";
  }
}

/** A process may be hidden from this user (proc(5), hidepid): then the system still says that a signal is not permitted. */
function processState(pid: number): ProcessState {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return { kind: "none" };
  }
  try {
    const stat = parseStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
    if (stat === undefined) return { kind: "unknown" };
    return stat.ended ? { kind: "none" } : { kind: "runs", started: stat.started };
  } catch {
    return { kind: "unknown" };
  }
}

/** Of proc(5)'s stat: field 3, Z or X for a process that has ended and is still listed, and field 22, when it started. */
export function parseStat(text: string): { readonly ended: boolean; readonly started: string } | undefined {
  // The command name before them is in brackets and may hold anything, brackets too.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state = "", started = ""] = [fields[0], fields[19]];
  return /^[A-Za-z]$/.test(state) && /^\d+$/.test(started)
    ? { ended: state === "Z" || state === "X", started }
    : undefined;
}

/** Processes looked back through: more than any shell, npm and runner between a job and its command. */
const mostParents = 32;

/**
 * The processes that led to this one, nearest first, as far as they are of its session (credentials(7)): whoever began a
 * session of their own for it meant it to outlive them. Without /proc only the nearest.
 */
export function parentsOf(): readonly number[] {
  const parents: number[] = [];
  const session = familyOf("self")?.session;
  for (let pid = process.ppid; pid > 1 && parents.length < mostParents; ) {
    parents.push(pid);
    const family = session === undefined ? undefined : familyOf(String(pid));
    if (family?.session !== session) break;
    pid = family?.parent ?? 0;
  }
  return parents;
}

/** Of proc(5)'s stat: fields 4 and 6. */
function familyOf(pid: string): { readonly parent: number; readonly session: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [, parent, , session] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { parent: Number(parent), session: Number(session) };
  } catch {
    return undefined;
  }
}
