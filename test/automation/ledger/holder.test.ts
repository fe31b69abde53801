import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type HolderIdentity,
  isProvenDead,
  type Machine,
  type ProcessState,
} from "../../../automation/ledger/holder.ts";

const me: HolderIdentity = { host: "runner", pid: 40, boot: "b1", namespaces: "pid:[1] time:[2]", started: "900" };
const holder: HolderIdentity = { ...me, pid: 7, started: "500" };
const on = (state: ProcessState, identity = me): Machine => ({ identity, process: () => state });
const runs = (started: string): ProcessState => ({ kind: "runs", started });

describe("a holder", () => {
  const dead: readonly (readonly [string, Machine])[] = [
    ["is gone from its machine", on({ kind: "none" })],
    ["has its id taken by a process that started later", on(runs("501"))],
  ];
  for (const [how, machine] of dead) it(`that ${how} is dead`, () => assert.equal(isProvenDead(holder, machine), true));

  const alive: readonly (readonly [string, HolderIdentity | undefined, Machine | undefined])[] = [
    ["still runs", holder, on(runs("500"))],
    ["cannot be looked at", holder, on({ kind: "unknown" })],
    ["does not say who it is", undefined, on({ kind: "none" })],
    ["is asked about where the system does not tell", holder, undefined],
    ["is of another boot", { ...holder, boot: "b2" }, on({ kind: "none" })],
    ["is of another namespace", { ...holder, namespaces: "pid:[3] time:[2]" }, on({ kind: "none" })],
    ["counts time otherwise", { ...holder, namespaces: "pid:[1] time:[4]" }, on(runs("501"))],
    ["is of another host", { ...holder, host: "other" }, on({ kind: "none" })],
  ];
  for (const [how, identity, machine] of alive)
    it(`that ${how} is not known to be dead`, () => assert.equal(isProvenDead(identity, machine), false));

  it("is never known to be dead where any part of where it ran differs", () => {
    const part = fc.constantFrom("a", "b");
    const place = fc.record({ host: part, boot: part, namespaces: part });
    fc.assert(
      fc.property(place, place, (a, b) => {
        const same = a.host === b.host && a.boot === b.boot && a.namespaces === b.namespaces;
        assert.equal(isProvenDead({ ...holder, ...a }, on({ kind: "none" }, { ...me, ...b })), same);
      }),
    );
  });
});
