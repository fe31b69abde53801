import type { Account } from "../../../account.ts";
import type { Statement } from "../../../policy.ts";
import { ledgerTableName } from "../../pipeline/ledger.ts";
import { githubIssuer } from "../github-provider.ts";
import { readsBucket } from "./buckets.ts";
import { allow, inRegion, ofStacks, type Place } from "./place.ts";

/** What a program asks while it is previewed; what it makes is compared with the state alone. */
export const readForPlan: readonly Statement[] = [
  allow(
    "Ask",
    [
      "ec2:DescribeAvailabilityZones",
      "ec2:DescribeSubnets",
      // The program of the images logs in; who may not push gets a token that may not either.
      "ecr:GetAuthorizationToken",
      "secretsmanager:GetRandomPassword",
    ],
    "*",
  ),
];

/** What things cost, for a plan's estimate and a maximum: AWS's list is of no account, and knows no resources. */
export const readPrices: readonly Statement[] = [allow("ReadPrices", ["pricing:GetProducts"], "*")];

/** What the program of the organization asks while it is previewed: none of these calls knows resources of one stack. */
export const readForOrganization: readonly Statement[] = [
  allow(
    "AskOrganization",
    [
      "identitystore:ListGroupMemberships",
      "identitystore:ListGroups",
      "identitystore:ListUsers",
      "organizations:DescribeOrganization",
      "organizations:ListAWSServiceAccessForOrganization",
      "organizations:ListAccounts",
      "organizations:ListRoots",
      "organizations:ListTagsForResource",
      "sso:ListInstances",
    ],
    "*",
  ),
];

/**
 * Reading what an environment is made of, values of secrets and contents of buckets excepted. Most of these calls know no
 * resources (Service Authorization Reference), and the real providers make more of them than the sandbox's.
 */
export function readEnvironment(place: Place): readonly Statement[] {
  const { account } = place;
  return [
    allow(
      "Describe",
      [
        "acm:DescribeCertificate",
        "acm:ListTagsForCertificate",
        "application-autoscaling:Describe*",
        "application-autoscaling:ListTagsForResource",
        "cloudfront:GetDistribution",
        "cloudfront:GetDistributionConfig",
        "cloudfront:GetOriginAccessControl",
        "cloudfront:ListDistributions",
        "cloudfront:ListOriginAccessControls",
        "cloudfront:ListTagsForResource",
        "cloudwatch:Describe*",
        "cloudwatch:GetDashboard",
        "cloudwatch:GetMetricData",
        "cloudwatch:ListTagsForResource",
        "ec2:Describe*",
        "ecs:Describe*",
        "ecs:List*",
        "elasticloadbalancing:Describe*",
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        "kms:GetKeyRotationStatus",
        "kms:ListAliases",
        "kms:ListResourceTags",
        "logs:Describe*",
        "logs:GetDelivery",
        "logs:GetDeliveryDestination",
        "logs:GetDeliverySource",
        "logs:ListTagsForResource",
        "rds:Describe*",
        "rds:ListTagsForResource",
        "route53:Get*",
        "route53:List*",
        "secretsmanager:GetRandomPassword",
        "ses:GetConfigurationSet",
        "ses:GetConfigurationSetEventDestinations",
        "ses:GetEmailIdentity",
        "ses:ListTagsForResource",
        "sns:GetSubscriptionAttributes",
        "sns:GetTopicAttributes",
        "sns:ListTagsForResource",
        "wafv2:GetLoggingConfiguration",
        "wafv2:GetWebACL",
        "wafv2:GetWebACLForResource",
        "wafv2:ListTagsForResource",
        "wafv2:ListWebACLs",
      ],
      "*",
    ),
    allow(
      "ReadBuckets",
      [...readsBucket, "s3:ListBucketVersions"],
      place.stacks.map((stack) => `arn:${account.partition}:s3:::${stack}-*`),
    ),
    allow(
      "ReadSecrets",
      ["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"],
      [...ofStacks(place, "secretsmanager", (stack) => `secret:switchyard/${stack}/*`)],
    ),
    allow(
      "ReadFunctions",
      ["lambda:Get*", "lambda:ListTags", "lambda:ListVersionsByFunction"],
      ofStacks(place, "lambda", (stack) => `function:${stack}-migrate`),
    ),
    allow(
      "ReadRoles",
      [
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies",
        "iam:ListInstanceProfilesForRole",
        "iam:ListRolePolicies",
      ],
      place.stacks.map((stack) => `arn:${account.partition}:iam::${account.id}:role/switchyard/${stack}/*`),
    ),
    allow(
      "ReadLogs",
      ["logs:GetLogEvents"],
      ofStacks(place, "logs", (stack) => `log-group:/switchyard/${stack}/*`),
    ),
    allow(
      "ReadImages",
      ["ecr:DescribeImages", "ecr:DescribeImageScanFindings", "ecr:DescribeRepositories"],
      inRegion(account, "ecr", "repository/switchyard/*"),
    ),
  ];
}

/** Reading the values of an environment's secrets: whether they are those that were applied is asked by comparing them. */
export function readSecrets(place: Place): readonly Statement[] {
  const secrets = ofStacks(place, "secretsmanager", (stack) => `secret:switchyard/${stack}/*`);
  return [allow("CompareSecrets", ["secretsmanager:GetSecretValue"], secrets)];
}

/** Reading what the pipeline and the images stack are made of, contents of the state bucket excepted. */
export function readPlatform(account: Account, stateBucket: string | undefined): readonly Statement[] {
  const iam = (path: string) => `arn:${account.partition}:iam::${account.id}:${path}`;
  return [
    // A registry login is not of one repository: the action knows no resource (Service Authorization Reference, ECR).
    allow("Login", ["ecr:GetAuthorizationToken"], "*"),
    allow(
      "ReadRepositories",
      [
        "ecr:BatchGetImage",
        "ecr:DescribeRepositories",
        "ecr:GetLifecyclePolicy",
        "ecr:GetRepositoryPolicy",
        "ecr:ListTagsForResource",
      ],
      inRegion(account, "ecr", "repository/switchyard/*"),
    ),
    allow(
      "ReadTable",
      [
        "dynamodb:DescribeContinuousBackups",
        "dynamodb:DescribeTable",
        "dynamodb:DescribeTimeToLive",
        "dynamodb:ListTagsOfResource",
      ],
      inRegion(account, "dynamodb", `table/${ledgerTableName}`),
    ),
    allow(
      "ReadWorkflowRoles",
      ["iam:GetRole", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"],
      iam("role/switchyard-*"),
    ),
    allow(
      "ReadPolicies",
      ["iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListPolicyVersions"],
      iam("policy/switchyard-*"),
    ),
    allow("ReadGithub", ["iam:GetOpenIDConnectProvider"], iam(`oidc-provider/${githubIssuer}`)),
    ...(stateBucket === undefined
      ? []
      : [allow("ReadStateBucket", readsBucket, `arn:${account.partition}:s3:::${stateBucket}`)]),
  ];
}
