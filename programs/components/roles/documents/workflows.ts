import type * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../../account.ts";
import type { Statement } from "../../../policy.ts";
import { ledgerTableName } from "../../pipeline/ledger.ts";
import { sweepMetric } from "../../pipeline/sweep-metric.ts";
import { githubIssuer } from "../github-provider.ts";
import { readsBucket, setsBucketUp } from "./buckets.ts";
import { allow, inRegion, ofStacks, type Place } from "./place.ts";

/** Pushing images to the platform's repositories, whose tags never move. */
export function pushImages(account: Account): readonly Statement[] {
  return [
    // A registry login is not of one repository: the action knows no resource (Service Authorization Reference, ECR).
    allow("Login", ["ecr:GetAuthorizationToken"], "*"),
    allow(
      "Push",
      [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:CompleteLayerUpload",
        "ecr:GetDownloadUrlForLayer",
        "ecr:InitiateLayerUpload",
        "ecr:PutImage",
        "ecr:UploadLayerPart",
      ],
      inRegion(account, "ecr", "repository/switchyard/*"),
    ),
  ];
}

/** Finding preview environments by their tags, and ending what `destroy` leaves of them. */
export const sweepPreviews = (place: Place): readonly Statement[] => [
  allow(
    "DeleteRevisions",
    ["ecs:DeleteTaskDefinitions"],
    ofStacks(place, "ecs", (stack) => `task-definition/${stack}-*:*`),
  ),
  // A metric has no ARN: the action knows its namespace alone (Service Authorization Reference, CloudWatch).
  allow("SignOfLife", ["cloudwatch:PutMetricData"], "*", {
    StringEquals: { "cloudwatch:namespace": sweepMetric.namespace },
  }),
  // What is asked for by tags says nothing of the stack before it is found.
  allow(
    "FindPreviews",
    [
      "iam:ListOpenIDConnectProviderTags",
      "iam:ListOpenIDConnectProviders",
      "iam:ListPolicies",
      "iam:ListPolicyTags",
      "iam:ListRoleTags",
      "iam:ListRoles",
      "tag:GetResources",
    ],
    "*",
  ),
];

/** Stopping what is warm no longer. */
export function sweep(place: Place): readonly Statement[] {
  return [
    allow(
      "Look",
      [
        "application-autoscaling:DescribeScalableTargets",
        "ecs:ListTaskDefinitions",
        "elasticloadbalancing:DescribeRules",
      ],
      "*",
    ),
    allow(
      "Services",
      ["ecs:DescribeServices", "ecs:UpdateService"],
      ofStacks(place, "ecs", (stack) => `service/${stack}-*/*`),
    ),
    // Of one revision or all: the action knows no resources.
    allow("DeregisterTaskDefinitions", ["ecs:DeregisterTaskDefinition"], "*"),
  ];
}

export interface PlatformPlace {
  readonly account: Account;
  readonly stateBucket?: string | undefined;
  readonly stateKeyArn: pulumi.Input<string>;
}

/**
 * Applying the pipeline stack: repositories and these roles, which come and go, and settings of what is made once, by whoever
 * set the account up: ledger, keys, state bucket, GitHub's provider. A policy each.
 */
export function platformPolicies(place: PlatformPlace): Readonly<Record<string, readonly Statement[]>> {
  return { delivery: delivery(place), identity: identity(place.account) };
}

function delivery({ account, stateBucket }: PlatformPlace): readonly Statement[] {
  return [
    allow(
      "Repositories",
      [
        "ecr:CreateRepository",
        "ecr:DeleteLifecyclePolicy",
        "ecr:DeleteRepository",
        "ecr:DeleteRepositoryPolicy",
        "ecr:DescribeRepositories",
        "ecr:GetLifecyclePolicy",
        "ecr:GetRepositoryPolicy",
        "ecr:ListTagsForResource",
        "ecr:PutImageScanningConfiguration",
        "ecr:PutImageTagMutability",
        "ecr:PutLifecyclePolicy",
        "ecr:SetRepositoryPolicy",
        "ecr:TagResource",
        "ecr:UntagResource",
      ],
      inRegion(account, "ecr", "repository/switchyard/*"),
    ),
    allow(
      "Ledger",
      [
        "dynamodb:DescribeContinuousBackups",
        "dynamodb:DescribeTable",
        "dynamodb:DescribeTimeToLive",
        "dynamodb:ListTagsOfResource",
        "dynamodb:TagResource",
        "dynamodb:UntagResource",
        "dynamodb:UpdateContinuousBackups",
        "dynamodb:UpdateTable",
      ],
      inRegion(account, "dynamodb", `table/${ledgerTableName}`),
    ),
    allow(
      "Alarms",
      [
        "cloudwatch:DeleteAlarms",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:ListTagsForResource",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:TagResource",
        "cloudwatch:UntagResource",
      ],
      inRegion(account, "cloudwatch", "alarm:switchyard-*"),
    ),
    allow("AnyKey", ["kms:ListAliases"], "*"),
    allow(
      "Keys",
      [
        "kms:CreateGrant",
        "kms:DescribeKey",
        "kms:EnableKeyRotation",
        "kms:GetKeyPolicy",
        "kms:GetKeyRotationStatus",
        "kms:ListResourceTags",
        "kms:PutKeyPolicy",
        "kms:TagResource",
        "kms:UntagResource",
        "kms:UpdateKeyDescription",
      ],
      [inRegion(account, "kms", "key/*"), inRegion(account, "kms", "alias/switchyard/*")],
    ),
    ...(stateBucket === undefined ? [] : [bucket(`arn:${account.partition}:s3:::${stateBucket}`)]),
  ];
}

function bucket(arn: string): Statement {
  return allow("StateBucket", [...readsBucket, ...setsBucketUp], arn);
}

/** Whoever may change these roles may do anything: the GitHub environment `platform` has reviewers. */
function identity({ partition, id }: Account): readonly Statement[] {
  const iam = (path: string) => `arn:${partition}:iam::${id}:${path}`;
  return [
    allow(
      "Roles",
      [
        "iam:AttachRolePolicy",
        "iam:CreateRole",
        "iam:DeleteRole",
        "iam:DetachRolePolicy",
        "iam:GetRole",
        "iam:ListAttachedRolePolicies",
        "iam:ListRolePolicies",
        "iam:PutRolePermissionsBoundary",
        "iam:TagRole",
        "iam:UntagRole",
        "iam:UpdateAssumeRolePolicy",
        "iam:UpdateRole",
      ],
      iam("role/switchyard-*"),
    ),
    allow(
      "Policies",
      [
        "iam:CreatePolicy",
        "iam:CreatePolicyVersion",
        "iam:DeletePolicy",
        "iam:DeletePolicyVersion",
        "iam:GetPolicy",
        "iam:GetPolicyVersion",
        "iam:ListPolicyVersions",
        "iam:TagPolicy",
        "iam:UntagPolicy",
      ],
      iam("policy/switchyard-*"),
    ),
    allow(
      "Github",
      ["iam:GetOpenIDConnectProvider", "iam:TagOpenIDConnectProvider", "iam:UntagOpenIDConnectProvider"],
      iam(`oidc-provider/${githubIssuer}`),
    ),
  ];
}
