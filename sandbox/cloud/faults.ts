/** Faults a test asks the cloud for: what to do to which call, and when; and which calls were hit. */
import { z } from "zod";

const faultSchema = z.strictObject({
  /** Signing name, or "*". */
  service: z.string(),
  /** Operation name, or "*". */
  operation: z.string(),
  /** Regular expression (flags `ms`) the call's body matches as well; a form's body is read as lines of `key=value`. */
  body: z.string().refine(isPattern, "is not a regular expression").optional(),
  /** Chance of each matching call, 0–1. */
  probability: z.number().min(0).max(1).optional(),
  /** The matching calls that are hit, counted from 1. Without it and without a probability, every call is. */
  nth: z.union([z.number().int().positive(), z.array(z.number().int().positive())]).optional(),
  effect: z.union([
    z.literal("throttle"),
    z.literal("error"),
    z.literal("drop-response-after-effect"),
    /** The call is never carried out, nor answered. */
    z.literal("hang"),
    /** The call is carried out and never answered. */
    z.literal("hang-after-effect"),
    /** Nothing happens to the call but that it is noted as a hit, with its body. */
    z.literal("note"),
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

/** A call that a fault came upon. */
export interface FaultHit {
  readonly service: string;
  readonly operation: string;
  /** Kept for faults that look at the body, at most this module's `longestBody` characters of it. */
  readonly body?: string;
}

/** What a fault does to the call at hand. */
export type Strike = Fault & {
  /** To be called once the fault has taken effect: from then on the hit is told. */
  struck(): void;
};

export interface Faults {
  add(faults: readonly Fault[]): void;
  clear(): void;
  /** True when a fault has to see this call's body. */
  wantsBody(service: string, operation: string): boolean;
  /** The effects on one call, in the order the faults were given; counts the call for `nth`. */
  on(service: string, operation: string, body?: string): Strike[];
  /** The faults in the order they were given, with the calls each has hit. */
  list(): readonly (Fault & { readonly hits: readonly FaultHit[] })[];
}

interface Active {
  readonly fault: Fault;
  readonly pattern: RegExp | undefined;
  readonly hits: FaultHit[];
  seen: number;
}

const longestBody = 65_536;

export function createFaults(random: () => number = Math.random): Faults {
  let active: Active[] = [];
  const matching = (service: string, operation: string) =>
    active.filter(({ fault }) => matches(fault.service, service) && matches(fault.operation, operation));
  return {
    add: (faults) => {
      active.push(...faults.map(activate));
    },
    clear: () => {
      active = [];
    },
    wantsBody: (service, operation) => matching(service, operation).some(looksAtBody),
    on: (service, operation, body = "") =>
      matching(service, operation)
        .filter(({ pattern }) => pattern?.test(body) ?? true)
        .filter((entry) => {
          entry.seen += 1;
          const { nth, probability } = entry.fault;
          if (nth !== undefined && ![nth].flat().includes(entry.seen)) return false;
          return probability === undefined || random() < probability;
        })
        .map((entry) => {
          const seen = looksAtBody(entry) ? { body: body.slice(0, longestBody) } : {};
          return { ...entry.fault, struck: () => void entry.hits.push({ service, operation, ...seen }) };
        }),
    list: () => active.map(({ fault, hits }) => ({ ...fault, hits })),
  };
}

function activate(fault: Fault): Active {
  const pattern = fault.body === undefined ? undefined : new RegExp(fault.body, "ms");
  return { fault, pattern, hits: [], seen: 0 };
}

function looksAtBody({ fault, pattern }: Active): boolean {
  return pattern !== undefined || fault.effect === "note";
}

function matches(pattern: string, name: string): boolean {
  return pattern === "*" || pattern === name;
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, "ms") !== undefined;
  } catch {
    return false;
  }
}
