import { readFileSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";

/** What of a machine says whether suites' temporary files can be in memory. */
export interface Machine {
  /** Where somebody says they are to be. */
  readonly given?: string | undefined;
  /** As of proc_pid_mounts(5); empty where there is none. */
  readonly mounts: string;
  /** Bytes a folder has room for. */
  free(folder: string): number;
}

const inMemory = "/dev/shm";
/** Several times what all suites at once were seen to take, 0.4 GB; a container of Docker's has 64 MB unless told. */
const room = 4 * 2 ** 30;

/**
 * Where suites put their temporary files: in memory where that has room and lets programs run, else where the system has them.
 * Suites make and delete databases by the hundred, a thousand files each, which on a disk takes a fifth of their processor time.
 */
export function temporaryFolder(machine: Machine = thisMachine): string {
  if (machine.given !== undefined) return machine.given;
  const mount = machine.mounts.split("\n").map((line) => line.split(" "));
  const [, , kind, options = ""] = mount.findLast(([, point]) => point === inMemory) ?? [];
  const usable = kind === "tmpfs" && !options.split(",").some((one) => one === "noexec" || one === "ro");
  return usable && machine.free(inMemory) >= room ? inMemory : tmpdir();
}

const thisMachine: Machine = {
  given: process.env["TMPDIR"],
  get mounts() {
    try {
      return readFileSync("/proc/self/mounts", "utf8");
    } catch {
      return "";
    }
  },
  free(folder) {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  },
};
