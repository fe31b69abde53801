import assert from "node:assert/strict";
import { newTrace, traceHeader, traceOf, withoutTrace } from "../../../../programs/components/runner/trace.ts";

const trace = "1-5759e988-bd862e3fe1be46a994272793";

describe("the trace of an execution", () => {
  it("is written as AWS X-Ray writes it", () => {
    assert.equal(newTrace(0x5759e988 * 1000 + 999, Buffer.from("bd862e3fe1be46a994272793", "hex")), trace);
    assert.match(newTrace(0, Buffer.alloc(12)), /^1-0{8}-0{24}$/);
    assert.notEqual(newTrace(0), newTrace(0));
  });

  it("is read from the header it is handed on by, whatever else is in that", () => {
    for (const header of [
      traceHeader(trace),
      `Root=${trace}`,
      `Self=1-2;Root=${trace};Parent=53995c3f42cd8ad8;Sampled=0`,
    ])
      assert.equal(traceOf(header), trace, header);
    for (const header of [undefined, "", "Sampled=1", "Root=1-2-3", `Root=${trace}0`, `Root=${trace}\nroot: deleted`])
      assert.equal(traceOf(header), undefined, header);
  });

  it("is taken off the lines of a log that begin with it", () => {
    assert.equal(withoutTrace(`${trace} applied`), "applied");
    for (const line of ["applied", `applied ${trace} x`, `${trace}applied`, ""]) assert.equal(withoutTrace(line), line);
  });
});
