import assert from "node:assert/strict";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { Changes, typeOf } from "../../../automation/stacks/changes.ts";

const root = "urn:pulumi:production::switchyard::pulumi:pulumi:Stack::switchyard-production";
const service = "urn:pulumi:production::switchyard::switchyard:service:Service::web";
const group = "urn:pulumi:production::switchyard::switchyard:service:Service$aws:lb/targetGroup:TargetGroup::web-blue";

/** As both engines send it: `pulumi up --event-log` of the official CLI, and the embedded engine. */
function event(urn: string, op: string, given: object = {}): EngineEvent {
  const state = (parent: string, inputs: object) => ({ type: typeOf(urn), urn, custom: true, id: "", parent, inputs });
  const { parent = root, before = {}, after = {}, ...rest } = given as Record<string, object | string>;
  const metadata = { op, urn, type: typeOf(urn), old: null, new: null, detailedDiff: null, provider: "", ...rest };
  const old = op === "create" ? null : state(String(parent), before as object);
  const now = op === "delete" ? null : state(String(parent), after as object);
  return { sequence: 1, timestamp: 1, resourcePreEvent: { metadata: { ...metadata, old, new: now } } } as never;
}

function changesOf(...events: readonly EngineEvent[]) {
  const changes = new Changes();
  for (const one of events) changes.add(one);
  return changes.list();
}

describe("changes of a preview", () => {
  it("are told once, without what stays and without the halves of a replacement", () => {
    const ops = ["same", "refresh", "create-replacement", "delete-replaced", "replace"];
    assert.deepEqual(
      changesOf(...ops.map((op) => event(group, op))).map(({ op }) => op),
      ["replace"],
    );
  });

  it("know what they are part of, also by resources that stay, and when they go", () => {
    for (const op of ["update", "create", "delete"]) {
      const [first] = changesOf(event(group, op, { parent: service }), event(service, "same"));
      assert.deepEqual(first?.within, [service], op);
    }
  });

  it("name the properties by the engine's detailed word, else its short one, else by comparing", () => {
    const bags = { before: { a: 1, b: 2, __defaults: [] }, after: { a: 1, b: 3, __defaults: ["x"] } };
    const detailed = event(group, "update", {
      ...bags,
      detailedDiff: { "c.d": { kind: "update" } },
      diffs: ["e"] as never,
    });
    assert.deepEqual(changesOf(detailed)[0]?.properties, ["c.d"]);
    assert.deepEqual(changesOf(event(group, "update", { ...bags, diffs: ["e"] as never }))[0]?.properties, ["e"]);
    assert.deepEqual(changesOf(event(group, "replace", bags))[0]?.properties, ["b"]);
    assert.deepEqual(changesOf(event(group, "create", bags))[0]?.properties, []);
  });

  it("come with what was asked for before and is now", () => {
    const [first] = changesOf(event(group, "update", { before: { a: 1 }, after: { a: 2 } }));
    assert.deepEqual([first?.before, first?.after], [{ a: 1 }, { a: 2 }]);
    assert.equal(changesOf(event(group, "delete"))[0]?.after, undefined);
  });
});
