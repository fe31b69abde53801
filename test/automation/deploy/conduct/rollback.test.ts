import assert from "node:assert/strict";
import { holdsIdle, lastChanged, previousVersion } from "../../../../automation/deploy/conduct/rollback.ts";
import type { ReleaseDocument, ServiceRelease } from "../../../../programs/release.ts";
import { deployed } from "../fixtures.ts";

const second = "00000002-deploy-v2";
const third = "00000003-deploy-v2";

/** Live on blue with `now`, after `before` on green. */
function serves(now: string, before?: string, releasedBy?: string): ServiceRelease {
  const idle = before === undefined ? {} : { green: deployed(before) };
  return { live: "blue", blue: deployed(now), ...idle, ...(releasedBy !== undefined && { releasedBy }) };
}

function document(services: Readonly<Record<string, ServiceRelease>>): ReleaseDocument {
  return { format: 1, revision: 1, services };
}

describe("what a plain rollback takes back", () => {
  type Case = readonly [what: string, services: Readonly<Record<string, ServiceRelease>>, back: readonly string[]];
  const cases: readonly Case[] = [
    [
      "is all that one release changed",
      { web: serves("v2", "v1", second), api: serves("v2", "v1", second) },
      ["web", "api"],
    ],
    [
      "is nothing that a release before it changed",
      { web: serves("v2", "v2", third), api: serves("v2", "v1", second) },
      ["web"],
    ],
    [
      "is all of what was recorded before releases had names",
      { web: serves("v2", "v1"), api: serves("v2", "v1") },
      ["web", "api"],
    ],
    ["takes what has no name for older", { web: serves("v2", "v1"), api: serves("v2", "v1", second) }, ["api"]],
    [
      "leaves what the release brought",
      { web: serves("v2", "v1", second), docs: serves("v2", undefined, second) },
      ["web"],
    ],
    [
      "names what the release brought when it changed nothing else",
      { web: serves("v1"), docs: serves("v2", undefined, second) },
      ["docs"],
    ],
    ["does not count what never served", { web: serves("v2", "v1", second), api: { releasedBy: third } }, ["web"]],
    ["is nothing before the first release", { web: {}, api: {} }, []],
    [
      "counts by age, whatever the operations are called",
      { web: serves("v2", "v1", "00000010-a"), api: serves("v2", "v1", "00000009-z") },
      ["web"],
    ],
  ];
  for (const [what, services, back] of cases)
    it(what, () => assert.deepEqual(lastChanged(document(services), Object.keys(services)), back));

  it("leaves what is no service of the environment any more", () => {
    const services = { web: serves("v2", "v1", second), gone: serves("v2", "v1", third) };
    assert.deepEqual(lastChanged(document(services), ["web"]), ["web"]);
  });

  it("is called after what comes back", () => {
    const now = document({ web: serves("v3", "v2", third), api: serves("v2", "v1", second) });
    assert.equal(previousVersion(now, ["web"]), "v2");
    assert.equal(previousVersion(now, ["web", "api"]), "v2+v1");
    assert.equal(previousVersion(document({ web: serves("v1") }), ["web"]), "previous");
  });
});

describe("a version that is named", () => {
  it("is at hand where every idle colour holds it", () => {
    assert.equal(holdsIdle(document({ web: serves("v2", "v1"), api: serves("v2", "v1") }), "v1"), true);
    assert.equal(holdsIdle(document({ web: serves("v2", "v1"), api: serves("v2", "v2") }), "v1"), false);
    assert.equal(holdsIdle(document({ web: serves("v2", "v1"), docs: serves("v2") }), "v1"), false);
    assert.equal(holdsIdle(document({ web: {} }), "v1"), false);
  });
});
