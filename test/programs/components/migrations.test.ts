import assert from "node:assert/strict";
import { digestOf } from "../mocks.ts";
import { environmentOf, statements } from "../runs.ts";

const name = "development-migrate";

describe("migration function", () => {
  it("runs the staged image in the private subnets, with references to both secrets", async () => {
    const { inputs, dependsOn } = (await environmentOf("development")).resources.one("aws:lambda/function:Function");
    assert.equal(inputs["name"], name);
    assert.equal(inputs["packageType"], "Image");
    assert.equal(inputs["imageUri"], digestOf("migrate"));
    assert.deepEqual(inputs["architectures"], ["arm64"]);
    assert.deepEqual(inputs["vpcConfig"], {
      subnetIds: ["subnet-private-1", "subnet-private-2"],
      securityGroupIds: [`${name}-function-id`],
    });
    assert.deepEqual(inputs["environment"], {
      variables: {
        DATABASE_HOST: "db.internal",
        DATABASE_PORT: "5432",
        DATABASE_NAME: "app",
        MASTER_SECRET_ARN: "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds-master",
        APP_SECRET_ARN:
          "arn:aws:secretsmanager:us-east-1:123456789012:secret:switchyard/development/platform/database-user-AbCdEf",
      },
    });
    assert.equal(inputs["timeout"], 900);
    assert.ok(dependsOn.some((urn) => urn.endsWith(`RolePolicy::${name}`)));
  });

  it("may join the network, write its log and read two secrets", async () => {
    const { resources } = await environmentOf("development");
    const policy = statements(resources.one("aws:iam/rolePolicy:RolePolicy", name).inputs["policy"]);
    const [network, logs, secrets, decrypt, ...others] = policy;
    assert.deepEqual(others, []);
    assert.ok([network?.Action].flat().every((action) => action?.startsWith("ec2:")));
    assert.equal(logs?.Resource, `arn:aws:cloudwatch:us-east-1:123456789012:${name}:*`);
    assert.deepEqual(secrets?.Resource, [
      "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds-master",
      "arn:aws:secretsmanager:us-east-1:123456789012:secret:switchyard/development/platform/database-user-AbCdEf",
    ]);
    assert.equal(decrypt?.Action, "kms:Decrypt");
  });

  it("calls out to HTTPS and the database only, and nobody calls it over the network", async () => {
    const { resources } = await environmentOf("development");
    const of = (type: string) =>
      resources.all(type).filter(({ inputs }) => inputs["securityGroupId"] === `${name}-function-id`);
    assert.deepEqual(
      of("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule").map(({ inputs }) => inputs["fromPort"]),
      [443, 5432],
    );
    assert.deepEqual(of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"), []);
  });
});
