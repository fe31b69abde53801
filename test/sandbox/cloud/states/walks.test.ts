import assert from "node:assert/strict";
import { mostLooks } from "../../../../programs/components/runner/machines/machines.ts";
import { mostApplies, mostTurns } from "../../../../programs/components/runner/machines/tasks.ts";
import { machines, places } from "../../../programs/components/runner/fixtures.ts";
import { type Answer, exited, walk } from "./walk.ts";

interface JobArguments {
  readonly JobDefinition: string;
  readonly ContainerOverrides: {
    readonly Command: readonly string[];
    readonly Environment: readonly { readonly Value: string }[];
  };
  readonly MessageBody: { readonly token: string; readonly started: string };
}

/** Machines by what is asked of them: `check` is the machine of merges, which only holds a plan against the approved one then. */
const walked = { ...machines, check: machines.merge };
type Name = keyof typeof walked;

const commit = "0123456789abcdef0123456789abcdef01234567";
const input = { stack: "production", commit, actor: "ada", pullRequest: 7 };
const inputs: Readonly<Record<Name, object>> = {
  plan: input,
  "plan-apply": input,
  merge: input,
  check: { ...input, check: true },
  release: { ...input, pullRequest: 0, tag: "v2", service: "" },
  ephemeral: { ...input, stack: "pr-7", tag: "v2", ttlSeconds: 3_600 },
  run: { ...input, role: "deploy", command: ["deploy", "production", "--tag", "v2"] },
};

const timedOut: Answer = { error: "States.Timeout" };
const killed: Answer = {
  error: "States.TaskFailed",
  cause: JSON.stringify({ Status: "FAILED", StatusReason: "Host gone" }),
};
const cancelledByQueue = "Canceled by JobStateTimeLimit action due to reason: CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY";
/** Its queue has cancelled it, or its image was never pulled: as AWS Batch tells it. */
const neverRan = (StatusReason: string, Reason?: string): Answer => ({
  error: "States.TaskFailed",
  cause: JSON.stringify({ Status: "FAILED", StatusReason, Container: { ...(Reason && { Reason }) }, Attempts: [] }),
});
const waitsForRoom = neverRan(cancelledByQueue);
const times = (count: number, answer: Answer): Answer[] => Array.from({ length: count }, () => answer);

const machineOf = (name: Name) => (name === "check" ? "merge" : name);

/** Whether a catch that names some errors takes one (Amazon States Language, "Error names"). */
function takes(names: readonly string[], error: string): boolean {
  if (names.includes(error) || names.includes("States.ALL")) return true;
  return names.includes("States.TaskFailed") && error !== "States.Timeout";
}

/** Machine, what its tasks answer, the states after `Begin`, and what it fails by. */
type Row = readonly [Name, Readonly<Record<string, readonly Answer[]>>, string, string | undefined];

const applied = "Plan AskApproval Apply";
const turn = "WhyNotApplied WaitForTurn Apply";
const frozen = "Freeze Alert Frozen";
const makes = "Create WhyNotCreated WaitForTurn";
const dies = "Create WhyNotCreated Destroy";
/** A state that is entered once more after each of so many looks that told nothing. */
const looks = (state: string, again: number) =>
  [...Array.from({ length: again }, () => `${state} WhyNot${state} WaitTo${state}`), state].join(" ");

