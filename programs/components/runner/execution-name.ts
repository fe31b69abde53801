import { createHash } from "node:crypto";
import type { ExecutionInput } from "./machines/inputs.ts";

/**
 * The name of an execution, by what it is of: AWS answers a repeated StartExecution of the same name and input with the one
 * that runs, and refuses one that ended less than 90 days ago (AWS Step Functions API, StartExecution). At most 80
 * letters, digits and dashes.
 *
 * @param attempt 1 for the first; another starts the same anew after it ended
 */
export function executionName(machine: string, input: ExecutionInput, attempt = 1): string {
  const sorted = Object.entries(input).sort(([left], [right]) => (left < right ? -1 : 1));
  const hash = createHash("sha256")
    .update(JSON.stringify([machine, sorted]))
    .digest("hex");
  // An input is hashed whole; stack and commit are for whoever reads the list.
  const readable = `${input.stack.slice(0, 32)}-${input.commit.slice(0, 10)}`.replace(/[^A-Za-z0-9-]/g, "-");
  return `${readable}-${hash.slice(0, 20)}-${attempt}`;
}
