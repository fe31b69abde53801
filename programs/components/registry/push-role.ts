import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import { policyDocument, type Statement } from "../../policy.ts";
import { GithubProvider } from "../roles/github-provider.ts";
import { GithubRole } from "../roles/github-role.ts";
import { type GithubRepository, subjectOf } from "../roles/subject.ts";

/** The GitHub environment public images are pushed from; its settings let in the main branch and tags only. */
export const publicImagesEnvironment = "public-images";

export interface PushRoleArgs {
  readonly account: Account;
  readonly github: GithubRepository;
  readonly repositoryNames: readonly string[];
}

/** The role that pushes public images: of one repository's workflows, to the named repositories and no others. */
export class PushRole extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: PushRoleArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:registry:PushRole", name, {}, options);
    const child = { parent: this };
    const statements = push(args);
    const boundary = new aws.iam.Policy(
      `${name}-boundary`,
      {
        name: "switchyard-push-boundary",
        description: "The most the role that pushes public images may have",
        policy: policyDocument(...statements),
      },
      child,
    );
    const role = new GithubRole(
      name,
      {
        roleName: "switchyard-push",
        description: "Pushes public images",
        providerArn: new GithubProvider(`${name}-github`, child).arn,
        subjects: [subjectOf(args.github, { environment: publicImagesEnvironment })],
        sessionSeconds: 3600,
        boundaryArn: boundary.arn,
        policies: { images: statements },
      },
      child,
    );
    this.arn = role.arn;
    this.registerOutputs({ arn: this.arn });
  }
}

function push({ account, repositoryNames }: PushRoleArgs): readonly Statement[] {
  return [
    // A login needs both, and knows no resource (Amazon ECR Public user guide, "Registry authentication").
    {
      Sid: "Login",
      Effect: "Allow",
      Action: ["ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken"],
      Resource: "*",
    },
    {
      Sid: "Push",
      Effect: "Allow",
      Action: [
        "ecr-public:BatchCheckLayerAvailability",
        "ecr-public:CompleteLayerUpload",
        "ecr-public:DescribeImages",
        "ecr-public:DescribeRepositories",
        "ecr-public:InitiateLayerUpload",
        "ecr-public:PutImage",
        "ecr-public:UploadLayerPart",
      ],
      Resource: repositoryNames.map((name) => `arn:${account.partition}:ecr-public::${account.id}:repository/${name}`),
    },
  ];
}
