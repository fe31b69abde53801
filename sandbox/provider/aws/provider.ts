/** What stands in for the `aws` plugin. */
import { createRequire } from "node:module";
import { TableProvider } from "../table-provider.ts";
import { autoscalingRows } from "./autoscaling.ts";
import { domainFunctions, domainRows } from "./domain.ts";
import { dynamodbFunctions, dynamodbRows } from "./dynamodb.ts";
import { ec2Rows } from "./ec2.ts";
import { ecrFunctions, ecrRows } from "./ecr.ts";
import { ecsRows } from "./ecs.ts";
import { functions } from "./functions.ts";
import { iamRows } from "./iam.ts";
import { kmsRows } from "./kms.ts";
import { lambdaRows } from "./lambda.ts";
import { lbRows } from "./lb.ts";
import { logsRows } from "./logs.ts";
import { rdsRows } from "./rds.ts";
import { s3Rows } from "./s3.ts";
import { secretsManagerFunctions, secretsManagerRows } from "./secretsmanager.ts";
import { securityGroupRows } from "./security-groups.ts";
import { snsRows } from "./sns.ts";

const { version } = createRequire(import.meta.url)("@pulumi/aws/package.json") as { version: string };

export const awsRows = {
  ...ec2Rows,
  ...securityGroupRows,
  ...lbRows,
  ...ecsRows,
  ...autoscalingRows,
  ...iamRows,
  ...logsRows,
  ...kmsRows,
  ...s3Rows,
  ...rdsRows,
  ...secretsManagerRows,
  ...lambdaRows,
  ...ecrRows,
  ...dynamodbRows,
  ...domainRows,
  ...snsRows,
};
export const awsFunctions = {
  ...functions,
  ...secretsManagerFunctions,
  ...ecrFunctions,
  ...dynamodbFunctions,
  ...domainFunctions,
};

export function awsProvider(): TableProvider {
  return new TableProvider({ package: "aws", version, rows: awsRows, functions: awsFunctions });
}
