import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import { policyDocument, type Statement } from "../../policy.ts";
import type { Profile } from "../../profile.ts";

export interface ImageRepositoryArgs {
  readonly account: Account;
  readonly profile: Profile;
  readonly repositoryName: string;
  readonly keyArn: pulumi.Input<string>;
  /** Beyond this many the oldest go. */
  readonly keepImages: number;
  /** Accounts whose environments pull from it, beside its own. */
  readonly pullAccounts: readonly string[];
  /** Functions run images of it. */
  readonly functions: boolean;
}

/** A private ECR repository whose tags never move. */
export class ImageRepository extends pulumi.ComponentResource {
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: ImageRepositoryArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:pipeline:ImageRepository", name, {}, options);
    const repository = new aws.ecr.Repository(
      name,
      {
        name: args.repositoryName,
        imageTagMutability: "IMMUTABLE",
        imageScanningConfiguration: { scanOnPush: true },
        encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: args.keyArn }],
        forceDelete: args.profile.forceDestroy,
      },
      { parent: this, protect: args.profile.protect },
    );
    new aws.ecr.LifecyclePolicy(
      name,
      { repository: repository.name, policy: lifecyclePolicy(args.keepImages) },
      { parent: this },
    );
    const statements = pullStatements(args);
    if (statements.length > 0)
      new aws.ecr.RepositoryPolicy(
        name,
        { repository: repository.name, policy: policyDocument(...statements) },
        { parent: this },
      );
    this.url = repository.repositoryUrl;
    this.registerOutputs({ url: this.url });
  }
}

const pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];

function pullStatements(args: ImageRepositoryArgs): readonly Statement[] {
  const { account } = args;
  const statements: Statement[] = [];
  if (args.pullAccounts.length > 0)
    statements.push({
      Sid: "Environments",
      Effect: "Allow",
      Principal: { AWS: args.pullAccounts.map((id) => `arn:${account.partition}:iam::${id}:root`) },
      Action: pull,
    });
  if (args.functions)
    statements.push({
      // Lambda pulls by itself, with no role of the account (AWS Lambda, "Amazon ECR permissions").
      Sid: "Functions",
      Effect: "Allow",
      Principal: { Service: "lambda.amazonaws.com" },
      Action: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
      Condition: {
        ArnLike: {
          "aws:SourceArn": [account.id, ...args.pullAccounts].map(
            (id) => `arn:${account.partition}:lambda:${account.region}:${id}:function:*`,
          ),
        },
      },
    });
  return statements;
}

function lifecyclePolicy(keepImages: number): string {
  return JSON.stringify({
    rules: [
      {
        rulePriority: 1,
        description: "Untagged images go after a day",
        selection: { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber: 1 },
        action: { type: "expire" },
      },
      {
        rulePriority: 2,
        description: `The newest ${keepImages} images stay`,
        selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: keepImages },
        action: { type: "expire" },
      },
    ],
  });
}
