/** Faults a test asks the cloud for: what to do to which call, and when. */
import { z } from "zod";

const faultSchema = z.strictObject({
  /** Signing name, or "*". */
  service: z.string(),
  /** Operation name, or "*". */
  operation: z.string(),
  /** Chance of each matching call, 0–1. */
  probability: z.number().min(0).max(1).optional(),
  /** The matching calls that are hit, counted from 1. Without it and without a probability, every call is. */
  nth: z.union([z.number().int().positive(), z.array(z.number().int().positive())]).optional(),
  effect: z.union([
    z.literal("throttle"),
    z.literal("error"),
    z.literal("drop-response-after-effect"),
    z.literal("hang"),
    /** Real milliseconds before the call is carried out. */
    z.strictObject({ delay: z.number().nonnegative() }),
  ]),
  /** Overrides the error of `throttle` and `error`. */
  code: z.string().optional(),
  status: z.number().int().min(400).max(599).optional(),
  message: z.string().optional(),
});

export type Fault = z.infer<typeof faultSchema>;

/** Parses the body of `POST /_switchyard/faults`; throws a ZodError naming the field. */
export function parseFaults(json: unknown): Fault[] {
  return z.array(faultSchema).parse(json);
}

export interface Faults {
  add(faults: readonly Fault[]): void;
  clear(): void;
  /** The effects on one call, in the order the faults were given; counts the call for `nth`. */
  on(service: string, operation: string): Fault[];
}

export function createFaults(random: () => number = Math.random): Faults {
  let active: { fault: Fault; seen: number }[] = [];
  return {
    add: (faults) => {
      active.push(...faults.map((fault) => ({ fault, seen: 0 })));
    },
    clear: () => {
      active = [];
    },
    on: (service, operation) =>
      active
        .filter(({ fault }) => matches(fault.service, service) && matches(fault.operation, operation))
        .filter((entry) => {
          entry.seen += 1;
          const { nth, probability } = entry.fault;
          if (nth !== undefined && ![nth].flat().includes(entry.seen)) return false;
          return probability === undefined || random() < probability;
        })
        .map(({ fault }) => fault),
  };
}

function matches(pattern: string, name: string): boolean {
  return pattern === "*" || pattern === name;
}
