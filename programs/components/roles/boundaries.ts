import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import { policyDocument, type Statement } from "../../policy.ts";
import { workflowBoundaryName, workloadBoundaryName, workloadPath } from "./names.ts";

/** What every role of an environment's own has: in its stack's path, and with the boundary of running code. */
export interface RoleLimits {
  readonly path: string;
  /** None where the pipeline stack is of a version that made none. */
  readonly permissionsBoundary?: string;
}

export function roleLimits(stack: string, boundaryArn: string | undefined): RoleLimits {
  return { path: workloadPath(stack), ...(boundaryArn === undefined ? {} : { permissionsBoundary: boundaryArn }) };
}

export function policyArn({ partition, id }: Account, name: string): string {
  return `arn:${partition}:iam::${id}:policy/${name}`;
}

export interface BoundariesArgs {
  readonly account: Account;
  /** Of the stacks' state and the ledger: nothing that runs may use it. */
  readonly stateKeyArn: pulumi.Input<string>;
  /** What some workflow may do beyond the usual. */
  readonly more?: readonly Statement[];
}

/** The most that roles of the account may ever have, whatever policies they are given (IAM, "Permissions boundaries"). */
export class Boundaries extends pulumi.ComponentResource {
  readonly workloadArn: pulumi.Output<string>;
  readonly workflowArn: pulumi.Output<string>;

  constructor(name: string, args: BoundariesArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:roles:Boundaries", name, {}, options);
    const boundary = (policyName: string, description: string, statements: readonly Statement[]) =>
      new aws.iam.Policy(
        policyName,
        { name: policyName, description, policy: policyDocument(...statements) },
        { parent: this },
      ).arn;
    this.workloadArn = boundary(
      workloadBoundaryName,
      "The most a role of an environment's services and functions may have",
      workload(args),
    );
    this.workflowArn = boundary(workflowBoundaryName, "The most a role of a workflow may have", workflow(args));
    this.registerOutputs({ workloadArn: this.workloadArn, workflowArn: this.workflowArn });
  }
}

/** What running code can be given: no rights over rights, machines, or what keeps it. */
function workload({ account: { partition, region, id }, stateKeyArn }: BoundariesArgs): readonly Statement[] {
  return [
    {
      Sid: "Running",
      Effect: "Allow",
      Action: [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetAuthorizationToken",
        "ecr:GetDownloadUrlForLayer",
        "logs:CreateLogStream",
        "logs:DescribeLogGroups",
        "logs:DescribeLogStreams",
        "logs:PutLogEvents",
      ],
      Resource: "*",
    },
    {
      Sid: "Data",
      Effect: "Allow",
      Action: [
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
        "secretsmanager:GetSecretValue",
        "ses:SendEmail",
        "ses:SendRawEmail",
        "sns:Publish",
        "sqs:DeleteMessage",
        "sqs:ReceiveMessage",
        "sqs:SendMessage",
        "xray:PutTraceSegments",
      ],
      Resource: "*",
    },
    {
      Sid: "NoLedger",
      Effect: "Deny",
      Action: ["dynamodb:*"],
      Resource: `arn:${partition}:dynamodb:${region}:${id}:table/switchyard-*`,
    },
    { Sid: "NoState", Effect: "Deny", Action: "kms:*", Resource: stateKeyArn },
  ];
}

/** What workflows work with, less what outlives a session: users, keys, other identity providers, and changes of the organization. */
function workflow({ account, more = [] }: BoundariesArgs): readonly Statement[] {
  const { partition, id } = account;
  const iam = (path: string) => `arn:${partition}:iam::${id}:${path}`;
  return [
    {
      Sid: "Services",
      Effect: "Allow",
      Action: [
        "acm:*",
        "application-autoscaling:*",
        "cloudfront:*",
        "cloudwatch:*",
        "dynamodb:*",
        "ec2:*",
        "ecr:*",
        "ecs:*",
        "elasticloadbalancing:*",
        "kms:*",
        "lambda:*",
        "logs:*",
        "pricing:GetProducts",
        "rds:*",
        "route53:*",
        "s3:*",
        "secretsmanager:*",
        "ses:*",
        "sns:*",
        "wafv2:*",
        "xray:PutTraceSegments",
      ],
      Resource: "*",
    },
    {
      Sid: "Roles",
      Effect: "Allow",
      Action: ["iam:*"],
      Resource: [
        iam("oidc-provider/token.actions.githubusercontent.com"),
        iam("policy/switchyard-*"),
        iam("role/aws-service-role/*"),
        iam("role/switchyard-*"),
        iam("role/switchyard/*"),
      ],
    },
    ...more,
  ];
}
