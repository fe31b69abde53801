import assert from "node:assert/strict";
import { environmentOf, runEnvironment, statements } from "../runs.ts";

const alarm = "aws:cloudwatch/metricAlarm:MetricAlarm";

describe("alarms", () => {
  it("watch errors, latency and health of each colour, and the load balancer's own errors", async () => {
    const { resources, outputs } = await environmentOf("development");
    const names = resources.all(alarm).map(({ inputs }) => inputs["name"]);
    assert.deepEqual([...outputs.alarmNames], names);
    const expected = ["web", "api"].flatMap((service) =>
      ["blue", "green"].flatMap((colour) =>
        ["errors", "latency", "unhealthy"].map((what) => `development-${service}-${colour}-${what}`),
      ),
    );
    assert.deepEqual(names, ["development-balancer-errors", ...expected]);
  });

  it("name the group and balancer they watch, and stay quiet about an idle colour", async () => {
    const { inputs } = (await environmentOf("development")).resources.one(alarm, "web-green-errors");
    assert.deepEqual(inputs["dimensions"], {
      LoadBalancer: "app/development/1",
      TargetGroup: "targetgroup/web-green/1",
    });
    assert.equal(inputs["treatMissingData"], "notBreaching");
    assert.equal(inputs["metricName"], "HTTPCode_Target_5XX_Count");
    assert.equal(inputs["threshold"], 5);
  });

  it("have the thresholds they are told", async () => {
    const { resources } = await runEnvironment({ monitoring: { errorsPerMinute: 9, latencyMs: 250 } });
    assert.equal(resources.one(alarm, "api-blue-errors").inputs["threshold"], 9);
    const latency = resources.one(alarm, "api-blue-latency").inputs;
    assert.deepEqual([latency["threshold"], latency["extendedStatistic"]], [0.25, "p99"]);
  });

  it("tell nobody without an e-mail address", async () => {
    const { resources } = await environmentOf("development");
    assert.deepEqual(resources.all("aws:sns/topic:Topic"), []);
    assert.deepEqual(resources.one(alarm, "web-blue-errors").inputs["alarmActions"], []);
  });

  it("tell the e-mail address over an encrypted topic CloudWatch may use", async () => {
    const { resources } = await environmentOf("production");
    const { inputs } = resources.one("aws:sns/topicSubscription:TopicSubscription");
    assert.deepEqual([inputs["protocol"], inputs["endpoint"]], ["email", "oncall@example.com"]);
    assert.ok(resources.one("aws:sns/topic:Topic").inputs["kmsMasterKeyId"]);
    assert.equal((resources.one(alarm, "web-blue-errors").inputs["alarmActions"] as string[]).length, 1);
    const key = statements(resources.one("aws:kms/key:Key").inputs["policy"]);
    assert.ok(key.some(({ Principal }) => JSON.stringify(Principal).includes("cloudwatch.amazonaws.com")));
  });
});
