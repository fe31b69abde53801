import assert from "node:assert/strict";
import fc from "fast-check";
import {
  creations,
  type PendingOperation,
  type StackState,
  type StateResource,
  settle,
  unread,
} from "../../../../automation/stacks/recover/pending.ts";

const thing = (name: string, more: Partial<StateResource> = {}): StateResource => ({
  urn: `urn:pulumi:s::p::aws:t/${name}`,
  type: "aws:ec2/vpc:Vpc",
  custom: true,
  inputs: { name },
  ...more,
});
const made = (name: string, more: Partial<StateResource> = {}) =>
  thing(name, { id: `${name}-1`, outputs: { name, arn: `arn:${name}` }, ...more });
const pending = (type: string, resource: StateResource): PendingOperation => ({ type, resource });
const found = (...names: readonly string[]) => new Map(names.map((name) => [thing(name).urn, `${name}-2`]));

describe("what a killed update had begun", () => {
  it("is looked for where it was being made, but for components and providers", () => {
    const state: StackState = {
      pending_operations: [
        pending("creating", thing("a")),
        pending("creating", thing("b", { custom: false })),
        pending("creating", thing("c", { type: "pulumi:providers:aws" })),
        pending("updating", made("d")),
      ],
    };
    assert.deepEqual(
      creations(state).map(({ urn }) => urn),
      [thing("a").urn],
    );
  });

  it("is in the state when it was found, to be read; else it is made anew", () => {
    const state = {
      resources: [made("x")],
      pending_operations: [pending("creating", thing("a")), pending("creating", thing("b"))],
    };
    const { state: now, refresh, cleared } = settle(state, found("a"));
    assert.deepEqual(now, { resources: [made("x"), { ...thing("a"), id: "a-2", outputs: { name: "a" } }] });
    assert.deepEqual(refresh, [thing("a").urn]);
    assert.deepEqual(cleared, [thing("b")]);
  });

  it("takes the place of what it was to replace, which waits for its deletion", () => {
    const state = {
      resources: [made("x"), made("a"), made("y")],
      pending_operations: [pending("creating", thing("a", { inputs: { name: "new" } }))],
    };
    const { resources = [] } = settle(state, found("a")).state;
    assert.deepEqual(
      resources.map(({ id, delete: condemned }) => [id, condemned === true]),
      [
        ["x-1", false],
        ["a-2", false],
        ["a-1", true],
        ["y-1", false],
      ],
    );
  });

  it("is not there twice when the state has it already", () => {
    const state = {
      resources: [made("a", { id: "a-2" })],
      pending_operations: [pending("creating", thing("a"))],
    };
    const settled = settle(state, found("a"));
    assert.deepEqual(settled.state.resources, state.resources);
    assert.deepEqual(settled.refresh, [thing("a").urn]);
  });

  it("is read where it was being changed or deleted, and dropped where it was only read", () => {
    const state = {
      resources: [made("a"), made("b"), made("c")],
      pending_operations: [
        pending("updating", made("a")),
        pending("deleting", made("b")),
        pending("reading", made("c")),
        pending("deleting", made("gone")),
      ],
    };
    const settled = settle(state, new Map());
    assert.deepEqual(settled.refresh, [thing("a").urn, thing("b").urn]);
    assert.deepEqual(settled.state, { resources: state.resources });
  });

  it("is read once more when reading it was cut short as well", () => {
    const state = { resources: [made("x"), thing("a", { id: "a-2", outputs: { name: "a" } })] };
    assert.deepEqual(unread(state), [state.resources[1]]);
    assert.deepEqual(settle(state, new Map()).refresh, [thing("a").urn]);
  });

  it("leaves no pending operation, loses nothing that was known, and takes in nothing that was not found", () => {
    const all: readonly string[] = ["a", "b", "c", "d", "e"];
    const names = fc.constantFrom(...all);
    const operation = fc.record({ name: names, type: fc.constantFrom("creating", "updating", "deleting", "reading") });
    fc.assert(
      fc.property(
        fc.uniqueArray(names),
        fc.uniqueArray(operation, { selector: ({ name }) => name }),
        fc.uniqueArray(names),
        (known, operations, there) => {
          const state = {
            resources: known.map((name) => made(name)),
            pending_operations: operations.map(({ name, type }) => pending(type, thing(name))),
          };
          const { state: now, cleared } = settle(state, found(...there));
          assert.equal("pending_operations" in now, false);
          const ids = (now.resources ?? []).map(({ id }) => id);
          for (const name of known) assert.ok(ids.includes(`${name}-1`));
          const creating = operations.filter(({ type }) => type === "creating").map(({ name }) => name);
          for (const name of all) {
            assert.equal(ids.includes(`${name}-2`), creating.includes(name) && there.includes(name));
            assert.equal(
              cleared.some(({ urn }) => urn === thing(name).urn),
              creating.includes(name) && !there.includes(name),
            );
            const live = (now.resources ?? []).filter((one) => one.urn === thing(name).urn && one.delete !== true);
            assert.ok(live.length <= 1);
          }
        },
      ),
    );
  });
});
