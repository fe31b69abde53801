/** Shifting traffic by the driver's own functions, in this process: one service, then many at once, beside bare calls. */
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { surroundings } from "../automation/choose-surroundings.ts";
import { systemClock } from "../automation/clock.ts";
import type { RunEvent } from "../automation/deploy/conduct/loop.ts";
import { operate } from "../automation/deploy/conduct/operation.ts";
import { openAws, openTable, type Session } from "../automation/deploy/conduct/session.ts";
import type { Goal } from "../automation/deploy/decide/goal.ts";
import type { EnvironmentShape, ServiceShape } from "../automation/deploy/observe/shape.ts";
import { startFleet } from "./fleet.ts";
import { type BenchResult, callsBetween, median, type Row, rounded, total } from "./measure.ts";

/** Rounds behind a median, more of one service, whose times are short. With those that warm up an even number: the last ends where the first began. */
const rounds = { one: 14, many: 8 };
const warmUp = 2;
/** A written rule may take this long to be in force. */
const propagationMs = 15_000;
/** How much later AWS answers than the sandbox: an assumption for a command that runs elsewhere than its AWS, not a measurement. */
const wireMs = Number(process.env["BENCH_DELAY"] ?? 100);

interface Shifted {
  /** From the decision to shift until every service is proven to serve 100% of the other colour. */
  readonly provenMs: number;
  /** From the operation's start, the lease included, to its end. */
  readonly operationMs: number;
  /** AWS calls of the shift and its proof, and of the whole operation. */
  readonly shiftCalls: Record<string, number>;
  readonly calls: Record<string, number>;
}

interface Measured {
  readonly shifted: readonly Shifted[];
  /** The bare calls for the same services, between the driver's shifts. */
  readonly bareMs: readonly number[];
}

interface Setting {
  readonly one: Measured;
  readonly many: Measured;
}

export async function shift(size: number): Promise<BenchResult> {
  const fleet = await startFleet(size);
  const one = await fleet.stack("bench-one", 1);
  const many = await fleet.stack("bench-many", size);
  const setting = async (): Promise<Setting> => ({
    one: await measured("bench-one", one, rounds.one),
    many: await measured("bench-many", many, rounds.many),
  });
  const near = await setting();
  const far = await answeringLater(wireMs, setting);
  const bareEach = median(near.many.bareMs) / size;
  const serial = `no limit: moto takes the calls one by one, ${rounded(bareEach)} ms each, on the same cores`;
  const rows = [
    ...times("as the sandbox answers", size, near, { note: serial }),
    ...times(`every AWS answer ${wireMs} ms later`, size, far, { limit: 3 }),
    ...counts(size, near),
  ];
  const [first, last] = [newest(near.one), newest(near.many)];
  const samples = ({ one, many }: Setting) => ({
    oneMs: one.shifted.map((s) => s.provenMs),
    oneBareMs: one.bareMs,
    manyMs: many.shifted.map((s) => s.provenMs),
    manyBareMs: many.bareMs,
  });
  const calls = {
    "one service's shift": first.shiftCalls,
    "one service's rollback": first.calls,
    [`${size} services' shift`]: last.shiftCalls,
    [`${size} services' rollback`]: last.calls,
  };
  return { bench: "shift", rows, calls, details: { rounds, wireMs, near: samples(near), far: samples(far) } };
}

function newest({ shifted }: Measured): Shifted {
  return shifted.at(-1) as Shifted;
}

