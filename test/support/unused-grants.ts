/** Why the workflows' roles are granted what nothing tried in the sandbox uses. */
import type { Reasons } from "./grants.ts";

const state = "state is in files here; in a bucket, Pulumi opens and seals its secrets with the key";
const ledger = "the ledger is under the key in AWS, and DynamoDB uses it in the caller's name";
const items = "reading the ledger is one statement for all: programs read an item of it, the driver asks for several";
const reads = "the official provider reads it after a write, the sandbox's does not";
const settings = "a setting that another version of the program, or another configuration, writes to what is there";
const domain = "of an environment with a domain, which this one has not";
const zones = "of a network that gains or loses zones, which this one does not";
const byAws = "AWS asks it of the caller for what a service does in the caller's name";
const rare = "of what does not happen here: a task cut short, more revisions than are kept, what a hand deleted";

export const unusedReasons: Readonly<Record<string, Reasons>> = {
  plan: {
    [state]: ["kms:Decrypt"],
    "`ci pull-request` writes down what it planned; here a plan is made without a pull request": ["dynamodb:PutItem"],
    "the official provider reads it of an organization, the sandbox's does not": [
      "organizations:ListAWSServiceAccessForOrganization",
    ],
    "of an account that no entry names any more": ["organizations:ListTagsForResource"],
    "of an organization whose people an identity provider owns": [
      "identitystore:ListGroupMemberships",
      "identitystore:ListGroups",
      "identitystore:ListUsers",
    ],
  },
  images: {
    [state]: ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
    "Docker pulls the base image that the others are built on": ["ecr:GetDownloadUrlForLayer"],
  },
  platform: {
    [state]: ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
    [reads]: ["kms:ListAliases"],
    [byAws]: ["kms:CreateGrant"],
    [items]: ["dynamodb:GetItem"],
    [settings]: [
      "cloudwatch:UntagResource",
      "dynamodb:UpdateContinuousBackups",
      "dynamodb:UpdateTable",
      "ecr:PutImageScanningConfiguration",
      "ecr:PutImageTagMutability",
      "iam:PutRolePermissionsBoundary",
      "iam:UpdateAssumeRolePolicy",
      "iam:UpdateRole",
      "kms:EnableKeyRotation",
      "kms:PutKeyPolicy",
      "kms:UpdateKeyDescription",
    ],
    "a policy that was changed more often than IAM keeps versions of": ["iam:DeletePolicyVersion"],
  },
  approve: { [ledger]: ["kms:Decrypt"], [items]: ["dynamodb:GetItem"] },
  runner: {
    [ledger]: ["kms:Decrypt"],
    "`ci run` writes down who asked; here the runner is started without it": [
      "dynamodb:BatchGetItem",
      "dynamodb:ConditionCheckItem",
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      "dynamodb:Query",
      "dynamodb:UpdateItem",
    ],
  },
  seal: { [ledger]: ["kms:Decrypt"], [items]: ["dynamodb:GetItem", "dynamodb:Query"] },
  sweep: { [ledger]: ["kms:Decrypt"], [items]: ["dynamodb:GetItem"], [rare]: ["ecs:DeregisterTaskDefinition"] },
  drift: {
    [state]: ["kms:Decrypt"],
    [items]: ["dynamodb:GetItem"],
    [domain]: ["acm:DescribeCertificate", "acm:ListTagsForCertificate", "route53:Get*", "route53:List*"],
    [reads]: [
      "ecr:GetAuthorizationToken",
      "iam:ListInstanceProfilesForRole",
      "iam:ListPolicyVersions",
      "lambda:ListTags",
      "lambda:ListVersionsByFunction",
      "s3:GetAccelerateConfiguration",
      "s3:GetReplicationConfiguration",
      "s3:ListBucket",
    ],
    "reading an environment is one list for whoever compares it and whoever deploys it": [
      "cloudwatch:GetMetricData",
      "ec2:DescribeAvailabilityZones",
      "ecr:DescribeImageScanFindings",
      "ecr:DescribeImages",
      "ecs:List*",
      "logs:GetLogEvents",
      "s3:ListBucketVersions",
      "secretsmanager:GetRandomPassword",
    ],
  },
  "deploy-sandbox": {
    [state]: ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
    [byAws]: ["iam:CreateServiceLinkedRole", "kms:CreateGrant"],
    "RDS takes a last snapshot of a production's database in the name of who deletes it": ["rds:CreateDBSnapshot"],
    "of an environment whose database begins with a snapshot's rows, which this one's does not": [
      "rds:CopyDBSnapshot",
      "rds:DeleteDBSnapshot",
      "rds:RestoreDBInstanceFromDBSnapshot",
    ],
    [domain]: [
      "acm:AddTagsToCertificate",
      "acm:DeleteCertificate",
      "acm:DescribeCertificate",
      "acm:ListTagsForCertificate",
      "acm:RemoveTagsFromCertificate",
      "acm:RequestCertificate",
      "elasticloadbalancing:AddListenerCertificates",
      "elasticloadbalancing:ModifyListener",
      "elasticloadbalancing:ModifyListenerAttributes",
      "elasticloadbalancing:RemoveListenerCertificates",
      "route53:ChangeResourceRecordSets",
      "route53:Get*",
      "route53:List*",
    ],
    [zones]: [
      "ec2:DisassociateAddress",
      "ec2:ModifyVpcEndpoint",
      "ec2:ReplaceRoute",
      "elasticloadbalancing:SetSecurityGroups",
      "elasticloadbalancing:SetSubnets",
      "rds:ModifyDBSubnetGroup",
    ],
    [reads]: [
      "ecr:DescribeRepositories",
      "iam:ListInstanceProfilesForRole",
      "lambda:ListTags",
      "lambda:ListVersionsByFunction",
      "s3:GetAccelerateConfiguration",
      "s3:GetReplicationConfiguration",
      "s3:ListBucket",
    ],
    [settings]: [
      "ecs:UpdateCluster",
      "iam:UpdateAssumeRolePolicy",
      "iam:UpdateRole",
      "kms:DisableKeyRotation",
      "kms:PutKeyPolicy",
      "kms:UpdateAlias",
      "kms:UpdateKeyDescription",
      "logs:AssociateKmsKey",
      "rds:ModifyDBInstance",
      "rds:ResetDBParameterGroup",
      "secretsmanager:UpdateSecret",
    ],
    [rare]: [
      "ecs:DeregisterTaskDefinition",
      "ecs:List*",
      "ecs:StopTask",
      "elasticloadbalancing:SetRulePriorities",
      "secretsmanager:UpdateSecretVersionStage",
    ],
    "tags of services and functions, made after the tag that is taken away here was gone": [
      "application-autoscaling:UntagResource",
      "ecs:UntagResource",
      "lambda:UntagResource",
    ],
    "findings of a scan are asked for where the configuration sets a limit to them": ["ecr:DescribeImageScanFindings"],
  },
};
