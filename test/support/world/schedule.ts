import * as fc from "fast-check";
import type { Strategy } from "../../../automation/deploy/decide/goal.ts";
import type { Weights } from "../../../automation/deploy/decide/model.ts";
import { type Colour, colours } from "../../../programs/release.ts";
import type { Behaviour } from "./ecs.ts";
import type { RouteTable } from "./routes.ts";

export type Command =
  | {
      readonly kind: "deploy";
      readonly version: string;
      readonly strategy: Strategy;
      readonly approval: boolean;
      /** The one service that is deployed, by its number; all when absent. */
      readonly only?: number;
      readonly finalBakeMs?: number;
    }
  | { readonly kind: "rollback-to"; readonly version: string }
  | { readonly kind: "retire"; readonly service: number }
  | { readonly kind: "rollback" | "sweep" | "repair" | "adopt" | "promote" | "abort" | "contract" };

/** What goes wrong with one call. The effect of `lost` happens and its answer does not come; `twice` is an SDK's own retry. */
export type CallFault = "throttle" | "error" | "timeout" | "lost" | "slow" | "twice";

export interface DriverPlan {
  readonly command: Command;
  /** When it starts, in milliseconds. */
  readonly startMs: number;
  /** Its clock minus the world's, in milliseconds. */
  readonly skewMs: number;
  /** Faults of its calls, by their number; every call counts, the ledger's too. */
  readonly faults: readonly { readonly call: number; readonly kind: CallFault }[];
  /** Times nothing of it runs: before its next call after this number begins, or once that call is under way. */
  readonly pauses: readonly { readonly call: number; readonly when: "before" | "during"; readonly ms: number }[];
  /** SIGKILL at this call: before it is sent, under way (it takes effect), or when its answer is there. */
  readonly kill?: { readonly call: number; readonly when: "before" | "during" };
  /** Ctrl-C, in milliseconds after its start. */
  readonly interruptMs?: number;
  /** Calls it may make, and how many of those only the way back may use; as many as it likes without. */
  readonly budget?: { readonly calls: number; readonly reserve: number };
}

export interface Schedule {
  readonly seed: number;
  /** Nothing was ever deployed. */
  readonly fresh: boolean;
  readonly services: number;
  readonly drivers: readonly DriverPlan[];
  /** How tasks of v3 behave; those of v1 and v2 are well. */
  readonly v3: Behaviour;
  readonly hands: readonly { readonly atMs: number; readonly service: number; readonly weights: Weights }[];
  readonly handCounts: readonly {
    readonly atMs: number;
    readonly service: number;
    readonly colour: Colour;
    readonly desired: number;
  }[];
  readonly flaps: readonly {
    readonly atMs: number;
    readonly service: number;
    readonly colour: Colour;
    readonly targets: number;
    readonly forMs: number;
  }[];
  readonly alarmAtMs?: number;
  /** How old what ECS and the load balancer answer may be, in milliseconds. */
  readonly staleMs: number;
  /** How long written weights may take to reach a node of the load balancer, in milliseconds. */
  readonly lagMs?: number;
  /** Which paths and priorities the versions have. */
  readonly routes?: RouteTable;
  /** Whether v2 listens on another port than v1 and v3. */
  readonly portsMove?: boolean;
}

const strategy: fc.Arbitrary<Strategy> = fc.constantFrom<Strategy>(
  { kind: "all-at-once" },
  { kind: "canary", percent: 10, bakeMs: 60_000 },
  { kind: "linear", stepPercent: 40, everyMs: 30_000 },
);

/** Once in `of` times. */
function sometimes<T>(of: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: of - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
}

const deploy: fc.Arbitrary<Command> = fc
  .record({
    kind: fc.constant("deploy" as const),
    version: fc.constantFrom("v2", "v2", "v3"),
    strategy,
    approval: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    finalBakeMs: fc.constantFrom(0, 0, 0, 60_000),
    only: sometimes(3, fc.nat({ max: 1 })),
  })
  .map(({ only, ...rest }) => ({ ...rest, ...(only !== undefined && { only }) }));