function times(group: string, size: number, { one, many }: Setting, besideOne: Pick<Row, "limit" | "note">): Row[] {
  const proven = ({ shifted }: Measured) => median(shifted.map((s) => s.provenMs));
  const whole = median(one.shifted.map((s) => s.operationMs));
  const [bare, bareAll] = [median(one.bareMs), median(many.bareMs)];
  const rows: Row[] = [
    { what: "bare ModifyRule and one request", value: bare, unit: "ms" },
    { what: "one service: decision to 100% proven", value: proven(one), unit: "ms" },
    { what: "one service, beside the bare calls", value: proven(one) / bare, unit: "×", limit: 2 },
    { what: "one service: whole rollback in this process", value: whole, unit: "ms" },
    { what: `${size} bare ModifyRule at once, and one request each`, value: bareAll, unit: "ms" },
    { what: `${size} services: decision to 100% proven`, value: proven(many), unit: "ms" },
    { what: `${size} services, beside the bare calls`, value: proven(many) / bareAll, unit: "×" },
    { what: `${size} services beside one`, value: proven(many) / proven(one), unit: "×", ...besideOne },
  ];
  return rows.map((row) => ({ group, ...row }));
}

/** Calls do not depend on how long they take. */
function counts(size: number, { one, many }: Setting): Row[] {
  const [first, last] = [newest(one), newest(many)];
  const writes = (s: Shifted) => s.shiftCalls["elb.ModifyRule"] ?? 0;
  const each = { value: total(last.calls) / size, limit: total(first.calls) };
  const rows: Omit<Row, "unit">[] = [
    { what: "one service: writes to AWS in the shift", value: writes(first), limit: 1 },
    { what: "one service: AWS calls of shift and proof", value: total(first.shiftCalls) },
    { what: "one service: AWS calls of the rollback", value: total(first.calls) },
    { what: `${size} services: writes to AWS in the shift, each`, value: writes(last) / size, limit: 1 },
    { what: `${size} services: AWS calls of shift and proof`, value: total(last.shiftCalls) },
    { what: `${size} services: AWS calls of the rollback, each`, ...each },
  ];
  return rows.map((row) => ({ group: "AWS calls", unit: "calls", ...row }));
}

/** Has the cloud answer every AWS call, the ledger's included, so much later. Requests to the load balancer are no such calls. */
async function answeringLater<T>(ms: number, measure: () => Promise<T>): Promise<T> {
  const faults = new URL("/_switchyard/faults", process.env["AWS_ENDPOINT_URL"]);
  const body = JSON.stringify([{ service: "*", operation: "*", effect: { delay: ms } }]);
  const { ok } = await fetch(faults, { method: "POST", body });
  if (!ok) throw new Error("the sandbox's cloud takes no delay");
  try {
    return await measure();
  } finally {
    await fetch(faults, { method: "DELETE" });
  }
}

/** Rollbacks there and back again, so that everything ends as it began; the bare calls in between, under the same load. */
async function measured(stack: string, shape: EnvironmentShape, wanted: number): Promise<Measured> {
  const shifted: Shifted[] = [];
  const bareMs: number[] = [];
  const elb = new ElasticLoadBalancingV2({});
  for (let i = 0; i < warmUp + wanted; i++) {
    shifted.push(await rollBack(stack, shape));
    const colours = i % 2 === 0 ? (["blue", "green"] as const) : (["green", "blue"] as const);
    for (const colour of colours) bareMs.push(await bareShift(elb, shape, colour));
  }
  elb.destroy();
  return { shifted: shifted.slice(warmUp), bareMs: bareMs.slice(2 * warmUp) };
}

async function rollBack(stack: string, shape: EnvironmentShape): Promise<Shifted> {
  const where = await surroundings();
  const aws = await openAws(where, stack);
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
    propagationMs: 1_000,
    finalBakeMs: 0,
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

/** What a shift of all services is without a driver: their rules written at once, and requests until the other version answers. */
async function bareShift(
  elb: ElasticLoadBalancingV2,
  { url, services }: EnvironmentShape,
  live: "blue" | "green",
): Promise<number> {
  const write = (service: ServiceShape) =>
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
  const expected = live === "blue" ? "light-1" : "light-2";
  const started = performance.now();
  const until = started + propagationMs;
  const each = Object.values(services).map(async (service) => {
    await write(service);
    while ((await ask(service)) !== expected)
      if (performance.now() > until) throw new Error(`the rule was written, and not ${expected} answered`);
  });
  await Promise.all(each);
  return performance.now() - started;
}
