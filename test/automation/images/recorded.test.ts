import assert from "node:assert/strict";
import type { Aws } from "../../../automation/aws/clients.ts";
import { recordedRelease, refuseMissing } from "../../../automation/images/recorded.ts";
import type { OperationRecord } from "../../../automation/ledger/journal.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import { goal, goalFor } from "../deploy/fixtures.ts";

const image = (version: string) => ({ digest: `host/switchyard/web@sha256:${version}`, version });

function record(version: string, change: Partial<OperationRecord> = {}): OperationRecord {
  const operation = `00000001-deploy-${version}`;
  return {
    operation,
    at: 0,
    goal: goal({ operation, version, images: { web: image(version), api: image(version) } }),
    outcome: "succeeded",
    migrations: [`${version}-expand`],
    ...change,
  };
}

const refused = (text: RegExp) => (e: unknown) =>
  e instanceof SwitchyardError && e.code === "not-found" && text.test(e.message);

describe("a recorded release", () => {
  it("is the newest of its version that succeeded, with the migrations it stood on", () => {
    const operations = [
      record("v2", { outcome: "failed", migrations: ["of a failure"] }),
      record("v2", { migrations: ["newer"] }),
      record("v2", { migrations: ["older"] }),
    ];
    assert.deepEqual(recordedRelease(operations, "v2", ["web"]), {
      version: "v2",
      images: { web: image("v2") },
      migrations: ["newer"],
    });
  });

  it("stands on what its own record said, when it was redeployed itself", () => {
    const again = { ...goal({ version: "v1", images: { web: image("v1") } }), migrations: ["known"] };
    const { migrations: _, ...rest } = record("v1", { goal: again });
    assert.deepEqual(recordedRelease([rest], "v1", ["web"]).migrations, ["known"]);
  });

  it("is not one that never succeeded, and not a rollback", () => {
    const operations = [
      record("v3", { outcome: "failed" }),
      record("v1"),
      record("v9", { goal: goalFor("rollback", { version: "v9" }) }),
    ];
    assert.throws(
      () => recordedRelease(operations, "v3", ["web"]),
      refused(/no release v3 ever succeeded here.*Recorded are: v1$/),
    );
    assert.throws(() => recordedRelease(operations, "v9", ["web"]), refused(/Recorded are: v1$/));
    assert.throws(() => recordedRelease([], "v9", ["web"]), refused(/Recorded are: none$/));
  });

  it("has none of a service that is younger", () => {
    assert.deepEqual(recordedRelease([record("v1")], "v1", ["web", "jobs"]).images, { web: image("v1") });
  });

  it("is refused when it had none of today's services", () => {
    assert.throws(
      () => recordedRelease([record("v1")], "v1", ["jobs"]),
      refused(/v1 was a release of web and api, and there is no such service any more/),
    );
  });

  it("is put together of deploys of some services alone; what only some of them stand on is not known", () => {
    const only = (name: string, migrations: string[]) =>
      record("v3", { goal: goal({ version: "v3", images: { [name]: image("v3") } }), migrations });
    const older = { ...image("v3"), digest: `host/switchyard/web@sha256:older` };
    const operations = [
      only("api", ["1", "2", "3"]),
      record("v4"),
      only("web", ["1", "2"]),
      record("v3", { goal: goal({ version: "v3", images: { web: older } }), migrations: [] }),
    ];
    assert.deepEqual(recordedRelease(operations, "v3", ["web", "api"]), {
      version: "v3",
      images: { web: image("v3"), api: image("v3") },
      migrations: ["1", "2"],
    });
    assert.deepEqual(recordedRelease(operations.slice(0, 1), "v3", ["web", "api"]).images, { api: image("v3") });
  });
});

describe("the registry", () => {
  const aws = (answer: () => unknown) => ({ client: async () => ({ send: async () => answer() }) }) as unknown as Aws;
  const release = { version: "v1", images: { web: image("v1") }, migrations: [] };

  it("may still hold its images", async () => {
    await refuseMissing(
      aws(() => ({ imageDetails: [{}] })),
      release,
    );
  });

  it("refuses one it let go of", async () => {
    const gone = Object.assign(new Error("gone"), { name: "ImageNotFoundException" });
    const ask = refuseMissing(
      aws(() => {
        throw gone;
      }),
      release,
    );
    await assert.rejects(ask, refused(/does not hold web v1 any more/));
  });

  it("is not blamed for another failure", async () => {
    const busy = Object.assign(new Error("busy"), { name: "ThrottlingException" });
    const ask = refuseMissing(
      aws(() => {
        throw busy;
      }),
      release,
    );
    await assert.rejects(ask, busy);
  });
});
