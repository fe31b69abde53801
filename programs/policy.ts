import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "./account.ts";

export type Statement = aws.iam.PolicyStatement;

/** An IAM or resource policy document as JSON. */
export function policyDocument(...statements: readonly Statement[]): pulumi.Output<string> {
  return pulumi.jsonStringify({ Version: "2012-10-17", Statement: statements });
}

/**
 * A trust policy: only this AWS service, acting for this account, may take the role (AWS IAM, "The confused deputy
 * problem").
 */
export function trustedService(service: string, account: Account): pulumi.Output<string> {
  return policyDocument({
    Effect: "Allow",
    Principal: { Service: service },
    Action: "sts:AssumeRole",
    Condition: { StringEquals: { "aws:SourceAccount": account.id } },
  });
}

/** Using a key through one service of AWS's only: to read what is under it, and with `writes` also to put something there. */
export function useKeyThrough(
  service: "s3" | "secretsmanager" | "sqs",
  keyArn: pulumi.Input<string>,
  { region }: Account,
  does: "reads" | "writes",
): Statement {
  return {
    Effect: "Allow",
    Action: does === "reads" ? "kms:Decrypt" : ["kms:Decrypt", "kms:GenerateDataKey"],
    Resource: keyArn,
    Condition: { StringEquals: { "kms:ViaService": `${service}.${region}.amazonaws.com` } },
  };
}

/** Reading named secrets, and the key they are under through Secrets Manager only. */
export function readSecrets(
  secretArns: readonly pulumi.Input<string>[],
  keyArn: pulumi.Input<string>,
  account: Account,
): readonly Statement[] {
  if (secretArns.length === 0) return [];
  return [
    { Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: [...secretArns] },
    useKeyThrough("secretsmanager", keyArn, account, "reads"),
  ];
}

/** Pulling images of these ECR repositories. */
export function pullImages(repositoryArns: readonly pulumi.Input<string>[]): readonly Statement[] {
  return [
    // A registry login is not of one repository: the action knows no resource (Service Authorization Reference, ECR).
    { Effect: "Allow", Action: "ecr:GetAuthorizationToken", Resource: "*" },
    {
      Effect: "Allow",
      Action: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
      Resource: [...repositoryArns],
    },
  ];
}

/** Writing to the streams of one log group. */
export function writeLogs(logGroupArn: pulumi.Input<string>): Statement {
  return {
    Effect: "Allow",
    Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
    Resource: pulumi.interpolate`${logGroupArn}:*`,
  };
}
