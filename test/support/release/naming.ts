import assert from "node:assert/strict";
import { errorCatalogue } from "../../../programs/errors.ts";
import { type ReleaseSandbox, stack } from "./sandbox.ts";

/** Updates, naming all that `plan` marks as disruptive; refused until it is. */
export async function upNaming(sandbox: ReleaseSandbox): Promise<void> {
  const planned = await sandbox.drive("plan", stack).succeeds();
  const marked = [...planned.matchAll(/^ +\w+ +(aws:\S+) +(\S+).*\n +disruptive:/gm)];
  assert.ok(marked.length > 0, planned);
  const refused = await sandbox.drive("up", stack).ended();
  assert.equal(refused.code, errorCatalogue["disruptive-change"].exitCode, refused.output);
  const names = marked.flatMap(([, type, name]) => ["--disrupt", `${type}::${name}`]);
  await sandbox.drive("up", stack, ...names).succeeds();
}
