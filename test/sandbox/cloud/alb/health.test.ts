import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type CheckOutcome,
  codeMatches,
  describeState,
  isStarting,
  nextState,
  routable,
  type TargetEvent,
  type TargetState,
  unregistered,
} from "../../../../sandbox/cloud/alb/health.ts";

const thresholds = { healthy: 3, unhealthy: 2 };
const passed: TargetEvent = { kind: "checked", outcome: { kind: "passed" } };
const failed: TargetEvent = { kind: "checked", outcome: { kind: "wrong-code", code: 500 } };
const registered: TargetEvent = { kind: "registered", attached: true };
const checking: TargetEvent = { kind: "checking" };
const stateAfter = (...events: TargetEvent[]) =>
  events.reduce((state, event) => nextState(state, event, thresholds), unregistered);

describe("target health", () => {
  const cases: [string, TargetEvent[], string, string | undefined][] = [
    ["registered", [registered], "initial", "Elb.RegistrationInProgress"],
    ["first check under way", [registered, checking], "initial", "Elb.InitialHealthChecking"],
    ["one success makes a new target healthy", [registered, checking, passed], "healthy", undefined],
    ["one failure leaves it initial", [registered, checking, failed], "initial", "Elb.InitialHealthChecking"],
    [
      "failures in a row make it unhealthy",
      [registered, checking, failed, failed],
      "unhealthy",
      "Target.ResponseCodeMismatch",
    ],
    ["a healthy one needs as many", [registered, checking, passed, failed], "healthy", undefined],
    [
      "a success between starts the count anew",
      [registered, checking, passed, failed, passed, failed],
      "healthy",
      undefined,
    ],
    [
      "an unhealthy one needs all its successes",
      [registered, checking, failed, failed, passed, passed],
      "unhealthy",
      "Target.ResponseCodeMismatch",
    ],
    ["and is healthy then", [registered, checking, failed, failed, passed, passed, passed], "healthy", undefined],
    ["in a group no rule names", [{ kind: "registered", attached: false }], "unused", "Target.NotInUse"],
    [
      "when a rule begins to name it",
      [{ kind: "registered", attached: false }, { kind: "attached" }],
      "initial",
      "Elb.RegistrationInProgress",
    ],
    ["when the last rule ceases to", [registered, checking, passed, { kind: "detached" }], "unused", "Target.NotInUse"],
    [
      "deregistered",
      [registered, checking, passed, { kind: "deregistered" }],
      "draining",
      "Target.DeregistrationInProgress",
    ],
    [
      "draining ones are not checked back",
      [registered, checking, { kind: "deregistered" }, passed],
      "draining",
      "Target.DeregistrationInProgress",
    ],
    [
      "registered again while draining",
      [registered, checking, passed, { kind: "deregistered" }, registered],
      "initial",
      "Elb.RegistrationInProgress",
    ],
    ["registered twice", [registered, checking, passed, registered], "healthy", undefined],
  ];
  for (const [name, events, state, reason] of cases) {
    it(name, () => {
      const { State, Reason } = describeState(stateAfter(...events));
      assert.deepEqual([State, Reason], [state, reason]);
    });
  }

  it("does not find a target unhealthy that has not had time to start", () => {
    const early: TargetEvent = { kind: "checked", outcome: { kind: "failed" }, starting: true };
    assert.equal(stateAfter(registered, checking, early, early, early).phase, "initial");
    assert.equal(
      stateAfter(registered, checking, early, early, early, { ...early, starting: false }).phase,
      "unhealthy",
    );
    assert.equal(stateAfter(registered, checking, passed, early, early).phase, "unhealthy");
  });

  const starts: [string, Parameters<typeof isStarting>, boolean][] = [
    ["one that has not answered yet", [{ begunAt: 0 }, 2_999, 10_000], true],
    ["one that has not answered for three seconds", [{ begunAt: 0 }, 3_000, 10_000], false],
    ["one that answered that it is not ready", [{ begunAt: 0, answeredAt: 400 }, 1_899, 10_000], true],
    ["one that has long said that it is not ready", [{ begunAt: 0, answeredAt: 400 }, 1_900, 10_000], false],
    ["one that answered late", [{ begunAt: 0, answeredAt: 2_900 }, 3_000, 10_000], false],
    ["one whose thresholds allow less", [{ begunAt: 0 }, 200, 200], false],
  ];
  for (const [name, given, starting] of starts) {
    it(`takes ${name} for ${starting ? "starting" : "started"}`, () => assert.equal(isStarting(...given), starting));
  }

  const reasons: [CheckOutcome, string, string][] = [
    [{ kind: "timeout" }, "Target.Timeout", "Request timed out"],
    [{ kind: "failed" }, "Target.FailedHealthChecks", "Health checks failed"],
    [{ kind: "wrong-code", code: 404 }, "Target.ResponseCodeMismatch", "Health checks failed with these codes: [404]"],
  ];
  for (const [outcome, reason, description] of reasons) {
    it(`says why: ${reason}`, () => {
      const state = stateAfter(registered, checking, { kind: "checked", outcome }, { kind: "checked", outcome });
      assert.deepEqual(describeState(state), { State: "unhealthy", Reason: reason, Description: description });
    });
  }

  it("never routes to draining or unused targets, and healthy means enough successes", () => {
    const event: fc.Arbitrary<TargetEvent> = fc.oneof(
      fc.constantFrom<TargetEvent>(
        registered,
        checking,
        passed,
        failed,
        { kind: "attached" },
        { kind: "detached" },
        { kind: "deregistered" },
      ),
      fc.boolean().map((attached): TargetEvent => ({ kind: "registered", attached })),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        let state: TargetState = unregistered;
        for (const one of events) {
          const before = state;
          state = nextState(state, one, thresholds);
          if (state.phase === "healthy" && before.phase !== "healthy") assert.equal(one, passed);
          if (before.phase === "healthy" && state.phase === "unhealthy")
            assert.equal(state.fails, thresholds.unhealthy);
          assert.equal(routable(state) === "no", state.phase === "draining" || state.phase === "unused");
        }
      }),
    );
  });

  const codes: [string, number, boolean][] = [
    ["200", 200, true],
    ["200", 204, false],
    ["200,302", 302, true],
    ["200-399", 301, true],
    ["200-399", 400, false],
    ["200,300-302", 301, true],
  ];
  for (const [matcher, code, expected] of codes) {
    it(`${matcher} ${expected ? "accepts" : "refuses"} ${code}`, () =>
      assert.equal(codeMatches(matcher, code), expected));
  }
});