const walks: readonly Row[] = [
  ["plan", {}, "Plan Planned", undefined],
  ["plan", { Plan: [exited(25)] }, "Plan NotPlanned", "NotPlanned"],
  ["plan", { Plan: [timedOut] }, "Plan NotPlanned", "NotPlanned"],
  ["plan-apply", {}, `${applied} Validate Applied`, undefined],
  ["plan-apply", { Plan: [exited(7)] }, "Plan NotPlanned", "NotPlanned"],
  ["plan-apply", { Plan: [timedOut] }, "Plan NotPlanned", "NotPlanned"],
  ["plan-apply", { AskApproval: [{ error: "Rejected" }] }, "Plan AskApproval Rejected", "Rejected"],
  ["plan-apply", { AskApproval: [timedOut] }, "Plan AskApproval NotApprovedInTime", "NotApprovedInTime"],
  ["plan-apply", { AskApproval: [{ error: "SQS.QueueDoesNotExist" }] }, "Plan AskApproval NotAsked", "NotAsked"],
  ["plan-apply", { Apply: [exited(28)] }, `${applied} WhyNotApplied Refused`, "Refused"],
  ["plan-apply", { Apply: [exited(27)] }, `${applied} WhyNotApplied ValidateLastGood WentBack`, "WentBack"],
  [
    "plan-apply",
    { Apply: [exited(27)], ValidateLastGood: times(mostLooks, exited(10)) },
    `${applied} WhyNotApplied ${looks("ValidateLastGood", 2)} WhyNotValidateLastGood ${frozen}`,
    "Frozen",
  ],
  [
    "plan-apply",
    { Apply: [exited(27)], ValidateLastGood: [timedOut, exited(4)] },
    `${applied} WhyNotApplied ${looks("ValidateLastGood", 2)} WentBack`,
    "WentBack",
  ],
  ["plan-apply", { Apply: [exited(32)] }, `${applied} WhyNotApplied Alert Frozen`, "Frozen"],
  ["plan-apply", { Apply: [killed] }, `${applied} ${turn} Validate Applied`, undefined],
  ["plan-apply", { Apply: [timedOut, exited(4)] }, `${applied} ${turn} ${turn} Validate Applied`, undefined],
  ["plan-apply", { Apply: times(mostApplies, killed) }, `${applied} ${turn} ${turn} WhyNotApplied ${frozen}`, "Frozen"],
  [
    "plan-apply",
    { Validate: times(mostLooks, exited(10)) },
    `${applied} ${looks("Validate", 2)} WhyNotValidate ${frozen}`,
    "Frozen",
  ],
  [
    "plan-apply",
    { Validate: times(mostLooks, timedOut), Freeze: [exited(16)] },
    `${applied} ${looks("Validate", 2)} WhyNotValidate ${frozen}`,
    "Frozen",
  ],
  // Others are at work on the stack, and the job dies in between.
  [
    "plan-apply",
    { Validate: [...times(3, exited(4)), killed, exited(4)] },
    `${applied} ${looks("Validate", 5)} Applied`,
    undefined,
  ],
  ["plan-apply", { Validate: [exited(10), killed] }, `${applied} ${looks("Validate", 2)} Applied`, undefined],
  [
    "plan-apply",
    { Validate: times(mostLooks, exited(10)), Freeze: [timedOut], Alert: [timedOut] },
    `${applied} ${looks("Validate", 2)} WhyNotValidate ${frozen}`,
    "Frozen",
  ],
  ["merge", {}, "Which Apply Validate Applied", undefined],
  // Nothing was written: the stack stays as it is, and is frozen only after a job that died.
  ...[2, 15, 31].map(
    (code): Row => ["merge", { Apply: [exited(code)] }, "Which Apply WhyNotApplied Refused", "Refused"],
  ),
  [
    "merge",
    { Apply: [killed, exited(15), exited(15)] },
    `Which Apply ${turn} ${turn} WhyNotApplied ${frozen}`,
    "Frozen",
  ],
  ...[11, 24].map(
    (code): Row => [
      "merge",
      { Apply: times(mostApplies, exited(code)) },
      `Which Apply ${turn} ${turn} WhyNotApplied NotBegun`,
      "NotBegun",
    ],
  ),
  [
    "merge",
    { Apply: [exited(24), exited(4), exited(11)] },
    `Which Apply ${turn} ${turn} ${turn} Validate Applied`,
    undefined,
  ],
  [
    "merge",
    { Apply: [exited(24), killed, exited(24)] },
    `Which Apply ${turn} ${turn} WhyNotApplied ${frozen}`,
    "Frozen",
  ],
  ["merge", { Apply: [exited(23)] }, "Which Apply WhyNotApplied FrozenBefore", "FrozenBefore"],
  [
    "merge",
    { Apply: [killed, ...times(2, exited(23))] },
    `Which Apply ${turn} ${turn} WhyNotApplied ${frozen}`,
    "Frozen",
  ],
  ["merge", { Apply: [exited(28)] }, "Which Apply WhyNotApplied Refused", "Refused"],
  // Nothing was applied yet, and a job that freezes the stack would not start either.
  ["plan-apply", { Apply: [waitsForRoom] }, `${applied} WhyNotApplied NotStarted`, "NotStarted"],
  [
    "merge",
    { Apply: [neverRan("Task failed to start", "CannotPullContainerError: none")] },
    "Which Apply WhyNotApplied NotStarted",
    "NotStarted",
  ],
  ["merge", { Apply: [exited(24), waitsForRoom] }, `Which Apply ${turn} WhyNotApplied NotStarted`, "NotStarted"],
  ["merge", { Apply: [killed, waitsForRoom] }, `Which Apply ${turn} ${turn} Validate Applied`, undefined],
  [
    "merge",
    { Apply: [killed, ...times(2, waitsForRoom)] },
    `Which Apply ${turn} ${turn} WhyNotApplied ${frozen}`,
    "Frozen",
  ],
  ["merge", { Apply: [exited(27)] }, "Which Apply WhyNotApplied ValidateLastGood WentBack", "WentBack"],
  [
    "merge",
    { Apply: [exited(27)], ValidateLastGood: times(mostLooks, exited(10)) },
    `Which Apply WhyNotApplied ${looks("ValidateLastGood", 2)} WhyNotValidateLastGood ${frozen}`,
    "Frozen",
  ],
  [
    "merge",
    { Apply: [exited(27)], ValidateLastGood: [timedOut] },
    `Which Apply WhyNotApplied ${looks("ValidateLastGood", 1)} WentBack`,
    "WentBack",
  ],
  ["merge", { Apply: [exited(32)] }, "Which Apply WhyNotApplied Alert Frozen", "Frozen"],
  ["merge", { Apply: [timedOut, killed] }, `Which Apply ${turn} ${turn} Validate Applied`, undefined],
  [
    "merge",
    { Validate: times(mostLooks, exited(10)), Freeze: [exited(16)] },
    `Which Apply ${looks("Validate", 2)} WhyNotValidate ${frozen}`,
    "Frozen",
  ],
  [
    "merge",
    { Validate: times(mostLooks, timedOut), Freeze: [timedOut], Alert: [timedOut] },
    `Which Apply ${looks("Validate", 2)} WhyNotValidate ${frozen}`,
    "Frozen",
  ],
  ["check", {}, "Which Check Checked", undefined],
  ["check", { Check: [exited(28)] }, "Which Check WhyNotChecked Refused", "Refused"],
  ["check", { Check: [exited(7)] }, "Which Check WhyNotChecked NotChecked", "NotChecked"],
  ["check", { Check: [timedOut] }, "Which Check WhyNotChecked NotChecked", "NotChecked"],
  ["release", {}, "Deploy Deployed", undefined],
  ["release", { Deploy: [exited(6)] }, "Deploy NotDeployed", "NotDeployed"],
  ["release", { Deploy: [timedOut] }, "Deploy NotDeployed", "NotDeployed"],
  ["ephemeral", {}, "Create ScheduleDestroy Created", undefined],
  // The command has destroyed what never answered, and left what did: a version that there is none of takes no preview away.
  ...[2, 8, 11].map(
    (code): Row => ["ephemeral", { Create: [exited(code)] }, "Create WhyNotCreated NotCreated", "NotCreated"],
  ),
  [
    "ephemeral",
    { Create: [exited(4), killed, exited(137)] },
    `${makes} ${makes} ${makes} Create ScheduleDestroy Created`,
    undefined,
  ],
  ["ephemeral", { Create: times(mostApplies, exited(137)) }, `${makes} ${makes} ${dies} Destroyed`, "Destroyed"],
  [
    "ephemeral",
    { Create: times(mostApplies, timedOut), Destroy: [exited(8)] },
    `${makes} ${makes} ${dies} NotDestroyed`,
    "NotDestroyed",
  ],
  [
    "ephemeral",
    { Create: times(mostApplies, killed), Destroy: [timedOut] },
    `${makes} ${makes} ${dies} NotDestroyed`,
    "NotDestroyed",
  ],
  [
    "ephemeral",
    { ScheduleDestroy: [{ error: "Scheduler.ConflictException" }] },
    "Create ScheduleDestroy MoveDestroy Created",
    undefined,
  ],
  [
    "ephemeral",
    {
      ScheduleDestroy: [{ error: "Scheduler.ConflictException" }],
      MoveDestroy: [{ error: "Scheduler.ResourceNotFoundException" }],
    },
    "Create ScheduleDestroy MoveDestroy ScheduleDestroy Created",
    undefined,
  ],
  [
    "ephemeral",
    { ScheduleDestroy: [{ error: "Scheduler.ConflictException" }], MoveDestroy: [timedOut] },
    "Create ScheduleDestroy MoveDestroy Destroy Destroyed",
    "Destroyed",
  ],
  [
    "ephemeral",
    { ScheduleDestroy: [{ error: "Scheduler.ValidationException" }] },
    "Create ScheduleDestroy Destroy Destroyed",
    "Destroyed",
  ],
  ["ephemeral", { Create: [waitsForRoom] }, "Create WhyNotCreated NotCreated", "NotCreated"],
  [
    "ephemeral",
    { Create: [killed, ...times(2, waitsForRoom)], Destroy: [waitsForRoom] },
    `${makes} ${makes} ${dies} NotDestroyed`,
    "NotDestroyed",
  ],
  ["run", {}, "KnownRole Run Ran", undefined],
  ["run", { Run: [exited(1)] }, "KnownRole Run Failed", "Failed"],
  ["run", { Run: [timedOut] }, "KnownRole Run Failed", "Failed"],
];

