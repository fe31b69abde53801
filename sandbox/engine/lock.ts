import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { EngineError } from "./errors.ts";

interface Holder {
  readonly pid: number;
  /** When the process started, as the system tells it: a recycled pid has another start. */
  readonly processStart: string;
  /** One boot of one machine and one namespace of process ids: elsewhere the pid is somebody else's. */
  readonly place: string;
  readonly hostname: string;
  readonly username: string;
  readonly timestamp: string;
}

/** Holds the stack's lock while `task` runs. A lock whose holder is dead is taken over; a live one is an error. */
export async function withLock<Result>(path: string, task: () => Promise<Result>): Promise<Result> {
  const token = acquire(path);
  try {
    return await task();
  } finally {
    if (readHolder(path)?.token === token) rmSync(path, { force: true });
  }
}

export function lockPath(directory: string, project: string, stack: string): string {
  return join(directory, "locks", "organization", project, stack, "lock.json");
}

function acquire(path: string): string {
  mkdirSync(dirname(path), { recursive: true });
  const token = randomUUID();
  const draft = `${path}.${token}`;
  const holder = { ...self(), token };
  writeFileSync(draft, JSON.stringify(holder));
  try {
    for (;;) {
      if (tryLink(draft, path)) return token;
      const current = readHolder(path);
      if (current === undefined) continue;
      if (isAlive(current)) throw locked(path, current);
      takeAway(path, current.token);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Moves a dead holder's lock aside; puts it back if another process took over in between. */
function takeAway(path: string, token: string): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (readHolder(aside)?.token !== token) tryLink(aside, path);
  rmSync(aside, { force: true });
}

function readHolder(path: string): (Holder & { token: string }) | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Holder & { token: string };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new EngineError("invalid-state", {
      where: path,
      what: "is not a readable lock",
      fix: "Delete it",
      cause: error,
    });
  }
}

function locked(path: string, { pid, username, hostname, timestamp }: Holder): EngineError {
  return new EngineError("stack-locked", {
    where: path,
    what: `the stack is currently locked by 1 lock(s): created by ${username}@${hostname} (pid ${pid}) at ${timestamp}`,
    fix: "Wait for that process to end, or run `pulumi cancel`",
  });
}

let own: Holder | undefined;
function self(): Holder {
  const { pid } = process;
  own ??= {
    pid,
    processStart: startOf(pid) ?? "",
    place: place(),
    hostname: hostname(),
    username: login(),
    timestamp: "",
  };
  return { ...own, timestamp: new Date().toISOString() };
}

/** A user id without an entry in the passwd file has no name, and Node throws. */
function login(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env["USER"] ?? `uid-${process.getuid?.()}`;
  }
}

/** A holder is dead only with proof: where it ran cannot be another place than this, and its process is gone. */
function isAlive(holder: Holder): boolean {
  return holder.hostname !== hostname() || holder.place !== place() || startOf(holder.pid) === holder.processStart;
}

function place(): string {
  if (process.platform !== "linux") return "";
  try {
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return "";
  }
}

function startOf(pid: number): string | undefined {
  try {
    if (process.platform !== "linux") {
      return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || undefined;
    }
    // Field 22 of proc(5)'s stat; the command name before it may hold spaces, so count from its closing bracket.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
