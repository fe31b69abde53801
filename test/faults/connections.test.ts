import assert from "node:assert/strict";
import { once } from "node:events";
import { loadStory } from "@switchyard/sandbox";
import WebSocket from "ws";
import { readRelease } from "../../automation/ledger/release.ts";
import { eventually } from "../support/cloud.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

const { observe } = await loadStory();

/** As in production: targets drain for a minute, tasks may take longer to end. */
const drainSeconds = 60;
const pace = Number(process.env["SWITCHYARD_PACE"] ?? 0.02);
const drainMs = drainSeconds * 1000 * pace;

interface GroupStatus {
  readonly name: string;
  readonly targets: readonly { readonly inFlight: number }[];
  readonly forcedCloses: { readonly request: number; readonly websocket: number };
}

/** What is open when a release goes over to the other colour, and when the old one ends. */
describe("connections across a release and the end of the old colour", function () {
  this.timeout(180_000);
  this.retries(0);
  // Before the sandbox is stopped, which other suites may still use. The alarm's limit stays: what it has seen here is slow.
  after("drain as before", () => configure(10, 30));
  const sandbox = useReleases();
  const run = async (...args: readonly string[]) => {
    return sandbox()
      .drive(...args)
      .succeeds();
  };
  /** Requests that take as long as targets drain would set an alarm for slow answers off. */
  const latencyMs = 2 * drainMs;
  const configure = (drain: number, stop: number) => {
    const values = ["api", "web"].flatMap((name) => [
      `services.${name}.deregistrationDelaySeconds=${drain}`,
      `services.${name}.stopTimeoutSeconds=${stop}`,
    ]);
    return run(
      "up",
      stack,
      ...[...values, `monitoring.latencyMs=${latencyMs}`].flatMap((value) => ["--config", value]),
    );
  };
  const release = async (tag: string) => {
    await run("deploy", stack, "--tag", tag, "--strategy", "all-at-once", "--keep-warm", "1s");
    const old = await oldColour();
    assert.ok((await desired(old)) > 0, "the old colour is warm");
    return old;
  };
  /** ECS service of api's colour that serves nobody. */
  const oldColour = async () => {
    const { live } = (await readRelease(sandbox().table)).services["api"] ?? {};
    const service = sandbox().shape.services["api"];
    assert.ok(live && service);
    return service[live === "blue" ? "green" : "blue"];
  };
  const desired = async ({ serviceName = "" }: { serviceName?: string }) =>
    Object.entries((await observe()).services).find(([arn]) => arn.split("/").at(-1) === serviceName)?.[1].desired ??
    -1;
  const groupOf = async ({ targetGroupArn }: { targetGroupArn: string }) => {
    const answer = await fetch(`${process.env["AWS_ENDPOINT_URL"]}/_switchyard/status`);
    const { targetGroups } = (await answer.json()) as { targetGroups: readonly GroupStatus[] };
    const found = targetGroups.find(({ name }) => targetGroupArn.includes(`/${name}/`));
    assert.ok(found, targetGroupArn);
    return found;
  };

  before("drain for a minute, and serve v1", async () => {
    await configure(drainSeconds, 90);
    await run("deploy", stack, "--tag", "v1", "--strategy", "all-at-once");
  });

  it("answers requests that take a minute, all through a shift and the end of the old colour", async () => {
    const slow = new URL(`/api/slow?ms=${drainMs * 0.9}`, sandbox().url);
    const answers: number[] = [];
    let over = false;
    const users = Array.from({ length: 8 }, async () => {
      while (!over) answers.push((await fetch(slow)).status);
    });
    const old = await release("v2");
    const { forcedCloses } = await groupOf(old);
    await sandbox().isCold();
    await run("sweep", stack);
    await eventually(async () => (await desired(old)) === 0 && (await groupOf(old)).targets.length === 0, 10_000);
    over = true;
    await Promise.all(users);
    assert.ok(answers.length > 16, `${answers.length} requests`);
    assert.deepEqual([...new Set(answers)], [200]);
    assert.deepEqual((await groupOf(old)).forcedCloses, forcedCloses);
  });

  it("keeps a websocket until the drain deadline of the old colour, and counts that it was cut", async () => {
    const socket = new WebSocket(`${sandbox().url.replace("http", "ws")}/api/echo`);
    const closed = once(socket, "close").then(() => performance.now());
    await once(socket, "open");
    const echoes = async (text: string) => {
      const answer = once(socket, "message");
      socket.send(text);
      const [data] = (await answer) as [Buffer];
      assert.match(String(data), new RegExp(text));
    };
    await echoes("before the shift");
    const old = await release("v1");
    await echoes("after the shift");
    const before = (await groupOf(old)).forcedCloses.websocket;
    await sandbox().isCold();
    await run("sweep", stack);
    const swept = performance.now();
    await echoes("while its target drains");
    const lived = (await closed) - swept;
    assert.ok(lived > drainMs / 3 && lived < drainMs * 3, `cut ${Math.round(lived)} ms after the sweep`);
    assert.equal((await groupOf(old)).forcedCloses.websocket, before + 1);
  });
});
