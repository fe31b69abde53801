import { type ReleaseSandbox, stack } from "./sandbox.ts";

/** The flags of an `up` that names all that `plan` marks as disruptive. */
export async function disruptFlags(sandbox: ReleaseSandbox): Promise<readonly string[]> {
  const planned = await sandbox.drive("plan", stack).succeeds();
  const marked = [...planned.matchAll(/^ +\w+ +(aws:\S+) +(\S+).*\n +disruptive:/gm)];
  return marked.flatMap(([, type, name]) => ["--disrupt", `${type}::${name}`]);
}
