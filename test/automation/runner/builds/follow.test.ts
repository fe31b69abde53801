import assert from "node:assert/strict";
import type { Aws } from "../../../../automation/aws/clients.ts";
import { followBuild } from "../../../../automation/runner/builds/follow.ts";

const id = "switchyard-images-arm64:1";
const logs = { groupName: "/switchyard/runner/builds", streamName: "1" };

interface Look {
  readonly phases: readonly string[];
  readonly lines?: readonly string[];
  readonly status?: string;
}

/** A build that is a look further at each; the last one is complete. */
function world(looks: readonly Look[]) {
  let at = -1;
  const told: string[] = [];
  const asked: object[] = [];
  const detach = new AbortController();
  const send = async (command: { readonly constructor: { readonly name: string }; readonly input: object }) => {
    if (command.constructor.name === "GetLogEventsCommand") {
      asked.push(command.input);
      const { nextToken = "0" } = command.input as { nextToken?: string };
      const written = looks.slice(0, at + 1).flatMap(({ lines = [] }) => lines);
      return {
        events: written.slice(Number(nextToken)).map((message) => ({ message: `${message}\n` })),
        nextForwardToken: String(written.length),
      };
    }
    at = Math.min(at + 1, looks.length - 1);
    const { phases = [], status = "IN_PROGRESS" } = looks[at] ?? {};
    const entered = phases.map((phaseType, index) => ({
      phaseType,
      phaseStatus: index === phases.length - 2 && status === "FAILED" ? "FAILED" : "SUCCEEDED",
    }));
    const complete = at === looks.length - 1;
    return {
      builds: [
        { id, logs, phases: entered, currentPhase: phases.at(-1), buildStatus: status, buildComplete: complete },
      ],
    };
  };
  return {
    ...{ told, asked, detach },
    follow: () =>
      followBuild({
        ...{ aws: { client: async () => ({ send }) } as unknown as Aws, build: id, everyMs: 5_000 },
        tell: (line) => told.push(line),
        detach: detach.signal,
        clock: { now: () => 0, sleep: async () => undefined },
      }),
  };
}

describe("following a build", () => {
  it("says each phase once, and each line once, from when there is a log", async () => {
    const { follow, told, asked } = world([
      { phases: ["SUBMITTED", "QUEUED"] },
      { phases: ["SUBMITTED", "QUEUED", "PROVISIONING"] },
      { phases: ["SUBMITTED", "QUEUED", "PROVISIONING", "BUILD"], lines: ["one", "two"] },
      { phases: ["SUBMITTED", "QUEUED", "PROVISIONING", "BUILD"], lines: ["three"] },
      { phases: ["SUBMITTED", "QUEUED", "PROVISIONING", "BUILD", "COMPLETED"], lines: ["four"], status: "SUCCEEDED" },
    ]);
    const ended = await follow();
    assert.deepEqual(ended, { build: id, status: "SUCCEEDED", lines: ["one", "two", "three", "four"] });
    const phases = (...names: readonly string[]) => names.map((name) => `${id}: ${name}`);
    assert.deepEqual(told, [
      ...phases("SUBMITTED", "QUEUED", "PROVISIONING", "BUILD"),
      ...["  one", "  two", "  three", ...phases("COMPLETED"), "  four"],
    ]);
    assert.deepEqual((asked[0] as { logGroupName: string }).logGroupName, logs.groupName);
  });

  it("keeps the last lines of one that failed", async () => {
    const lines = ["a", "b", "c", "d", "e", "f", "g"];
    const ended = await world([{ phases: ["BUILD", "COMPLETED"], lines, status: "FAILED" }]).follow();
    assert.deepEqual([ended.phase, ended.lines], ["BUILD", lines.slice(-5)]);
  });

  it("ends with a build that goes on, when it is told to", async () => {
    const { follow, detach } = world([{ phases: ["BUILD"] }, { phases: ["BUILD"] }, { phases: ["COMPLETED"] }]);
    detach.abort();
    assert.equal((await follow()).status, "IN_PROGRESS");
  });
});
