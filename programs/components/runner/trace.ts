import { randomBytes } from "node:crypto";
import { expression } from "./machines/asl.ts";

/**
 * The id of a trace: a version, seconds since 1970 in eight hexadecimal digits, and 96 bits (AWS X-Ray, "Tracing header").
 *
 * @param now milliseconds since 1970
 */
export function newTrace(now: number, random: Buffer = randomBytes(12)): string {
  const seconds = Math.floor(now / 1000);
  return `1-${seconds.toString(16).padStart(8, "0")}-${random.toString("hex")}`;
}

/** How a trace is handed on, so that each of its parts is kept. */
export function traceHeader(trace: string): string {
  return `Root=${trace};Sampled=1`;
}

/** The same in a machine, of its variable `trace`. */
export const headerInMachine = expression("'Root=' & $trace & ';Sampled=1'");

/** What an execution was given; one that a schedule has started is given none, and makes its own. */
export const traceInMachine = expression(
  "$exists($states.input.trace) ? $states.input.trace : " +
    "'1-' & $formatBase($floor($millis() / 1000), 16) & '-' & $substring($replace($uuid(), '-', ''), 0, 24)",
);

const form = "1-[0-9a-f]{8}-[0-9a-f]{24}";
const begins = new RegExp(`^${form} `);
const inHeader = new RegExp(`(?:^|;)Root=(${form})(?:;|$)`);

/** A line of a job's log as it would be without its trace. */
export function withoutTrace(line: string): string {
  return line.replace(begins, "");
}

/** The trace in a header; undefined where it has none. */
export function traceOf(header: string | undefined): string | undefined {
  return inHeader.exec(header ?? "")?.[1];
}
