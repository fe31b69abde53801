import { traceOf } from "./trace.ts";

/** The value of an environment variable the program cannot run without. */
export function requiredEnv(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") {
    throw new Error(`the environment variable ${name} is not set. Set it in the task definition`);
  }
  return value;
}

export type Log = typeof log;

/** One JSON line on standard output, which the container runtime sends to the log group; of a request with its `trace`. */
export function log(level: "info" | "warn" | "error", message: string, fields: Record<string, unknown> = {}): void {
  const [time, version, trace] = [new Date().toISOString(), process.env["VERSION"], traceOf()];
  const entry = { time, level, message, version, ...(trace !== undefined && { trace }), ...fields };
  process.stdout.write(`${JSON.stringify(entry)}\n`);
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(messageOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}
