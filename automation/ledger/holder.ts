import { z } from "zod";

/** What a process is beyond its name: enough to tell later, on the same machine, that it has ended. */
export const holderIdentity = z.object({
  host: z.string().min(1),
  pid: z.int().min(1),
  /** One boot of one machine: proc(5), /proc/sys/kernel/random/boot_id. */
  boot: z.string().min(1),
  /** Where `pid` and `started` are counted: namespaces(7), the links pid and time in /proc/<pid>/ns. */
  namespaces: z.string().min(1),
  /** In clock ticks since the boot: proc(5), field 22 of /proc/<pid>/stat. A pid that is used again has another. */
  started: z.string().min(1),
});

export type HolderIdentity = z.infer<typeof holderIdentity>;

/** What can be said of a process by whoever asks: that there is none, since when it runs, or nothing. */
export type ProcessState = { readonly kind: "none" | "unknown" } | { readonly kind: "runs"; readonly started: string };

/** This machine, as this process sees it; undefined where the system does not tell. */
export interface Machine {
  readonly identity: HolderIdentity;
  process(pid: number): ProcessState;
}

/**
 * True only with proof: the holder ran on this machine since its last boot, its process ids are the ones seen from here,
 * and the process is gone or another has its id. Of any other holder only its silence tells.
 */
export function isProvenDead(holder: HolderIdentity | undefined, machine: Machine | undefined): boolean {
  if (holder === undefined || machine === undefined) return false;
  const { host, boot, namespaces } = machine.identity;
  if (holder.host !== host || holder.boot !== boot || holder.namespaces !== namespaces) return false;
  const state = machine.process(holder.pid);
  return state.kind === "none" || (state.kind === "runs" && state.started !== holder.started);
}
