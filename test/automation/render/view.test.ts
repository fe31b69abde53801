import assert from "node:assert/strict";
import type { RunEvent } from "../../../automation/deploy/conduct/loop.ts";
import { emptyView, frame, see, type View } from "../../../automation/render/view.ts";
import { observed, resultEvent, start, stepEvent, waitEvent } from "./fixture.ts";

function fold(...events: readonly (readonly [at: number, event: RunEvent])[]): View {
  return events.reduce((view, [at, event]) => see(view, event, start + at), emptyView);
}

function text(view: View, at: number, more: { columns?: number; rows?: number; final?: boolean } = {}): string[] {
  const drawn = frame(view, { now: start + at, columns: 100, rows: 40, paint: (_, t) => t, ...more });
  // The clock is shown in the reader's own time zone.
  return drawn.replaceAll(/until \d\d:\d\d:\d\d/g, "until HH:MM:SS").split("\n");
}

const stopped = observed(0, {});
const starting = observed(0, { desired: 2, running: 1, healthy: 1, taskDefinitionArn: "td:2" });
const healthy = observed(0, { desired: 2, running: 2, healthy: 2, taskDefinitionArn: "td:2" });
const staged = stepEvent("stage", "register what v2 will run", stopped);

describe("the live view", () => {
  it("shows a step under way, and what runs", () => {
    assert.deepEqual(text(fold([0, staged]), 1200), [
      "  ⠹ stage    register what v2 will run  1.2 s",
      "  web  blue   ████████████████████ 100%  2/2 running   v1  live",
      "       green  ░░░░░░░░░░░░░░░░░░░░   0%  stopped       -   next",
    ]);
  });

  it("shows what a person needs to see while it is waited for", () => {
    const wait = {
      ...waitEvent("approve", "a person's approval", start, healthy),
      details: ["go on: promote", "undo: abort"],
    };
    const drawn = text(fold([0, wait], [100, wait]), 200);
    assert.deepEqual(drawn.slice(1, 3), ["             go on: promote", "             undo: abort"]);
    assert.equal(drawn.length, 5);
  });

  it("shows what is awaited and until when, in one line however often it is asked", () => {
    const view = fold(
      [0, staged],
      [900, resultEvent(staged)],
      [1000, waitEvent("healthy", "web green 0/2 healthy", start + 901_000, starting)],
      [3000, waitEvent("healthy", "web green 1/2 healthy", start + 901_000, starting)],
    );
    assert.deepEqual(text(view, 4000), [
      "  ✔ stage    register what v2 will run  900 ms",
      "  ⠋ healthy  waiting: web green 1/2 healthy  3.0 s, at most 15 min more (until HH:MM:SS)",
      "  web  blue   ████████████████████ 100%  2/2 running   v1  live",
      "       green  ░░░░░░░░░░░░░░░░░░░░   0%  1/2 healthy   v2  next",
    ]);
    assert.match(text(view, 850_000)[1] ?? "", /at most 51 s more/);
    assert.match(text(view, 990_000)[1] ?? "", /at most 0 s more/);
  });

  it("moves the bars as soon as the weights are written, and only then", () => {
    const shift = stepEvent("shift", "web 10%", healthy, {
      percent: 10,
      writes: [{ kind: "set-weights", service: "web", rule: "production", weights: { blue: 90, green: 10 } }],
    });
    const bars = (view: View) => text(view, 0).filter((line) => /[█░]/.test(line));
    const [blue, green] = bars(fold([0, shift], [50, resultEvent(shift)]));
    assert.equal(blue, "  web  blue   ██████████████████░░  90%  2/2 running   v1  live");
    assert.equal(green, "       green  ██░░░░░░░░░░░░░░░░░░  10%  2/2 healthy   v2  next");
    for (const view of [fold([0, shift]), fold([0, shift], [50, resultEvent(shift, "no")])])
      assert.match(bars(view)[1] ?? "", / {3}0% /);
    const preview = stepEvent("start", "x", healthy, {
      writes: [{ kind: "set-weights", service: "web", rule: "preview", weights: { blue: 0, green: 100 } }],
    });
    assert.match(bars(fold([0, preview], [1, resultEvent(preview)]))[1] ?? "", / {3}0% /);
  });

  it("shows what each colour answers, once it is counted", () => {
    const figures = (requests: number, errors: number, latencyMs?: number) => {
      return { requests, errors, settled: 0, periods: 3, unhealthy: 0, ...(latencyMs !== undefined && { latencyMs }) };
    };
    const shifted = observed(10, { desired: 2, running: 2, healthy: 2, taskDefinitionArn: "td:2" });
    const lines = (blue: ReturnType<typeof figures>, green: typeof blue, columns = 100) => {
      const seen = { ...shifted, traffic: { web: { blue, green } } };
      return text(fold([0, waitEvent("bake", "web at 10%", start + 60_000, seen)]), 0, { columns }).slice(1);
    };
    assert.deepEqual(lines(figures(20_000, 1, 12.4), figures(100, 5, 340)), [
      "  web  blue   ██████████████████░░  90%  2/2 running   v1  live  <0.1% 5xx of 20000, 12 ms",
      "       green  ██░░░░░░░░░░░░░░░░░░  10%  2/2 healthy   v2  next  5.0% 5xx of 100, 340 ms",
    ]);
    const bake = text(fold([0, waitEvent("bake", "web at 10%", start + 60_000, shifted)]), 0)[0];
    assert.equal(bake, "  ⠋ bake     waiting: web at 10%  0 ms, 60 s more (until HH:MM:SS)");
    assert.deepEqual(lines(figures(900, 0, 3), figures(0, 0), 80), [
      "  web  blue   █████████░  90%  2/2 running   v1  live  0.0% 5xx of 900, 3 ms",
      "       green  █░░░░░░░░░  10%  2/2 healthy   v2  next  no requests",
    ]);
  });

  it("fits the terminal's height: services under shift first, the rest counted", () => {
    const names = ["a", "b", "c", "d", "e", "f"];
    const one = healthy.services["web"];
    assert.ok(one);
    const services = Object.fromEntries(names.map((name) => [name, one]));
    const shifting = { ...one, weights: { blue: 90, green: 10 } };
    const seen = { ...healthy, services: { ...services, e: shifting } };
    const view = fold([0, waitEvent("bake", "e at 10%", start + 60_000, seen)]);
    const labels = (rows: number, final = false) =>
      text(view, 0, { rows, final }).flatMap((line) => /^ {2}([a-f]|…)/.exec(line)?.[1] ?? []);
    assert.deepEqual(labels(24), names);
    assert.deepEqual(labels(10), ["e", "a", "b", "…"]);
    assert.equal(text(view, 0, { rows: 10 }).at(-1), "  … 3 more services");
    assert.deepEqual(labels(10, true), names);
  });

  it("says why a step failed, why the operation turns back, and what the tasks said", () => {
    const prove = stepEvent("prove", "check it", healthy);
    const undo = stepEvent("undo", "web answers v1", healthy, { undo: "web answers v1", details: ["web: exit 1"] });
    const view = fold([0, prove], [100, resultEvent(prove, "web answers v1")], [200, undo], [300, resultEvent(undo)]);
    assert.deepEqual(text(view, 400).slice(0, 4), [
      "  ✗ prove    check it  100 ms",
      "             web answers v1",
      "  ↩ undo     web answers v1  100 ms",
      "             web: exit 1",
    ]);
  });

  it("cuts a version as long as a commit", () => {
    const release = { digest: "r@sha256:1", taskDefinitionArn: "td:1", release: "f1", deployedAt: "", migrations: [] };
    const long = observed(0, {}, { live: "blue", blue: { ...release, version: "0123456789abcdef0123" } });
    assert.match(text(fold([0, stepEvent("stage", "x", long)]), 0)[1] ?? "", /running {3}0123456789abcde… {2}live$/);
  });

  it("shows the last call that has to be tried again until something happens", () => {
    const tried = fold([0, staged], [1, { kind: "retry", problem: "ThrottlingException: Rate exceeded" }]);
    assert.equal(text(tried, 2).at(-1), "  ThrottlingException: Rate exceeded; looking again");
    const on = see(tried, stepEvent("migrate", "apply", stopped), start);
    assert.ok(!text(on, 2).some((line) => line.includes("Throttling")));
  });

  it("keeps to the terminal: long reasons are cut, early steps are counted", () => {
    const long = fold([0, stepEvent("stage", "x".repeat(200), stopped)]);
    assert.equal(text(long, 0, { columns: 60 })[0]?.length, 60 - 2);
    const many = fold(...Array.from({ length: 20 }, (_, i) => [i, stepEvent("shift", `web ${i}%`, stopped)] as const));
    const lines = text(many, 20);
    assert.equal(lines[0], "  … 8 earlier steps");
    assert.match(lines[1] ?? "", /web 8%/);
    assert.equal(lines.length, 1 + 12 + 2);
  });

  it("leaves all of it at the end, and nothing that moves", () => {
    const many = fold(...Array.from({ length: 20 }, (_, i) => [i, stepEvent("shift", `web ${i}%`, stopped)] as const));
    const lines = text(many, 20, { final: true });
    assert.equal(lines.length, 20 + 2);
    assert.equal(lines[18], "  ✔ shift    web 18%  1 ms");
    assert.equal(lines[19], "  ■ shift    web 19%  1 ms");
    const long = fold([0, stepEvent("stage", "x".repeat(200), stopped)]);
    assert.match(text(long, 0, { columns: 60, final: true })[0] ?? "", /x{200}/);
  });

  it("is empty when nothing was observed", () => {
    assert.deepEqual(text(emptyView, 0), [""]);
  });
});
