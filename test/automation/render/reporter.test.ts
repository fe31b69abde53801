import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { isLive, LiveView } from "../../../automation/render/live.ts";
import { type Output, runReporter, seconds, table } from "../../../automation/render/reporter.ts";
import { observed, resultEvent, start, stepEvent, waitEvent } from "./fixture.ts";

function lines(): { out: Output; written: string[] } {
  const written: string[] = [];
  const out = { json: false, line: (t: string) => void written.push(t), document() {}, beforeLine() {}, settle() {} };
  return { out, written };
}

const seen = observed(0, {});

describe("plain lines of a run", () => {
  it("are one for each step, with its details, and one for its failure", () => {
    const { out, written } = lines();
    const report = runReporter(out);
    const step = stepEvent("prove", "check it", seen, { details: ["web: exit 1"] });
    report(step);
    report(resultEvent(step));
    report(resultEvent(step, "it answers v1"));
    report({ kind: "retry", problem: "Timeout: late" });
    assert.deepEqual(written, [
      "  prove    check it",
      "           web: exit 1",
      "           ✗ it answers v1",
      "           Timeout: late; looking again",
    ]);
  });

  it("say once what is awaited, and again after something else happened", () => {
    const { out, written } = lines();
    const report = runReporter(out);
    const wait = (why: string) => report(waitEvent("healthy", why, start, seen));
    for (const why of ["0/2", "0/2", "1/2", "1/2"]) wait(why);
    report(stepEvent("start", "again", seen));
    wait("1/2");
    assert.deepEqual(written, [
      "  healthy  waiting: 0/2",
      "  healthy  waiting: 1/2",
      "  start    again",
      "  healthy  waiting: 1/2",
    ]);
  });

  it("show what a person needs to see while it is waited for, once", () => {
    const { out, written } = lines();
    const report = runReporter(out);
    const wait = { ...waitEvent("approve", "a person's approval", start, seen), details: ["go on: promote"] };
    for (let polls = 0; polls < 3; polls++) report(wait);
    assert.deepEqual(written, ["  approve  waiting: a person's approval", "           go on: promote"]);
  });
});

describe("a table", () => {
  it("aligns its columns and leaves no blanks at the ends", () => {
    assert.equal(
      table([
        ["NAME", "N", "X"],
        ["a", "100", ""],
        ["longer", "1", "y"],
      ]),
      "NAME    N    X\na       100\nlonger  1    y",
    );
    assert.equal(table([]), "");
  });

  it("times are short", () => {
    assert.deepEqual([0, 999.4, 1000, 61_550].map(seconds), ["0 ms", "999 ms", "1.0 s", "61.5 s"]);
  });
});

describe("the live view's place", () => {
  it("is a terminal of some height, outside CI, without --json", () => {
    const terminal = { isTTY: true, rows: 24 };
    assert.equal(isLive(false, terminal, {}), true);
    assert.equal(isLive(true, terminal, {}), false);
    assert.equal(isLive(false, { rows: 24 }, {}), false);
    assert.equal(isLive(false, { isTTY: true, rows: 5 }, {}), false);
    assert.equal(isLive(false, { isTTY: true }, {}), false);
    assert.equal(isLive(false, terminal, { CI: "true" }), false);
    assert.equal(isLive(false, terminal, { TERM: "dumb" }), false);
  });

  it("is drawn with each event, settled once, and begun anew below", () => {
    const drawn: string[] = [];
    const draw = Object.assign((text: string) => void drawn.push(text), { done: () => void drawn.push("done") });
    const view = new LiveView(
      draw,
      Object.assign(new PassThrough(), { columns: 100 }) as unknown as NodeJS.WriteStream,
      () => start,
    );
    view.settle();
    assert.deepEqual(drawn, []);
    view.report(stepEvent("stage", "first", seen));
    view.settle();
    view.settle();
    assert.equal(drawn.length, 3);
    assert.equal(drawn[2], "done");
    view.report(stepEvent("migrate", "second", seen));
    assert.match(drawn[3] ?? "", /second/);
    assert.doesNotMatch(drawn[3] ?? "", /first/);
    view.settle();
  });
});
