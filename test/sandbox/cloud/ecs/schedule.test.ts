import assert from "node:assert/strict";
import fc from "fast-check";
import {
  backoffMs,
  breakerThreshold,
  type DeploymentView,
  isUp,
  type ServiceView,
  schedule,
  type TaskView,
} from "../../../../sandbox/cloud/ecs/schedule.ts";

const deployment = (id: string, more: Partial<DeploymentView> = {}): DeploymentView => ({
  id,
  rollout: "IN_PROGRESS",
  failedTasks: 0,
  proven: false,
  retryAt: 0,
  ...more,
});
const task = (id: string, owner: string, more: Partial<TaskView> = {}): TaskView => ({
  id,
  deployment: owner,
  phase: "running",
  startedAt: 0,
  health: "healthy",
  ...more,
});
const service = (more: Partial<ServiceView> = {}): ServiceView => ({
  desired: 2,
  minimumHealthyPercent: 100,
  maximumPercent: 200,
  graceMs: 0,
  breaker: true,
  deployments: [deployment("new")],
  tasks: [],
  ...more,
});
const done = (id: string) => deployment(id, { rollout: "COMPLETED", proven: true });

describe("service scheduler", () => {
  const cases: [string, Partial<ServiceView>, unknown[]][] = [
    ["starts what is wanted", {}, [{ kind: "start", deployment: "new", count: 2 }]],
    [
      "does nothing while tasks start",
      { tasks: [task("a", "new", { phase: "starting" }), task("b", "new", { phase: "starting" })] },
      [],
    ],
    [
      "waits for the load balancer to find them healthy",
      { tasks: [task("a", "new", { health: "waiting" }), task("b", "new", { health: "waiting" })] },
      [],
    ],
    [
      "completes when all are up",
      { tasks: [task("a", "new"), task("b", "new", { health: "none" })] },
      [{ kind: "proven", deployment: "new" }, { kind: "completed", deployment: "new" }, { kind: "steady" }],
    ],
    [
      "completes at once when nothing is wanted",
      { desired: 0 },
      [{ kind: "completed", deployment: "new" }, { kind: "steady" }],
    ],
    [
      "replaces beside the old tasks, which stay",
      { deployments: [deployment("new"), done("old")], tasks: [task("a", "old"), task("b", "old")] },
      [{ kind: "start", deployment: "new", count: 2 }],
    ],
    [
      "starts no more than the maximum",
      {
        maximumPercent: 150,
        deployments: [deployment("new"), done("old")],
        tasks: [task("a", "old"), task("b", "old")],
      },
      [{ kind: "start", deployment: "new", count: 1 }],
    ],
    [
      "stops an old task for each new one that is up",
      {
        deployments: [deployment("new", { proven: true }), done("old")],
        tasks: [task("a", "old"), task("b", "old"), task("c", "new"), task("d", "new", { health: "waiting" })],
      },
      [{ kind: "stop", task: "a", reason: "scale" }],
    ],
    [
      "makes room first where the maximum leaves none",
      {
        minimumHealthyPercent: 50,
        maximumPercent: 100,
        deployments: [deployment("new"), done("old")],
        tasks: [task("a", "old"), task("b", "old")],
      },
      [{ kind: "stop", task: "a", reason: "scale" }],
    ],
    [
      "stops old tasks that are not up without waiting",
      {
        deployments: [deployment("new"), deployment("old")],
        tasks: [task("a", "old", { health: "waiting" }), task("b", "old")],
      },
      [
        { kind: "stop", task: "a", reason: "scale" },
        { kind: "start", deployment: "new", count: 2 },
      ],
    ],
    [
      "retires an earlier deployment without tasks",
      { deployments: [deployment("new", { proven: true }), done("old")], tasks: [task("a", "new"), task("b", "new")] },
      [{ kind: "retired", deployment: "old" }, { kind: "completed", deployment: "new" }, { kind: "steady" }],
    ],
    [
      "scales in, those that are not up first",
      { desired: 1, deployments: [done("new")], tasks: [task("a", "new"), task("b", "new", { health: "waiting" })] },
      [{ kind: "stop", task: "b", reason: "scale" }],
    ],
    [
      "replaces an unhealthy task",
      {
        deployments: [done("new")],
        tasks: [task("a", "new"), task("b", "new", { health: "unhealthy", unhealthyIn: "group" })],
      },
      [
        { kind: "stop", task: "b", reason: "unhealthy", targetGroup: "group" },
        { kind: "start", deployment: "new", count: 1 },
      ],
    ],
    [
      "forgives an unhealthy task within its grace period",
      {
        graceMs: 2000,
        deployments: [done("new")],
        tasks: [task("a", "new"), task("b", "new", { health: "unhealthy" })],
      },
      [],
    ],
    [
      "starts nothing before the back-off is over",
      { deployments: [deployment("new", { failedTasks: 1, retryAt: 1001 })] },
      [],
    ],
    [
      "breaks the circuit at the threshold",
      { deployments: [deployment("new", { failedTasks: 3 })] },
      [{ kind: "failed", deployment: "new" }],
    ],
    [
      "does not break without the breaker",
      { breaker: false, deployments: [deployment("new", { failedTasks: 3 })] },
      [{ kind: "start", deployment: "new", count: 2 }],
    ],
    [
      "does not break a deployment that had a task up",
      { deployments: [deployment("new", { failedTasks: 3, proven: true })] },
      [{ kind: "start", deployment: "new", count: 2 }],
    ],
    [
      "leaves what serves alone after a failed deployment",
      {
        deployments: [deployment("new", { rollout: "FAILED" }), done("old")],
        tasks: [task("a", "old"), task("b", "old")],
      },
      [],
    ],
  ];
  for (const [name, more, expected] of cases) {
    it(name, () => assert.deepEqual(schedule(service(more), 1000).decisions, expected));
  }

  it("looks again when the grace period or the back-off is over", () => {
    const tasks = [task("a", "new", { health: "unhealthy", startedAt: 500 })];
    assert.equal(schedule(service({ desired: 1, graceMs: 700, tasks }), 1000).wakeAt, 1200);
    assert.equal(schedule(service({ deployments: [deployment("new", { retryAt: 1500 })] }), 1000).wakeAt, 1500);
    assert.equal(schedule(service(), 1000).wakeAt, undefined);
  });

  it("counts failures for the breaker as AWS does", () => {
    const thresholds = [1, 5, 6, 7, 25, 399, 400, 1000].map(breakerThreshold);
    assert.deepEqual(thresholds, [3, 3, 3, 4, 13, 200, 200, 200]);
    assert.deepEqual([0, 1, 2, 3, 20].map(backoffMs), [0, 10_000, 20_000, 40_000, 900_000]);
  });

  it("rolls out whatever the percentages: the minimum stays up, the maximum is kept, and it ends", () => {
    const percents = fc
      .tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 100, max: 300 }))
      .filter(([minimum, maximum]) => maximum > minimum);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        percents,
        fc.infiniteStream(fc.nat(2)),
        (desired, [minimum, maximum], choices) => {
          const lower = Math.ceil((desired * minimum) / 100);
          const upper = Math.floor((desired * maximum) / 100);
          // Rounding can leave no room at all; AWS waits for ever then too.
          fc.pre(lower < upper);
          let tasks: TaskView[] = Array.from({ length: desired }, (_, i) => task(`old-${i}`, "old"));
          let deployments = [deployment("new"), done("old")];
          for (let round = 0; round < 200; round++) {
            const { decisions } = schedule(
              service({ desired, minimumHealthyPercent: minimum, maximumPercent: maximum, deployments, tasks }),
              round,
            );
            for (const decision of decisions) {
              if (decision.kind === "start") {
                tasks.push(
                  ...Array.from({ length: decision.count }, (_, i) =>
                    task(`new-${round}-${i}`, "new", { phase: "starting" }),
                  ),
                );
              } else if (decision.kind === "stop") {
                tasks = tasks.map((one) => (one.id === decision.task ? { ...one, phase: "stopping" } : one));
              } else if (decision.kind === "retired")
                deployments = deployments.filter(({ id }) => id !== decision.deployment);
            }
            if (decisions.some(({ kind }) => kind === "steady")) {
              assert.equal(tasks.length, desired);
              assert.ok(tasks.every(({ deployment: owner }) => owner === "new"));
              return;
            }
            assert.ok(tasks.filter(isUp).length >= lower, "the minimum is up");
            assert.ok(
              tasks.filter(({ phase }) => phase !== "stopping").length <= Math.max(upper, desired),
              "the maximum is kept",
            );
            // Anything may move on by itself, in any order.
            tasks = tasks.flatMap((one): TaskView[] => {
              if (choices.next().value === 0) return [one];
              if (one.phase === "stopping") return [];
              return [one.phase === "starting" ? { ...one, phase: "running" } : one];
            });
          }
          assert.fail("the deployment did not end");
        },
      ),
    );
  });
});
