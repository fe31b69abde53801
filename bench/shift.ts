/** Shifting traffic by the driver's own functions, in this process: one service, then many at once, beside bare calls. */
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { systemClock } from "../automation/clock.ts";
import type { Goal } from "../automation/deploy/model.ts";
import { operate } from "../automation/deploy/operation.ts";
import type { RunEvent } from "../automation/deploy/run.ts";
import { openAws, openTable, type Session } from "../automation/deploy/session.ts";
import type { EnvironmentShape, ServiceShape } from "../automation/deploy/shape.ts";
import { surroundings } from "../automation/surroundings.ts";
import { environmentConfig } from "../programs/config.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { type BenchResult, callsBetween, median, quantile, type Row, total } from "./measure.ts";

const rounds = 8;
/** A written rule may take this long to be in force. */
const propagationMs = 15_000;

interface Shifted {
  /** From the decision to shift until every service is proven to serve 100% of the other colour. */
  readonly provenMs: number;
  /** From the operation's start, the lease included, to its end. */
  readonly operationMs: number;
  /** AWS calls of the shift and its proof, and of the whole operation. */
  readonly shiftCalls: Record<string, number>;
  readonly calls: Record<string, number>;
}

export async function shift(size: number): Promise<BenchResult> {
  const fleet = await startFleet(size);
  const one = await measured(fleet, "bench-one", 1);
  const many = await measured(fleet, "bench-many", size);
  const bare = median(await bareShifts(one.shape));
  const bareAll = median(await bareShifts(many.shape));
  const ms = (all: readonly Shifted[]) => median(all.map((s) => s.provenMs));
  const [first, last] = [one.shifted.at(-1), many.shifted.at(-1)] as [Shifted, Shifted];
  const writes = (s: Shifted) => s.shiftCalls["elb.ModifyRule"] ?? 0;
  const rows: Row[] = [
    { what: "bare ModifyRule and one request", value: bare, unit: "ms" },
    { what: "one service: decision to 100% proven", value: ms(one.shifted), unit: "ms" },
    { what: "one service, beside the bare calls", value: ms(one.shifted) / bare, unit: "×", limit: 2 },
    {
      what: "one service: whole rollback in this process",
      value: median(one.shifted.map((s) => s.operationMs)),
      unit: "ms",
    },
    { what: "one service: writes to AWS in the shift", value: writes(first), unit: "calls", limit: 1 },
    { what: "one service: AWS calls of shift and proof", value: total(first.shiftCalls), unit: "calls" },
    { what: "one service: AWS calls of the rollback", value: total(first.calls), unit: "calls" },
    { what: `${size} services: decision to 100% proven`, value: ms(many.shifted), unit: "ms" },
    { what: `${size} bare ModifyRule at once, and one request each`, value: bareAll, unit: "ms" },
    { what: `${size} services, beside the bare calls`, value: ms(many.shifted) / bareAll, unit: "×" },
    { what: `${size} services beside one`, value: ms(many.shifted) / ms(one.shifted), unit: "×", limit: 3 },
    { what: `${size} services: writes to AWS in the shift, each`, value: writes(last) / size, unit: "calls", limit: 1 },
    { what: `${size} services: AWS calls of shift and proof`, value: total(last.shiftCalls), unit: "calls" },
    {
      what: `${size} services: AWS calls of the rollback, each`,
      value: total(last.calls) / size,
      unit: "calls",
      limit: total(first.calls),
    },
  ];
  const details = {
    rounds,
    oneMs: one.shifted.map((s) => s.provenMs),
    manyMs: many.shifted.map((s) => s.provenMs),
    slowestOneMs: quantile(
      one.shifted.map((s) => s.provenMs),
      1,
    ),
  };
  const calls = {
    "one service's shift": first.shiftCalls,
    "one service's rollback": first.calls,
    [`${size} services' shift`]: last.shiftCalls,
    [`${size} services' rollback`]: last.calls,
  };
  return { bench: "shift", rows, calls, details };
}

