import assert from "node:assert/strict";
import fc from "fast-check";
import { type State, type StepName, standingOn, stepNames } from "../../../automation/bootstrap/decide/steps.ts";
import type { Io, Step } from "../../../automation/bootstrap/step.ts";
import { unwalk, walk } from "../../../automation/bootstrap/walk.ts";

const io = {} as Io;

/** Steps that only remember what was done to them; `dies` ends the process in the midst of one. */
function world(options: { readonly dies?: StepName; readonly byHand?: StepName } = {}) {
  const done = new Set<StepName>();
  const acted: StepName[] = [];
  let { dies } = options;
  const steps = stepNames.map(
    (name): Step => ({
      name,
      title: name,
      describe: () => name,
      detect: async (): Promise<State> => {
        if (name === options.byHand) return { kind: "by-hand", required: true, says: "no", steps: ["do it"] };
        return done.has(name) ? { kind: "done", says: "yes" } : { kind: "to-do", does: [name] };
      },
      act: async () => {
        if (dies === name) {
          dies = undefined;
          throw new Error("killed");
        }
        acted.push(name);
        done.add(name);
      },
      undo: async () => {
        const was = done.delete(name);
        return { did: was ? [name] : [], left: [], stands: false };
      },
    }),
  );
  return { steps, acted, done };
}

const make = (steps: readonly Step[], more: { planOnly?: boolean; without?: readonly StepName[] } = {}) =>
  walk(steps, io, { planOnly: false, without: [], show: () => undefined, ...more });

describe("walking the steps of a bootstrap", () => {
  it("does each once, in order, and the second time nothing", async () => {
    const { steps, acted } = world();
    await make(steps);
    assert.deepEqual(acted, stepNames);
    const again = await make(steps);
    assert.deepEqual(acted, stepNames);
    assert.ok(again.every(({ state, acted: now }) => state.kind === "done" && !now));
  });

  it("goes on from wherever it was cut short", () =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom(...stepNames), async (dies) => {
        const { steps, acted } = world({ dies });
        await assert.rejects(make(steps), /killed/);
        await make(steps);
        assert.deepEqual(acted, stepNames);
      }),
    ));

  it("only looks with --plan: what waits is said, nothing is done", async () => {
    const { steps, acted } = world();
    const walked = await make(steps, { planOnly: true });
    assert.deepEqual(acted, []);
    assert.deepEqual(
      walked.filter(({ state }) => state.kind === "to-do").map(({ name }) => name),
      ["identity"],
    );
    assert.ok(walked.slice(1).every(({ state }) => state.kind === "waits"));
  });

  it("does nothing that stands on what a person has to do first, and everything else", () =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom(...stepNames), async (byHand) => {
        const { steps, acted } = world({ byHand });
        await make(steps);
        const held = [byHand, ...standingOn(byHand)];
        assert.deepEqual(
          acted,
          stepNames.filter((name) => !held.includes(name)),
        );
      }),
    ));

  it("leaves out what it is told to", async () => {
    const { steps, acted } = world();
    await make(steps, { without: ["images", "organization"] });
    assert.deepEqual(
      acted,
      stepNames.filter((name) => name !== "images" && name !== "organization"),
    );
  });

  it("says which step does not look done after it was", async () => {
    const { steps } = world();
    const broken = steps.map((step) => (step.name === "state" ? { ...step, act: async () => undefined } : step));
    await assert.rejects(make(broken), /^SwitchyardError: step state: .*does not look so/);
  });

  it("undoes from the last to the first, and keeps what stands under something that stays", () =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom(...stepNames), async (stays) => {
        const { steps, done } = world();
        await make(steps);
        const kept = { did: [], left: [stays], stands: true };
        const stubborn = steps.map((step) => (step.name === stays ? { ...step, undo: async () => kept } : step));
        const undone = await unwalk(stubborn, io, { without: [], show: () => undefined });
        assert.deepEqual(
          undone.map(({ name }) => name),
          [...stepNames].reverse(),
        );
        const under = stepNames.filter((name) => name === stays || standingOn(name).includes(stays));
        assert.deepEqual([...done], under);
      }),
    ));
});
