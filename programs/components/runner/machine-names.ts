/** The runner's state machines, by what they are called on the command line and in messages. */
export const machineNames = ["plan", "plan-apply", "merge", "release", "ephemeral", "run"] as const;
export type MachineName = (typeof machineNames)[number];

/**
 * A machine's name in AWS. That of releases has the environment in it: the policy of a role that may start one can name
 * nothing else that tells one environment's releases from another's.
 */
export function physicalName(machine: MachineName, deployStack: string): string {
  return `switchyard-${machine}${machine === "release" ? `-${deployStack}` : ""}`;
}

/** The machine and the name of an execution; undefined for one that is none of the runner's. */
export function executionOf(arn: string): { readonly machine: MachineName; readonly execution: string } | undefined {
  const [, physical = "", execution = ""] = /:execution:switchyard-([a-z0-9-]+):([A-Za-z0-9_-]+)$/.exec(arn) ?? [];
  const machine = machineNames.find((name) =>
    name === "release" ? physical.startsWith("release-") : name === physical,
  );
  return machine === undefined ? undefined : { machine, execution };
}
