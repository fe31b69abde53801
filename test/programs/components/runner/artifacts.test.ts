import assert from "node:assert/strict";
import { artifactKey, tellingArtifacts, tellingJobs } from "../../../../programs/components/runner/artifacts.ts";
import { machines } from "./fixtures.ts";

describe("what jobs of the runner leave", () => {
  it("is named for the execution and the state that has started the job", () => {
    assert.equal(artifactKey("log", "production-1-1", "Apply"), "logs/production-1-1/Apply.txt");
    assert.equal(artifactKey("report", "production-1-1", "Plan"), "reports/production-1-1/Plan.md");
  });

  it("is looked for where a machine starts jobs", () => {
    assert.deepEqual(Object.keys(tellingJobs).sort(), Object.keys(machines).sort());
    for (const [machine, { States }] of Object.entries(machines))
      for (const job of tellingJobs[machine] ?? []) {
        const state = States[job];
        assert.ok(state?.Type === "Task" && state.Resource.endsWith("batch:submitJob.sync"), `${machine}: ${job}`);
      }
  });

  it("tells by its report of what is to be approved and what was done, by its log of what failed", () => {
    const keys = (failed: boolean) => tellingArtifacts("plan-apply", "x-1", failed).map(({ key }) => key);
    assert.deepEqual(keys(false), [
      "reports/x-1/Apply.md",
      "logs/x-1/Apply.txt",
      "reports/x-1/Plan.md",
      "logs/x-1/Plan.txt",
    ]);
    assert.deepEqual(keys(true), [
      "logs/x-1/Apply.txt",
      "reports/x-1/Apply.md",
      "logs/x-1/Plan.txt",
      "reports/x-1/Plan.md",
    ]);
    assert.deepEqual(tellingArtifacts("another", "x-1", false), []);
  });
});
