import assert from "node:assert/strict";
import { contractBlockers } from "../../../../automation/deploy/decide/contract.ts";
import type { Deployed, ReleaseDocument, ServiceRelease } from "../../../../programs/release.ts";

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

  it("may not when it is of another version than the one that serves: a failed deploy's, or an undone one's", () => {
    const of = (version: string, web: ServiceRelease) =>
      contractBlockers(
        { format: 1, revision: 1, services: { web }, migrate: { live: { digest: "m", version } } },
        {},
        now,
      );
    assert.deepEqual(of("v8", moved), []);
    assert.deepEqual(of("v9", moved), ["web serves v8, and the migrations are those of v9"]);
    assert.deepEqual(of("v8", { ...moved, live: "blue" }), ["web serves v7, and the migrations are those of v8"]);
  });

  it("may not while a deploy that was cut short has staged another version's", () => {
    const migrate = { live: { digest: "m", version: "v8" }, next: { digest: "n", version: "v9" } };
    const release: ReleaseDocument = { format: 1, revision: 1, services: { web: moved }, migrate };
    assert.deepEqual(contractBlockers(release, {}, now), ["web serves v8, and the migrations are those of v9"]);
  });

  it("may not while the other colour has traffic, however little", () => {
    assert.deepEqual(blockers(moved, 1), ["web blue still has traffic"]);
    assert.deepEqual(blockers({ ...moved, warmUntil: at(-1) }, 100), ["web blue still has traffic"]);
  });

  it("may not while the other colour is kept for a rollback", () => {
    assert.deepEqual(blockers({ ...moved, warmUntil: at(5) }), [`web v7 is kept for a rollback until ${at(5)}`]);
  });
});
