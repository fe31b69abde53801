import assert from "node:assert/strict";
import { headerInMachine, traceInMachine, traceOf } from "../../../../programs/components/runner/trace.ts";
import { evaluate } from "../../../../sandbox/cloud/states/evaluate.ts";

const trace = "1-5759e988-bd862e3fe1be46a994272793";

describe("the trace of an execution, in its machine", () => {
  it("is what a machine was given, else one of its own", async () => {
    assert.equal(await evaluate(traceInMachine, { states: { input: { trace } } }), trace);
    const own = String(await evaluate(traceInMachine, { states: { input: {} } }));
    assert.match(own, /^1-[0-9a-f]{8}-[0-9a-f]{24}$/);
    assert.ok(Math.abs(Number.parseInt(own.slice(2, 10), 16) - Date.now() / 1000) < 60, own);
    assert.equal(traceOf(String(await evaluate(headerInMachine, { trace: own }))), own);
  });
});
