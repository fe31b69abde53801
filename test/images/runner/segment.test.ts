import assert from "node:assert/strict";
import { askXray, segmentOf, tellTrace } from "../../../images/runner/src/segment.ts";
import { newTrace, traceHeader } from "../../../programs/components/runner/trace.ts";
import { useCloud } from "../../support/cloud.ts";

const execution = "arn:aws:states:us-east-1:123456789012:execution:switchyard-plan-apply:production-1-1";
const trace = "1-5759e988-bd862e3fe1be46a994272793";
const started = {
  ...{ _X_AMZN_TRACE_ID: traceHeader(trace), SWITCHYARD_EXECUTION: execution, SWITCHYARD_JOB: "Apply" },
  ...{ SWITCHYARD_STACK: "production", SWITCHYARD_COMMIT: "main" },
};
const run = { started: 1_465_510_280_500, ended: 1_465_510_290_000, exitCode: 0 };

describe("a job's part of its trace", () => {
  it("says when it ran, whether it failed, and of what it was", () => {
    const about = {
      machine: "plan-apply",
      execution: "production-1-1",
      job: "Apply",
      stack: "production",
      commit: "main",
    };
    const segment = {
      ...{ name: "switchyard-job", id: "70de5b6f19ff9a0a", trace_id: trace },
      ...{ start_time: 1_465_510_280.5, end_time: 1_465_510_290 },
    };
    const of = (exitCode: number) => segmentOf(started, { ...run, exitCode }, "70de5b6f19ff9a0a");
    assert.deepEqual(of(0), { ...segment, fault: false, annotations: { ...about, exit_code: 0 } });
    assert.deepEqual(of(27), { ...segment, fault: true, annotations: { ...about, exit_code: 27 } });
  });

  it("is made for none that has no trace, and leaves out what it is not told", () => {
    assert.equal(segmentOf({ ...started, _X_AMZN_TRACE_ID: undefined }, run), undefined);
    const bare = segmentOf({ _X_AMZN_TRACE_ID: traceHeader(trace) }, run);
    assert.deepEqual(bare?.annotations, { exit_code: 0 });
    assert.match(bare?.id ?? "", /^[0-9a-f]{16}$/);
  });
});

describe("X-Ray", () => {
  const cloud = useCloud();
  const names = ["AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] as const;
  let before: readonly (readonly [string, string | undefined])[];

  beforeEach(() => {
    before = names.map((name) => [name, process.env[name]]);
    const { endpoint } = cloud.sdk();
    const own = { AWS_ENDPOINT_URL: String(endpoint), AWS_ACCESS_KEY_ID: "sandbox", AWS_SECRET_ACCESS_KEY: "sandbox" };
    Object.assign(process.env, { ...own, AWS_REGION: "us-east-1" });
  });
  afterEach(() => {
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  });

  it("has the segment of a job that was told, by its trace", async () => {
    const own = newTrace(Date.now());
    await tellTrace(
      { ...started, _X_AMZN_TRACE_ID: traceHeader(own) },
      { ...run, started: Date.now(), ended: Date.now() },
    );
    const { Traces } = (await askXray("/Traces", { TraceIds: [own] })) as {
      Traces: readonly { readonly Id: string; readonly Segments: readonly { readonly Document: string }[] }[];
    };
    const [segment] = Traces[0]?.Segments ?? [];
    const document = typeof segment?.Document === "string" ? JSON.parse(segment.Document) : segment?.Document;
    assert.deepEqual([Traces[0]?.Id, document.name, document.annotations.stack], [own, "switchyard-job", "production"]);
  });

  it("that does not answer changes nothing", async () => {
    process.env["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9";
    await tellTrace(started, run);
    await assert.rejects(askXray("/Traces", { TraceIds: [trace] }));
  });
});
