/** What stands in for the `aws` plugin. */
import { createRequire } from "node:module";
import { TableProvider } from "../table-provider.ts";
import { accountRows } from "./account.ts";
import { autoscalingRows } from "./autoscaling.ts";
import { batchRows } from "./batch.ts";
import { budgetRows } from "./budgets.ts";
import { cloudfrontRows } from "./cloudfront.ts";
import { trailRows } from "./cloudtrail.ts";
import { cloudwatchRows } from "./cloudwatch.ts";
import { codebuildRows } from "./codebuild.ts";
import { deliveryRows } from "./deliveries.ts";
import { domainFunctions, domainRows } from "./domain.ts";
import { dynamodbFunctions, dynamodbRows } from "./dynamodb.ts";
import { gatewayRows } from "./ec2/gateways.ts";
import { networkRows } from "./ec2/network.ts";
import { routeRows } from "./ec2/routes.ts";
import { securityGroupRows } from "./ec2/security-groups.ts";
import { ecrFunctions, ecrRows } from "./ecr.ts";
import { ecrpublicFunctions, ecrpublicRows } from "./ecrpublic.ts";
import { clusterRows } from "./ecs/cluster.ts";
import { serviceRows } from "./ecs/service.ts";
import { taskDefinitionRows } from "./ecs/task-definition.ts";
import { functions } from "./functions.ts";
import { iamRows } from "./iam.ts";
import { identityCenterFunctions, identityCenterRows } from "./identity-center.ts";
import { identityStoreFunctions, identityStoreRows } from "./identity-store.ts";
import { kmsRows } from "./kms.ts";
import { lambdaRows } from "./lambda.ts";
import { listenerRows } from "./lb/listener.ts";
import { loadBalancerRows } from "./lb/load-balancer.ts";
import { targetGroupRows } from "./lb/target-group.ts";
import { logsRows } from "./logs.ts";
import { mailRows } from "./mail.ts";
import { messageRows } from "./messages.ts";
import { organizationsFunctions, organizationsRows } from "./organizations.ts";
import { databaseGroupRows } from "./rds/groups.ts";
import { instanceRows } from "./rds/instance.ts";
import { snapshotCopyRows } from "./rds/snapshot-copy.ts";
import { s3Rows } from "./s3.ts";
import { secretsManagerFunctions, secretsManagerRows } from "./secretsmanager.ts";
import { snsRows } from "./sns.ts";
import { statesRows } from "./states.ts";
import { wafRows } from "./waf.ts";

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
  ...cloudwatchRows,
  ...kmsRows,
  ...s3Rows,
  ...instanceRows,
  ...databaseGroupRows,
  ...snapshotCopyRows,
  ...secretsManagerRows,
  ...lambdaRows,
  ...ecrRows,
  ...ecrpublicRows,
  ...dynamodbRows,
  ...domainRows,
  ...snsRows,
  ...organizationsRows,
  ...identityCenterRows,
  ...identityStoreRows,
  ...accountRows,
  ...budgetRows,
  ...trailRows,
  ...batchRows,
  ...codebuildRows,
  ...statesRows,
  ...messageRows,
  ...mailRows,
  ...wafRows,
  ...cloudfrontRows,
  ...deliveryRows,
};
export const awsFunctions = {
  ...functions,
  ...secretsManagerFunctions,
  ...ecrFunctions,
  ...ecrpublicFunctions,
  ...dynamodbFunctions,
  ...domainFunctions,
  ...organizationsFunctions,
  ...identityCenterFunctions,
  ...identityStoreFunctions,
};

export function awsProvider(): TableProvider {
  return new TableProvider({ package: "aws", version, rows: awsRows, functions: awsFunctions });
}
