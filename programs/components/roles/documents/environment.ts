import type { Statement } from "../../../policy.ts";
import { wafLogGroup } from "../../../waf.ts";
import { policyArn } from "../boundaries.ts";
import { workloadBoundaryName } from "../names.ts";
import { data, type EnvironmentPlace, keys } from "./environment-data.ts";
import { traffic } from "./environment-traffic.ts";
import { allow, inRegion, ofStacks, type Place } from "./place.ts";

/** What applying, deploying and destroying an environment writes; a policy each, as one document could not hold it. */
export function environmentPolicies(place: EnvironmentPlace): Readonly<Record<string, readonly Statement[]>> {
  return {
    network: network(place),
    traffic: [...traffic(place), ...running(place), ...watching(place)],
    data: [...data(place), ...keys(place)],
    identity: identity(place),
  };
}

/** EC2's ids say nothing of the stack: what narrows these is the account. */
function network({ account }: Place): readonly Statement[] {
  return [
    allow(
      "Network",
      [
        "ec2:AllocateAddress",
        "ec2:AssociateRouteTable",
        "ec2:AttachInternetGateway",
        "ec2:AuthorizeSecurityGroupEgress",
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:CreateFlowLogs",
        "ec2:CreateInternetGateway",
        "ec2:CreateNatGateway",
        "ec2:CreateRoute",
        "ec2:CreateRouteTable",
        "ec2:CreateSecurityGroup",
        "ec2:CreateSubnet",
        "ec2:CreateTags",
        "ec2:CreateVpc",
        "ec2:CreateVpcEndpoint",
        "ec2:DeleteFlowLogs",
        "ec2:DeleteInternetGateway",
        "ec2:DeleteNatGateway",
        "ec2:DeleteRoute",
        "ec2:DeleteRouteTable",
        "ec2:DeleteSecurityGroup",
        "ec2:DeleteSubnet",
        "ec2:DeleteTags",
        "ec2:DeleteVpc",
        "ec2:DeleteVpcEndpoints",
        "ec2:DetachInternetGateway",
        "ec2:DisassociateAddress",
        "ec2:DisassociateRouteTable",
        "ec2:ModifySecurityGroupRules",
        "ec2:ModifySubnetAttribute",
        "ec2:ModifyVpcAttribute",
        "ec2:ModifyVpcEndpoint",
        "ec2:ReleaseAddress",
        "ec2:ReplaceRoute",
        "ec2:RevokeSecurityGroupEgress",
        "ec2:RevokeSecurityGroupIngress",
      ],
      inRegion(account, "ec2", "*"),
    ),
  ];
}

function running(place: Place): readonly Statement[] {
  const { account } = place;
  return [
    allow(
      "Services",
      [
        "ecs:CreateCluster",
        "ecs:CreateService",
        "ecs:DeleteCluster",
        "ecs:DeleteService",
        "ecs:StopTask",
        "ecs:TagResource",
        "ecs:UntagResource",
        "ecs:UpdateCluster",
        "ecs:UpdateService",
      ],
      [
        ...ofStacks(place, "ecs", (stack) => `cluster/${stack}-*`),
        ...ofStacks(place, "ecs", (stack) => `service/${stack}-*/*`),
        ...ofStacks(place, "ecs", (stack) => `task/${stack}-*/*`),
      ],
    ),
    allow(
      "TaskDefinitions",
      ["ecs:RegisterTaskDefinition", "ecs:RunTask", "ecs:TagResource", "ecs:UntagResource"],
      inRegion(account, "ecs", "task-definition/*:*"),
    ),
    // Of one revision or all: the action knows no resources.
    allow("DeregisterTaskDefinitions", ["ecs:DeregisterTaskDefinition"], "*"),
    allow(
      "Scaling",
      [
        "application-autoscaling:DeleteScalingPolicy",
        "application-autoscaling:DeregisterScalableTarget",
        "application-autoscaling:PutScalingPolicy",
        "application-autoscaling:RegisterScalableTarget",
        "application-autoscaling:TagResource",
        "application-autoscaling:UntagResource",
      ],
      inRegion(account, "application-autoscaling", "scalable-target/*"),
    ),
  ];
}

function watching(place: Place): readonly Statement[] {
  return [
    allow(
      "Alarms",
      [
        "cloudwatch:DeleteAlarms",
        "cloudwatch:PutCompositeAlarm",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:TagResource",
        "cloudwatch:UntagResource",
      ],
      ofStacks(place, "cloudwatch", (stack) => `alarm:${stack}-*`),
    ),
    allow(
      "Dashboards",
      ["cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard"],
      place.stacks.map((stack) => `arn:${place.account.partition}:cloudwatch::${place.account.id}:dashboard/${stack}`),
    ),
    // Of a saved query AWS knows no resource.
    allow("SavedQueries", ["logs:DeleteQueryDefinition", "logs:PutQueryDefinition"], "*"),
    allow(
      "Topics",
      [
        "sns:CreateTopic",
        "sns:DeleteTopic",
        "sns:SetTopicAttributes",
        "sns:Subscribe",
        "sns:TagResource",
        "sns:Unsubscribe",
        "sns:UntagResource",
      ],
      ofStacks(place, "sns", (stack) => `${stack}-*`),
    ),
    allow(
      "Logs",
      [
        "logs:AssociateKmsKey",
        "logs:CreateLogGroup",
        "logs:DeleteLogGroup",
        "logs:PutRetentionPolicy",
        "logs:TagResource",
        "logs:UntagResource",
      ],
      [
        ...ofStacks(place, "logs", (stack) => `log-group:/switchyard/${stack}/*`),
        ...ofStacks(place, "logs", (stack) => `log-group:${wafLogGroup(stack)}`),
      ],
    ),
  ];
}

/** Roles only below the stack's path, only with the boundary, and passed only to the services that run things of it. */
function identity({ account, stacks }: Place): readonly Statement[] {
  const roles = stacks.map((stack) => `arn:${account.partition}:iam::${account.id}:role/switchyard/${stack}/*`);
  return [
    allow("LimitedRoles", ["iam:CreateRole", "iam:PutRolePolicy"], roles, {
      StringEquals: { "iam:PermissionsBoundary": policyArn(account, workloadBoundaryName) },
    }),
    allow(
      "Roles",
      [
        "iam:DeleteRole",
        "iam:DeleteRolePolicy",
        "iam:TagRole",
        "iam:UntagRole",
        "iam:UpdateAssumeRolePolicy",
        "iam:UpdateRole",
      ],
      roles,
    ),
    allow("PassRoles", ["iam:PassRole"], roles, {
      StringEquals: {
        "iam:PassedToService": ["ecs-tasks.amazonaws.com", "lambda.amazonaws.com", "vpc-flow-logs.amazonaws.com"],
      },
    }),
    allow(
      "ServiceRoles",
      ["iam:CreateServiceLinkedRole"],
      `arn:${account.partition}:iam::${account.id}:role/aws-service-role/*`,
      {
        StringEquals: {
          "iam:AWSServiceName": [
            "ecs.amazonaws.com",
            "ecs.application-autoscaling.amazonaws.com",
            "elasticloadbalancing.amazonaws.com",
            "rds.amazonaws.com",
          ],
        },
      },
    ),
  ];
}
