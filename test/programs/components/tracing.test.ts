import assert from "node:assert/strict";
import { decide } from "@switchyard/iam/decide.ts";
import { readDocument } from "@switchyard/iam/document.ts";
import { fingerprint, type ReleaseInputs } from "../../../programs/components/service/containers.ts";
import { environmentConfig } from "../../../programs/config.ts";
import { collectorPorts, collectorSize } from "../../../programs/tracing.ts";
import { values } from "../fixtures.ts";
import { runEnvironment } from "../runs.ts";

const definition = "aws:ecs/taskDefinition:TaskDefinition";
const rolePolicy = "aws:iam/rolePolicy:RolePolicy";
const collector = `public.ecr.aws/aws-observability/aws-otel-collector@sha256:${"c".repeat(64)}`;
const services = {
  web: { path: "/", priority: 900, healthCheck: { path: "/" } },
  api: { path: "/api", priority: 100, healthCheck: { path: "/api" }, memory: 1024, tracing: true },
};

interface Container {
  readonly name: string;
  readonly environment: readonly { readonly name: string; readonly value: string }[];
  readonly [key: string]: unknown;
}

async function traced(percent?: number) {
  const { resources } = await runEnvironment({ services, tracing: { collector, ...(percent && { percent }) } });
  const of = (service: string) =>
    JSON.parse(String(resources.one(definition, service).inputs["containerDefinitions"])) as readonly Container[];
  const policies = resources.all(rolePolicy).filter(({ inputs }) => String(inputs["policy"]).includes("xray:"));
  return { of, policies };
}

describe("tracing", () => {
  it("puts a collector beside the service that asks for it, and beside no other", async () => {
    const { of } = await traced();
    assert.deepEqual(
      ["web", "api"].map((service) => of(service).map(({ name }) => name)),
      [["web"], ["api", "api-collector"]],
    );
    const [api, beside] = of("api");
    assert.ok(api && beside);
    assert.equal(beside["image"], collector);
    assert.equal(beside["essential"], false);
    assert.equal(beside["memory"], collectorSize.memory);
    assert.equal(beside["readonlyRootFilesystem"], true);
    assert.match(String(beside["user"]), /^[1-9]/);
    // Stopped after the service, which traces to its end.
    assert.deepEqual(api["dependsOn"], [{ containerName: "api-collector", condition: "START" }]);
    assert.equal(of("web")[0]?.["dependsOn"], undefined);
  });

  it("has it listen on the task's own loopback alone, where the service is told to send", async () => {
    const { of } = await traced(20);
    const [api, beside] = of("api");
    const content = JSON.parse(beside?.environment.find(({ name }) => name === "AOT_CONFIG_CONTENT")?.value ?? "");
    const told = new Map(api?.environment.map(({ name, value }) => [name, value]));
    assert.equal(told.get("OTEL_EXPORTER_OTLP_ENDPOINT"), `http://${content.receivers.otlp.protocols.http.endpoint}`);
    assert.equal(content.extensions.health_check.endpoint, `127.0.0.1:${collectorPorts.health}`);
    assert.match(content.receivers.otlp.protocols.http.endpoint, /^127\.0\.0\.1:/);
    assert.ok(content.processors.memory_limiter.limit_mib < collectorSize.memory);
    assert.deepEqual(
      [told.get("OTEL_SERVICE_NAME"), told.get("OTEL_TRACES_SAMPLER_ARG"), told.get("OTEL_RESOURCE_ATTRIBUTES")],
      ["api", "0.2", "deployment.environment.name=sandbox"],
    );
    assert.equal(
      of("web")[0]?.environment.some(({ name }) => name.startsWith("OTEL_")),
      false,
    );
  });

  const traceable = services.api;
  for (const [api, expected] of [
    [{ ...traceable, memory: 512 }, /services\.api\.memory: 512 MB has no room .*takes 256\. Set it to at least 1024/],
    [{ ...traceable, port: 4318 }, /services\.api\.port: 4318 is the collector's/],
    [
      { ...traceable, environment: { OTEL_SERVICE_NAME: "x" } },
      /environment\.OTEL_SERVICE_NAME: is set by the platform/,
    ],
    [{ ...traceable, secrets: { OTEL_TRACES_SAMPLER: "x" } }, /secrets\.OTEL_TRACES_SAMPLER: is set by the platform/],
  ] as const)
    it(`is refused: ${expected.source}`, () => {
      const given = { ...values(), services: { ...services, api }, tracing: { collector } };
      assert.throws(() => environmentConfig("sandbox", given), { code: "invalid-config", message: expected });
    });

  it("leaves a service other variables of OpenTelemetry's", () => {
    const api = { ...traceable, environment: { OTEL_PROPAGATORS: "tracecontext" } };
    environmentConfig("sandbox", { ...values(), services: { ...services, api }, tracing: { collector } });
  });

  it("gives that service's role the one call that sends traces, and no other role any", async () => {
    const { policies } = await traced();
    assert.deepEqual(
      policies.map(({ name }) => name),
      ["api-traces"],
    );
    assert.match(String(policies[0]?.inputs["role"]), /api-task/);
    const document = readDocument(JSON.parse(String(policies[0]?.inputs["policy"])));
    const ask = (action: string) =>
      decide(document, { action, resource: "*", account: "123456789012", context: new Map() }, "identity");
    assert.equal(ask("xray:PutTraceSegments"), "allow");
    for (const action of ["xray:GetTraceSummaries", "xray:PutTelemetryRecords", "logs:PutLogEvents"])
      assert.equal(ask(action), "implicit deny");
  });

  it("makes another release of another collector, and leaves what is not traced as it was", () => {
    const inputs = {
      ...{ image: "i", environment: {}, secrets: {}, cpu: 256, memory: 1024, stopTimeoutSeconds: 60 },
      ...{ architecture: "ARM64" as const, setup: {} as ReleaseInputs["setup"] },
    };
    const none = fingerprint(inputs);
    const one = fingerprint({ ...inputs, collector: "a" });
    assert.equal(new Set([none, one, fingerprint({ ...inputs, collector: "b" })]).size, 3);
    assert.equal(fingerprint({ ...inputs, collector: "a" }), one);
  });
});