/** Rollbacks there and back again, so that everything ends as it began. */
async function measured(fleet: Fleet, stack: string, services: number) {
  const shape = await fleet.stack(stack, services);
  const shifted: Shifted[] = [];
  for (let i = 0; i < rounds; i++) shifted.push(await rollBack(stack, shape));
  return { shape, shifted: shifted.slice(2) };
}

async function rollBack(stack: string, shape: EnvironmentShape): Promise<Shifted> {
  const where = await surroundings();
  const aws = openAws(where);
  let decided: { at: number; calls: Record<string, number> } | undefined;
  let proven: { at: number; calls: Record<string, number> } | undefined;
  const now = () => ({ at: performance.now(), calls: aws.counts() });
  const report = (event: RunEvent) => {
    if (event.kind === "step" && event.step.phase === "shift") decided ??= now();
    if (event.kind === "result" && event.step.phase === "shift") proven = now();
  };
  const session: Session = {
    where,
    stack,
    config: configOf(stack, shape),
    aws,
    table: openTable(aws, stack),
    clock: systemClock,
    report,
    interrupted: () => undefined,
    wake: new AbortController().signal,
    stage: () => Promise.reject(new Error("a rollback stages nothing")),
    fetch,
  };
  const started = performance.now();
  try {
    const { end } = await operate(session, "rollback", (operation) => goal(operation, shape));
    if (end.outcome !== "succeeded" || !decided || !proven) throw new Error(`${stack}: ${end.outcome}, ${end.why}`);
    return {
      provenMs: proven.at - decided.at,
      operationMs: performance.now() - started,
      shiftCalls: callsBetween(decided.calls, proven.calls),
      calls: aws.counts(),
    };
  } finally {
    aws.close();
  }
}

/** All services are of one order: they shift together. */
function goal(operation: string, { services }: EnvironmentShape): Goal {
  const limits = {
    healthyMs: 60_000,
    failedTasks: 3,
    approvalMs: 60_000,
    keepWarmMs: 3_600_000,
    keepTaskDefinitions: 10,
  };
  return {
    kind: "rollback",
    operation,
    actor: "bench",
    version: "the other",
    strategy: { kind: "all-at-once" },
    limits,
    services: Object.keys(services).map((name) => ({
      name,
      order: 0,
      desiredCount: 1,
      scaling: { min: 1, max: 1 },
    })),
  } as Goal;
}

function configOf(stack: string, { services }: EnvironmentShape) {
  const service = (name: string, index: number) => ({
    path: `/${name}`,
    priority: index + 1,
    cpu: 256,
    memory: 512,
    healthCheck: { path: `/${name}/` },
  });
  const all = Object.fromEntries(Object.keys(services).map((name, index) => [name, service(name, index)]));
  return environmentConfig(stack, { tier: "development", services: all });
}

/** What a shift of all services is without a driver: their rules written at once, and requests until the other version answers. */
async function bareShifts({ url, services }: EnvironmentShape): Promise<number[]> {
  const elb = new ElasticLoadBalancingV2({});
  const write = (service: ServiceShape, live: "blue" | "green") =>
    elb.modifyRule({
      RuleArn: service.ruleArn,
      Actions: [
        {
          Type: "forward",
          ForwardConfig: {
            TargetGroups: (["blue", "green"] as const).map((colour) => ({
              TargetGroupArn: service[colour].targetGroupArn,
              Weight: colour === live ? 100 : 0,
            })),
          },
        },
      ],
    });
  const ask = async (service: ServiceShape) => {
    const answer = await fetch(new URL(service.healthCheckPath, url));
    await answer.text();
    return answer.headers.get("x-version");
  };
  const taken: number[] = [];
  for (let i = 0; i < rounds; i++)
    for (const colour of ["green", "blue"] as const) {
      const expected = colour === "blue" ? "light-1" : "light-2";
      const started = performance.now();
      const until = started + propagationMs;
      const each = Object.values(services).map(async (service) => {
        await write(service, colour);
        while ((await ask(service)) !== expected)
          if (performance.now() > until) throw new Error(`the rule was written, and not ${expected} answered`);
      });
      await Promise.all(each);
      taken.push(performance.now() - started);
    }
  elb.destroy();
  return taken.slice(2);
}