describe("walks through the runner's state machines", () => {
  for (const [name, answers, path, failed] of walks)
    it(`${name}: ${path}`, async () => {
      const went = await walk(walked[name], inputs[name], answers);
      assert.equal(went.path.slice(1).join(" "), path);
      assert.equal(went.failed, failed);
    });

  /** What has to be answered before a state is reached; nothing where it is on the way of what goes well. */
  const before: Readonly<Record<string, Readonly<Record<string, readonly Answer[]>>>> = {
    ValidateLastGood: { Apply: [exited(27)] },
    Freeze: { Validate: times(mostLooks, exited(10)) },
    Alert: { Validate: times(mostLooks, exited(10)) },
    MoveDestroy: { ScheduleDestroy: [{ error: "Scheduler.ConflictException" }] },
    Destroy: { Create: times(mostApplies, killed) },
  };
  for (const [name, { States }] of Object.entries(walked) as [Name, (typeof walked)[Name]][])
    for (const [state, task] of Object.entries(States)) {
      // Of one machine the way to each state is another's walk.
      if (task.Type !== "Task" || (state === "Check") !== (name === "check")) continue;
      for (const error of task.Retry.flatMap(({ ErrorEquals }) => ErrorEquals))
        it(`${name}: ${state} is tried again after ${error}, later each time, and six times at most`, async () => {
          const reached = before[state] ?? {};
          const answered = (count: number) =>
            walk(walked[name], inputs[name], { ...reached, [state]: times(count, { error }) });
          const plain = await answered(0);
          const twice = await answered(2);
          // Those on the way there come first.
          const waited = ({ waits }: typeof plain) => waits.slice(plain.waits.length);
          assert.deepEqual([twice.failed, waited(twice)], [plain.failed, [2, 4]]);
          const always = await answered(7);
          const tried = always.calls.filter((call) => call.state === state).length;
          assert.ok(
            tried >= 7 &&
              waited(always)
                .slice(0, 6)
                .every((wait, index) => wait === Math.min(60, 2 ** (index + 1))),
          );
        });
    }

  it("waits for another one's lease so long, and applies nothing", async () => {
    const { failed, waits } = await walk(machines["plan-apply"], input, { Apply: times(mostTurns + 1, exited(4)) });
    assert.equal(failed, "NoTurn");
    assert.equal(waits.length, mostTurns);
    assert.ok(waits.every((seconds) => seconds >= 30 && seconds <= 90));
  });

  it("waits as long for whoever is at work on a preview, and leaves it to them", async () => {
    const { failed, calls } = await walk(machines.ephemeral, inputs.ephemeral, {
      Create: times(mostTurns + 1, exited(4)),
    });
    assert.equal(failed, "NoTurn");
    assert.ok(calls.every(({ state }) => state === "Create"));
  });

  it("waits as long for whoever is at work on a stack that it looks at, and freezes it only then", async () => {
    const busy = (count: number) =>
      walk(machines.merge, input, { Apply: [exited(4)], Validate: times(count, exited(4)) });
    const waited = await busy(mostTurns);
    assert.deepEqual([waited.failed, waited.waits.length], [undefined, 1 + mostTurns]);
    assert.equal((await busy(mostTurns + 1)).failed, "Frozen");
  });

  it("takes every catch of every task", async () => {
    const taken = new Set<string>();
    for (const [name, answers] of walks) {
      const { States } = walked[name];
      const { calls } = await walk(walked[name], inputs[name], answers);
      for (const { state } of calls) {
        const task = States[state];
        if (task?.Type !== "Task") continue;
        for (const answer of answers[state] ?? []) {
          // Of several the first that names it takes it.
          const which = "error" in answer ? task.Catch.findIndex((each) => takes(each.ErrorEquals, answer.error)) : -1;
          if (which >= 0) taken.add(`${machineOf(name)} ${state} ${which}`);
        }
      }
    }
    const untaken = Object.entries(machines).flatMap(([name, { States }]) =>
      Object.entries(States).flatMap(([state, task]) =>
        task.Type !== "Task"
          ? []
          : task.Catch.map((_, which) => `${name} ${state} ${which}`).filter((each) => !taken.has(each)),
      ),
    );
    assert.deepEqual(untaken, []);
  });

  it("runs the driver with what the execution is of, by the role's own job definition", async () => {
    const { calls } = await walk(machines["plan-apply"], input);
    const [plan, approval, apply] = calls.map((call) => call.arguments as JobArguments);
    assert.deepEqual(plan?.ContainerOverrides.Command, ["plan", "production"]);
    assert.deepEqual(apply?.ContainerOverrides.Command, ["ci", "merge", "--only", "production"]);
    assert.deepEqual(
      [plan?.JobDefinition, apply?.JobDefinition],
      [places.jobDefinitions.plan, places.jobDefinitions.deploy],
    );
    const platform = (await walk(machines["plan-apply"], { ...input, stack: "pipeline" })).calls;
    const definitions = platform.map((call) => (call.arguments as JobArguments).JobDefinition);
    assert.equal(definitions[2], places.jobDefinitions.apply);
    assert.equal(plan?.ContainerOverrides.Environment[0]?.Value, commit);
    assert.equal(approval?.MessageBody.token, calls[1]?.token);
    assert.equal(approval?.MessageBody.started, "2026-01-01T00:00:00.000Z");
    const run = (await walk(machines.run, inputs.run)).calls[0]?.arguments as JobArguments;
    assert.deepEqual(run.ContainerOverrides.Command, ["deploy", "production", "--tag", "v2"]);
    assert.equal(run.JobDefinition, places.jobDefinitions.deploy);
  });

  const at = (LogStreamName: string): Answer => ({
    error: "States.TaskFailed",
    cause: JSON.stringify({ StatusReason: "Host gone", Container: { LogStreamName } }),
  });
  for (const [name, answers, cause] of [
    ["run", { Run: [at("plan/1")] }, "The command failed: the log is plan/1 of /switchyard/runner/jobs"],
    ["run", { Run: [timedOut] }, "The command failed"],
    ["plan", { Plan: [killed] }, "The pull request must not be merged, or was not planned"],
    ["release", { Deploy: [at("d/2")] }, "The version was not deployed: the log is d/2 of /switchyard/runner/jobs"],
    [
      "merge",
      { Apply: [waitsForRoom] },
      `Nothing was applied: its job never started (docs/runner.md, A job that never starts): ${cancelledByQueue}`,
    ],
    [
      "plan",
      { Plan: [neverRan("Task failed to start", "CannotPullContainerError: none")] },
      "The pull request must not be merged, or was not planned: its job never started (docs/runner.md, A job that never starts): Task failed to start (CannotPullContainerError: none)",
    ],
    [
      "merge",
      { Validate: times(mostLooks, at("plan/3")) },
      "Neither the merge nor the last good commit is applied as it should be: the log is plan/3 of /switchyard/runner/jobs",
    ],
  ] as const)
    it(`${name} says where the log is of a job that failed or was killed, or why it never ran: ${cause}`, async () => {
      assert.equal((await walk(walked[name], inputs[name], answers)).cause, cause);
    });

  it("takes a merge back where another stack of it failed, by its own job", async () => {
    const { calls } = await walk(
      machines.merge,
      { ...input, stack: "pipeline", takeBack: true },
      { Apply: [exited(27)] },
    );
    const [back] = calls.map((call) => call.arguments as JobArguments);
    assert.deepEqual(back?.ContainerOverrides.Command, ["ci", "merge", "--only", "pipeline", "--take-back"]);
    assert.equal(back?.JobDefinition, places.jobDefinitions.apply);
    // Another stack of the merge has failed: what cannot go back is frozen, whatever the reason.
    for (const code of [2, 15, 24]) {
      const stays = await walk(
        machines.merge,
        { ...input, takeBack: true },
        { Apply: times(mostApplies, exited(code)) },
      );
      assert.equal(stays.failed, "Frozen");
    }
  });

  it("holds a plan against the approved one by a job that may read what is made, and applies nothing", async () => {
    const { calls } = await walk(machines.merge, inputs.check);
    const jobs = calls.map((call) => call.arguments as JobArguments);
    assert.deepEqual(
      jobs.map(({ JobDefinition, ContainerOverrides: { Command } }) => [JobDefinition, Command]),
      [[places.jobDefinitions.drift, ["ci", "merge", "--only", "production", "--check"]]],
    );
  });

  it("validates by a job that may read what is made", async () => {
    const { calls } = await walk(machines.merge, input);
    const [, validates] = calls.map((call) => call.arguments as JobArguments);
    assert.equal(validates?.JobDefinition, places.jobDefinitions.drift);
  });

  it("deploys a release to the one environment that its jobs may change, whatever the input names", async () => {
    const commandOf = async (more: object) => {
      const { calls } = await walk(machines.release, { ...inputs.release, ...more });
      return calls.map((call) => (call.arguments as JobArguments).ContainerOverrides.Command)[0];
    };
    assert.deepEqual(await commandOf({ stack: "staging" }), ["deploy", "production", "--tag", "v2"]);
    assert.deepEqual(await commandOf({ service: "api" }), ["deploy", "production", "--tag", "v2", "--service", "api"]);
  });

  it("runs nothing for a role that is none of its own", async () => {
    const { failed, calls } = await walk(machines.run, { ...inputs.run, role: "admin" });
    assert.deepEqual([failed, calls], ["UnknownRole", []]);
  });

  it("schedules a preview's end for when its time is over, as the machine of commands takes it", async () => {
    const before = Date.now();
    const { calls } = await walk(machines.ephemeral, inputs.ephemeral);
    const schedule = calls[1]?.arguments as { ScheduleExpression: string; Target: { Input: string } };
    const at = Date.parse(`${/^at\((.*)\)$/.exec(schedule.ScheduleExpression)?.[1]}Z`);
    assert.ok(at >= before + 3_599_000 && at <= Date.now() + 3_601_000, schedule.ScheduleExpression);
    const ended = await walk(machines.run, JSON.parse(schedule.Target.Input) as object);
    const destroy = ended.calls[0]?.arguments as JobArguments;
    assert.deepEqual(
      [ended.failed, destroy.ContainerOverrides.Command],
      [undefined, ["preview", "destroy", "7", "--due", `${new Date(at).toISOString().slice(0, 19)}Z`]],
    );
  });
});
