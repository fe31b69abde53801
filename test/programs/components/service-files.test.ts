import assert from "node:assert/strict";
import { container, runEnvironment, statements } from "../runs.ts";

const service = (path: string, priority: number) => ({ path, priority, healthCheck: { path } });

describe("a service that keeps files", () => {
  it("may use the environment's files and its key through S3, and is told where they are; others may not", async () => {
    const services = { web: service("/", 900), api: { ...service("/api", 100), files: true } };
    const { resources } = await runEnvironment({ services });
    const policies = resources
      .all("aws:iam/rolePolicy:RolePolicy")
      .filter(({ inputs }) =>
        statements(inputs["policy"]).some(({ Resource }) => Resource === "arn:aws:s3:::sandbox-files/*"),
      );
    assert.deepEqual(
      policies.map(({ name }) => name),
      ["api-files"],
    );
    const [objects, list, key] = statements(policies[0]?.inputs["policy"]);
    assert.deepEqual(objects?.Action, ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]);
    assert.equal(objects?.Resource, "arn:aws:s3:::sandbox-files/*");
    assert.deepEqual([list?.Action, list?.Resource], ["s3:ListBucket", "arn:aws:s3:::sandbox-files"]);
    assert.deepEqual(key?.Condition, { StringEquals: { "kms:ViaService": "s3.us-east-1.amazonaws.com" } });
    const variables = (name: string) => {
      const { inputs } = resources.one("aws:ecs/taskDefinition:TaskDefinition", name);
      const [container] = JSON.parse(String(inputs["containerDefinitions"])) as [
        { environment: readonly { readonly name: string; readonly value: string }[] },
      ];
      return container.environment.filter((each) => each.name.startsWith("FILES_"));
    };
    assert.deepEqual(variables("api"), [
      { name: "FILES_BUCKET", value: "sandbox-files" },
      { name: "FILES_REGION", value: "us-east-1" },
    ]);
    assert.deepEqual(variables("web"), []);
  });

  it("is told where what is public is answered, where there is a CDN", async () => {
    const services = { web: service("/", 900), api: { ...service("/api", 100), files: true } };
    const { resources } = await runEnvironment({ services, files: { cdn: {} } });
    const { environment } = container(
      resources.one("aws:ecs/taskDefinition:TaskDefinition", "api").inputs["containerDefinitions"],
    ) as { environment: readonly { readonly name: string; readonly value: string }[] };
    assert.equal(environment.find(({ name }) => name === "FILES_CDN")?.value, "https://d1.cloudfront.net");
  });
});