const other: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        "rollback" as const,
        "rollback",
        "rollback",
        "sweep",
        "repair",
        "adopt",
        "promote",
        "abort",
        "contract",
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("rollback-to" as const), version: fc.constantFrom("v2", "v3") }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("retire" as const), service: fc.nat({ max: 1 }) }) },
);

/** Where in a run of some 120 calls something happens. */
const call = fc.integer({ min: 1, max: 160 });

function driver(first: boolean): fc.Arbitrary<DriverPlan> {
  return fc
    .record({
      command: first ? deploy : fc.oneof({ weight: 2, arbitrary: deploy }, { weight: 3, arbitrary: other }),
      startMs: first
        ? fc.constant(0)
        : fc.oneof(fc.integer({ max: 240_000, min: 0 }), fc.integer({ max: 3_000_000, min: 0 })),
      skewMs: fc.integer({ min: -300_000, max: 300_000 }),
      faults: fc.array(
        fc.record({
          call,
          kind: fc.constantFrom<CallFault>("throttle", "error", "timeout", "lost", "slow", "twice"),
        }),
        { maxLength: 5 },
      ),
      pauses: fc.array(
        fc.record({
          call,
          when: fc.constantFrom("before" as const, "during" as const),
          ms: fc.integer({ min: 1_000, max: 400_000 }),
        }),
        { maxLength: 2 },
      ),
      kill: sometimes(3, fc.record({ call, when: fc.constantFrom("before" as const, "during" as const) })),
      interruptMs: sometimes(10, fc.integer({ min: 0, max: 120_000 })),
      budget: sometimes(
        10,
        fc.record({ calls: fc.integer({ min: 1, max: 300 }), reserve: fc.integer({ min: 0, max: 60 }) }),
      ),
    })
    .map(({ kill, interruptMs, budget, ...rest }) => ({
      ...rest,
      ...(budget && { budget }),
      ...(kill && { kill }),
      ...(interruptMs !== undefined && { interruptMs }),
    }));
}

const handWeights = fc.constantFrom<Weights>({ blue: 63, green: 37 }, { blue: 50, green: 50 }, { blue: 0, green: 100 });

function retires({ command }: DriverPlan): boolean {
  return command.kind === "retire";
}

export const schedules: fc.Arbitrary<Schedule> = fc
  .record({
    seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    fresh: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    services: fc.constantFrom(1, 1, 2),
    drivers: fc.tuple(driver(true), fc.array(driver(false), { maxLength: 3 })).map(([a, more]) => [a, ...more]),
    v3: fc.constantFrom<Behaviour>("ok", "ok", "crash", "sick"),
    hands: fc.array(
      fc.record({ atMs: fc.integer({ min: 0, max: 400_000 }), service: fc.nat({ max: 1 }), weights: handWeights }),
      { maxLength: 1 },
    ),
    handCounts: fc.array(
      fc.record({
        atMs: fc.integer({ min: 0, max: 400_000 }),
        service: fc.nat({ max: 1 }),
        colour: fc.constantFrom(...colours),
        desired: fc.constantFrom(0, 1, 6),
      }),
      { maxLength: 1 },
    ),
    flaps: fc.array(
      fc.record({
        atMs: fc.integer({ min: 0, max: 300_000 }),
        service: fc.nat({ max: 1 }),
        colour: fc.constantFrom(...colours),
        targets: fc.integer({ min: 1, max: 3 }),
        forMs: fc.integer({ min: 5_000, max: 400_000 }),
      }),
      { maxLength: 2 },
    ),
    alarmAtMs: sometimes(8, fc.integer({ min: 0, max: 300_000 })),
    staleMs: fc.constantFrom(0, 0, 3_000),
    lagMs: fc.constantFrom(0, 2_000, 45_000),
    portsMove: fc.boolean(),
    routes: fc.constantFrom<RouteTable>("same", "same", "path", "swap", "wider", "narrower"),
  })
  .map(({ alarmAtMs, routes, ...rest }) => ({
    ...rest,
    // A new service is given no place that a release still has; a retired one keeps its own until it is removed.
    routes: rest.fresh || (routes === "swap" && rest.drivers.some(retires)) ? ("path" as const) : routes,
    ...(alarmAtMs !== undefined && { alarmAtMs }),
  }));
