import assert from "node:assert/strict";
import { contractBlockers } from "../../../automation/commands/migrate.ts";
import type { Deployed, ReleaseDocument, ServiceRelease } from "../../../programs/release.ts";

const now = Date.UTC(2026, 0, 1, 12);
const at = (minutes: number) => new Date(now + minutes * 60_000).toISOString();

const deployed = (version: string): Deployed => ({
  digest: "r@sha256:1",
  version,
  taskDefinitionArn: `td:${version}`,
  release: version,
  deployedAt: at(-10),
  migrations: [],
});

function blockers(web: ServiceRelease, blue = 0): readonly string[] {
  const release: ReleaseDocument = { format: 1, revision: 1, services: { web } };
  return contractBlockers(release, { web: { blue, green: 100 - blue } }, now);
}

const moved: ServiceRelease = { live: "green", green: deployed("v8"), blue: deployed("v7") };

describe("a contract migration", () => {
  it("may run when nothing else serves or is kept", () => {
    assert.deepEqual(blockers({}), []);
    assert.deepEqual(blockers({ live: "green", green: deployed("v8") }), []);
    assert.deepEqual(blockers(moved), []);
    assert.deepEqual(blockers({ ...moved, warmUntil: at(-1) }), []);
    assert.deepEqual(blockers({ live: "green", green: deployed("v8"), warmUntil: at(5) }), []);
  });

  it("may not while the other colour has traffic, however little", () => {
    assert.deepEqual(blockers(moved, 1), ["web blue still has traffic"]);
    assert.deepEqual(blockers({ ...moved, warmUntil: at(-1) }, 100), ["web blue still has traffic"]);
  });

  it("may not while the other colour is kept for a rollback", () => {
    assert.deepEqual(blockers({ ...moved, warmUntil: at(5) }), [`web v7 is kept for a rollback until ${at(5)}`]);
  });
});
