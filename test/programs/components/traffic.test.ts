import assert from "node:assert/strict";
import { environmentOf, runEnvironment, statements } from "../runs.ts";

const balancer = "aws:lb/loadBalancer:LoadBalancer";
const listener = "aws:lb/listener:Listener";

describe("traffic", () => {
  it("stands in public subnets, drops malformed headers and logs requests, in every tier", async () => {
    for (const tier of ["development", "production"] as const) {
      const { inputs, dependsOn } = (await environmentOf(tier)).resources.one(balancer);
      assert.deepEqual(inputs["subnets"], ["subnet-public-1", "subnet-public-2"]);
      assert.equal(inputs["internal"], false);
      assert.equal(inputs["dropInvalidHeaderFields"], true);
      assert.equal(inputs["desyncMitigationMode"], "defensive");
      assert.deepEqual(inputs["accessLogs"], { enabled: true, bucket: `${tier}-access-logs` });
      assert.ok(dependsOn.some((urn) => urn.includes("BucketPolicy")));
    }
  });

  it("is protected from deletion in production only", async () => {
    const production = (await environmentOf("production")).resources.one(balancer);
    assert.equal(production.inputs["enableDeletionProtection"], true);
    assert.equal(production.protect, true);
    const development = (await environmentOf("development")).resources.one(balancer);
    assert.equal(development.inputs["enableDeletionProtection"], false);
    assert.equal(development.protect, false);
  });

  it("without a domain: plain HTTP that answers 404 where no service is, and no other way in", async () => {
    const { resources } = await environmentOf("development");
    const { inputs } = resources.one(listener);
    assert.equal(inputs["protocol"], "HTTP");
    assert.equal(inputs["port"], 80);
    assert.equal(JSON.stringify(inputs["defaultActions"]).includes('"statusCode":"404"'), true);
    assert.deepEqual(openPorts(resources), [80]);
    assert.deepEqual(resources.all("aws:acm/certificate:Certificate"), []);
  });

  it("with a domain: HTTPS under its certificate, HTTP redirects, and the name points here", async () => {
    const { resources, outputs } = await environmentOf("production");
    assert.equal(outputs.url, "https://app.example.com");
    const https = resources.one(listener, "production-https");
    assert.equal(outputs.listenerArn, "arn:aws:lb:us-east-1:123456789012:production-https");
    assert.equal(https.inputs["protocol"], "HTTPS");
    assert.match(String(https.inputs["sslPolicy"]), /^ELBSecurityPolicy-TLS13-1-2-/);
    assert.ok(https.dependsOn.some((urn) => urn.includes("CertificateValidation")));
    assert.deepEqual(resources.one(listener, "production-http").inputs["defaultActions"], [
      { type: "redirect", redirect: { protocol: "HTTPS", port: "443", statusCode: "HTTP_301" } },
    ]);
    assert.deepEqual(openPorts(resources), [80, 443]);
    const [record] = resources.all("aws:route53/record:Record").filter(({ inputs }) => inputs["type"] === "A");
    assert.deepEqual(record?.inputs["aliases"], [
      { name: "alb.example.com", zoneId: "Z1", evaluateTargetHealth: true },
    ]);
    const proof = resources.one("aws:route53/record:Record", "production-proof").inputs;
    assert.deepEqual([proof["name"], proof["type"], proof["records"]], ["_p.app.example.com", "CNAME", ["_v.acm"]]);
  });

  it("with more names: a certificate each on the listener, a record each, and a redirect before all that serves", async () => {
    const { resources } = await runEnvironment({
      domain: {
        name: "app.example.com",
        zoneId: "Z0123456789",
        names: ["*.example.com"],
        redirects: ["www.example.com"],
        hsts: { maxAgeSeconds: 300 },
      },
    });
    const joined = resources.all("aws:lb/listenerCertificate:ListenerCertificate").map(({ name }) => name);
    assert.deepEqual(joined.sort(), ["sandbox-example.com", "sandbox-www.example.com"]);
    const records = resources.all("aws:route53/record:Record").filter(({ inputs }) => inputs["type"] === "A");
    assert.deepEqual(
      records.map(({ inputs }) => inputs["name"]),
      ["app.example.com", "*.example.com", "www.example.com"],
    );
    const rule = resources.one("aws:lb/listenerRule:ListenerRule", "sandbox-redirects").inputs;
    assert.deepEqual(rule["conditions"], [{ hostHeader: { values: ["www.example.com"] } }]);
    assert.deepEqual(rule["actions"], [
      {
        type: "redirect",
        redirect: { host: "app.example.com", protocol: "HTTPS", port: "443", statusCode: "HTTP_301" },
      },
    ]);
    const productions = ["web", "api"].map(
      (service) => resources.one("aws:lb/listenerRule:ListenerRule", service).inputs["priority"],
    );
    assert.ok(productions.every((priority) => Number(priority) > Number(rule["priority"])));
    const https = resources.one(listener, "sandbox-https").inputs;
    assert.equal(https["routingHttpResponseStrictTransportSecurityHeaderValue"], "max-age=300");
  });

  it("with shared names: a record each with this environment's weight, and a proof that another's needs, too", async () => {
    const domain = { ...{ name: "app.example.com", zoneId: "Z0123456789" }, shared: ["www.example.com"] };
    for (const [namesWeight, weight] of [
      [undefined, 255],
      ["0", 0],
    ] as const) {
      const world = namesWeight === undefined ? {} : { namesWeight };
      const { resources, outputs } = await runEnvironment({ domain }, "sandbox", undefined, world);
      assert.deepEqual(outputs.sharedNames, { zoneId: "Z0123456789", hosts: ["www.example.com"] });
      const record = (name: string) => resources.one("aws:route53/record:Record", name);
      const { inputs } = record("sandbox-www.example.com");
      assert.equal(inputs["setIdentifier"], "sandbox");
      assert.deepEqual(inputs["weightedRoutingPolicies"], [{ weight }]);
      assert.deepEqual(inputs["aliases"], [{ name: "alb.example.com", zoneId: "Z1", evaluateTargetHealth: false }]);
      assert.equal(record("sandbox").inputs["setIdentifier"], undefined);
      const proofs = ["sandbox-www.example.com-proof", "sandbox-proof"].map(record);
      assert.deepEqual(
        proofs.map(({ inputs, retainOnDelete }) => [inputs["allowOverwrite"], retainOnDelete]),
        [
          [true, true],
          [undefined, false],
        ],
      );
      const joined = resources.all("aws:lb/listenerCertificate:ListenerCertificate").map(({ name }) => name);
      assert.deepEqual(joined, ["sandbox-www.example.com"]);
    }
  });

  it("without shared names does not ask the ledger whose they are, and refuses a weight that is none", async () => {
    const { resources, outputs } = await environmentOf("production");
    const asked = resources.calls.filter(({ inputs }) => String(inputs["key"]).includes('"names"'));
    assert.deepEqual([asked, outputs.sharedNames], [[], undefined]);
    const domain = { ...{ name: "app.example.com", zoneId: "Z0123456789" }, shared: ["www.example.com"] };
    for (const namesWeight of ["256", "-1", "1.5", "all"])
      await assert.rejects(runEnvironment({ domain }, "sandbox", undefined, { namesWeight }), {
        code: "invalid-ledger",
      });
  });

  it("lets the load balancer write its logs and the CDN its own, nobody else, and nobody read without TLS", async () => {
    const { resources } = await environmentOf("production");
    const policy = resources.one("aws:s3/bucketPolicy:BucketPolicy", "production-access-logs").inputs["policy"];
    const [tls, deliver, cdn, ...others] = statements(policy);
    assert.deepEqual([cdn?.Principal, others], [{ Service: "delivery.logs.amazonaws.com" }, []]);
    assert.deepEqual(tls?.Condition, { Bool: { "aws:SecureTransport": "false" } });
    assert.deepEqual(deliver?.Principal, { Service: "logdelivery.elasticloadbalancing.amazonaws.com" });
    assert.equal(deliver?.Resource, "arn:aws:s3:::production-access-logs/AWSLogs/123456789012/*");
    const balancers = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/*";
    assert.deepEqual(deliver?.Condition, { ArnLike: { "aws:SourceArn": balancers } });
  });

  it("keeps the preview header's value a secret, known to the preview rules only", async () => {
    const { resources, outputs } = await environmentOf("development");
    assert.ok(!JSON.stringify(outputs).includes("drawn-at-random"));
    const [random] = resources.calls.filter(({ token }) => token.includes("getRandomPassword"));
    assert.equal(random?.inputs["excludePunctuation"], true, "a rule would read * and ? as wildcards");
    const holders = [...resources.inputs].filter(([, inputs]) => JSON.stringify(inputs).includes("drawn-at-random"));
    assert.deepEqual(holders.map(([key]) => key).sort(), [
      "aws:lb/listenerRule:ListenerRule api-preview",
      "aws:lb/listenerRule:ListenerRule web-preview",
      "aws:secretsmanager/secretVersion:SecretVersion development-database-url",
      "aws:secretsmanager/secretVersion:SecretVersion development-database-user",
      "aws:secretsmanager/secretVersion:SecretVersion development-preview-header",
    ]);
  });
});

function openPorts(resources: Awaited<ReturnType<typeof environmentOf>>["resources"]): unknown[] {
  return resources
    .all("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    .filter(({ inputs }) => inputs["cidrIpv4"] === "0.0.0.0/0")
    .map(({ inputs }) => inputs["fromPort"]);
}
