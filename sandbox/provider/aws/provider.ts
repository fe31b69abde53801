/** What stands in for the `aws` plugin. */
import { createRequire } from "node:module";
import { TableProvider } from "../table-provider.ts";
import { autoscalingRows } from "./autoscaling.ts";
import { domainFunctions, domainRows } from "./domain.ts";
import { dynamodbFunctions, dynamodbRows } from "./dynamodb.ts";
import { gatewayRows } from "./ec2/gateways.ts";
import { networkRows } from "./ec2/network.ts";
import { routeRows } from "./ec2/routes.ts";
import { securityGroupRows } from "./ec2/security-groups.ts";
import { ecrFunctions, ecrRows } from "./ecr.ts";
import { clusterRows } from "./ecs/cluster.ts";
import { serviceRows } from "./ecs/service.ts";
import { taskDefinitionRows } from "./ecs/task-definition.ts";
import { functions } from "./functions.ts";
import { iamRows } from "./iam.ts";
import { kmsRows } from "./kms.ts";
import { lambdaRows } from "./lambda.ts";
import { listenerRows } from "./lb/listener.ts";
import { loadBalancerRows } from "./lb/load-balancer.ts";
import { targetGroupRows } from "./lb/target-group.ts";
import { logsRows } from "./logs.ts";
import { databaseGroupRows } from "./rds/groups.ts";
import { instanceRows } from "./rds/instance.ts";
import { s3Rows } from "./s3.ts";
import { secretsManagerFunctions, secretsManagerRows } from "./secretsmanager.ts";
import { snsRows } from "./sns.ts";

const { version } = createRequire(import.meta.url)("@pulumi/aws/package.json") as { version: string };

export const awsRows = {
  ...networkRows,
  ...routeRows,
  ...gatewayRows,
  ...securityGroupRows,
  ...loadBalancerRows,
  ...targetGroupRows,
  ...listenerRows,
  ...clusterRows,
  ...taskDefinitionRows,
  ...serviceRows,
  ...autoscalingRows,
  ...iamRows,
  ...logsRows,
  ...kmsRows,
  ...s3Rows,
  ...instanceRows,
  ...databaseGroupRows,
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
