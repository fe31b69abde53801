import assert from "node:assert/strict";
import type { LoadResult } from "../../../sandbox/story/load/recorder.ts";
import { renderHtml } from "../../../sandbox/story/report/html.ts";
import { buildReport, type PlayedCommand } from "../../../sandbox/story/report/model.ts";
import { toColumns } from "../../../sandbox/story/report/series.ts";
import { block, renderTerminal } from "../../../sandbox/story/report/terminal.ts";

const start = Date.UTC(2026, 0, 1);

/** Ten seconds of v1, of which the last five are half v2. */
function load(change: Partial<LoadResult> = {}): LoadResult {
  const seconds = Array.from({ length: 10 }, (_, second) => ({
    second,
    requests: 100,
    failed: 0,
    p50Ms: 5,
    p99Ms: 10 + second,
    versions: (second < 5 ? { v1: 100 } : { v1: 50, v2: 50 }) as Record<string, number>,
  }));
  return {
    ...{ startedAt: start + 2_000, endedAt: start + 12_000, requests: 1_000, failed: 0, skipped: 0 },
    ...{ p50Ms: 5, p99Ms: 18, maxMs: 19, versions: { v1: 750, v2: 250 }, kinds: {}, failuresByReason: {} },
    ...{ failures: [], seconds, ...change },
  };
}

const deploy: PlayedCommand = {
  command: "switchyard deploy sandbox --tag v2",
  startedAt: start + 7_000,
  ms: 4_000,
  awsCalls: 120,
  exitCode: 0,
  release: {
    version: "v2",
    outcome: "succeeded",
    strategy: "canary",
    steps: [{ name: "shift 10%", ms: 1_500, awsCalls: 12 }],
  },
};
const pushed: PlayedCommand = { ...deploy, command: "switchyard images push --tag v1", startedAt: start };

function report(change: { load?: LoadResult | undefined; problem?: string } = { load: load() }) {
  const { release: _, ...push } = pushed;
  return buildReport({
    ...{ startedAt: start, endedAt: start + 13_000, engine: "embedded", commands: [push, deploy] },
    load: change.load,
    problem: change.problem,
  });
}

describe("the story's report", () => {
  it("sums up the load and the releases", () => {
    const { requests, failed, p50Ms, p99Ms, versionsSeen, releases, ok, seconds } = report();
    assert.deepEqual(
      { requests, failed, p50Ms, p99Ms, versionsSeen, ok, seconds },
      { requests: 1_000, failed: 0, p50Ms: 5, p99Ms: 18, versionsSeen: ["v1", "v2"], ok: true, seconds: 13 },
    );
    assert.deepEqual(releases, [deploy.release]);
  });

  it("lists commands by when they began: those beside others end when they will", () => {
    const { release: _, ...beside } = { ...pushed, startedAt: start + 6_000, ms: 9_000 };
    const { commands } = buildReport({
      ...{ startedAt: start, endedAt: start + 15_000, engine: "embedded", commands: [deploy, beside] },
      ...{ load: load(), problem: undefined },
    });
    assert.deepEqual(commands, [beside, deploy]);
  });

  it("is not ok when a request failed, and says why", () => {
    const failed = report({ load: load({ failed: 3, failuresByReason: { "status 502": 2, timeout: 1 } }) });
    assert.equal(failed.ok, false);
    assert.equal(failed.problem, "3 of 1000 requests failed: 2 × status 502, 1 × timeout");
  });

  it("is not ok when a step did not do what it should, or there was no load", () => {
    assert.equal(report({ load: load(), problem: "it failed" }).problem, "it failed");
    assert.equal(report({ load: undefined }).ok, false);
  });

  it("merges seconds into columns: shares by answers, the worst p99", () => {
    const [first, second] = toColumns(load(), 2);
    assert.deepEqual(first, { from: 0, shares: { v1: 1 }, p50Ms: 5, p99Ms: 14 });
    assert.deepEqual(second, { from: 5, shares: { v1: 0.5, v2: 0.5 }, p50Ms: 5, p99Ms: 19 });
    assert.equal(toColumns(load(), 100).length, 10);
    assert.deepEqual(toColumns(load({ seconds: [] }), 5), [{ from: 0, shares: {}, p50Ms: 0, p99Ms: 0 }]);
  });

  it("plots each version's share for a terminal, with each command's beginning under it", () => {
    const lines = renderTerminal(report(), 80);
    assert.equal(lines[0], "1000 requests, 0 failed, p50 5 ms, p99 18 ms");
    assert.ok(lines.includes("v1 █████▄▄▄▄▄"), lines.join("\n"));
    assert.ok(lines.includes("v2      ▄▄▄▄▄"), lines.join("\n"));
    assert.ok(lines.includes("        2"), lines.join("\n"));
    assert.ok(
      lines.some((line) => /^2 switchyard deploy sandbox --tag v2 +4\.0 s +120 AWS calls {2}v2 succ/.test(line)),
    );
    assert.ok(lines.some((line) => /^ {4}shift 10% +1\.5 s +12 AWS calls$/.test(line)));
  });

  it("cuts a command that is longer than the terminal has room for", () => {
    const command = `switchyard up sandbox --config ${"services.web.port=1".repeat(9)}`;
    const lines = renderTerminal({ ...report(), commands: [{ ...deploy, command }] }, 80);
    assert.ok(
      lines.some((line) => /^1 switchyard up sandbox --config services… +4\.0 s/.test(line)),
      lines.join("\n"),
    );
  });

  it("shows any share above nothing", () => {
    assert.deepEqual([0, 0.001, 0.5, 1].map(block), [" ", "▁", "▄", "█"]);
  });

  it("is one HTML file without outside references or scripts, in both colour schemes, with text escaped", () => {
    const hostile = load({
      failed: 1,
      failures: [{ at: start, request: "GET /<script>", failure: '"&', version: "v1" }],
    });
    const html = renderHtml(report({ load: hostile }));
    assert.doesNotMatch(html, /<script|https?:|src=|href=|url\(|@import/);
    assert.match(html, /GET \/&lt;script&gt;/);
    assert.match(html, /prefers-color-scheme: dark/);
    assert.equal(html.match(/<polygon /g)?.length, 2);
    assert.equal(html.match(/<polyline /g)?.length, 2);
    assert.doesNotMatch(html, /NaN|undefined|Infinity/);
  });

  it("can be shown when the load never ran", () => {
    assert.match(renderHtml(report({ load: undefined })), /The load did not run/);
    assert.equal(renderTerminal(report({ load: undefined }), 80).at(-1), "Failed: the load did not run to its end");
  });
});
