import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { policyDocument, type Statement } from "../../policy.ts";
import { githubIssuer } from "./github-provider.ts";

export interface GithubRoleArgs {
  readonly roleName: string;
  readonly description: string;
  readonly providerArn: pulumi.Input<string>;
  /** The only `sub` claim that opens it, or the only ones. */
  readonly subjects: readonly string[];
  /** Longest session, in seconds: 3600 to 43200 (IAM, "Update the maximum session duration for a role"). */
  readonly sessionSeconds: number;
  readonly boundaryArn: pulumi.Input<string>;
  /** What it may do: a policy each, by what it is for. */
  readonly policies: Readonly<Record<string, readonly Statement[]>>;
}

/** A role that workflows of one repository take with GitHub's token: no secret of AWS is kept anywhere. */
export class GithubRole extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;
  /** Of what it may do: another role that does the same has the same. */
  readonly policyArns: readonly pulumi.Output<string>[];

  constructor(name: string, args: GithubRoleArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:roles:GithubRole", name, {}, options);
    const role = new aws.iam.Role(
      name,
      {
        name: args.roleName,
        description: args.description,
        maxSessionDuration: args.sessionSeconds,
        permissionsBoundary: args.boundaryArn,
        assumeRolePolicy: policyDocument(trust(args)),
      },
      { parent: this },
    );
    this.policyArns = Object.entries(args.policies).map(([purpose, statements]) => {
      const policy = new aws.iam.Policy(
        `${name}-${purpose}`,
        { name: `${args.roleName}-${purpose}`, policy: policyDocument(...statements) },
        { parent: this },
      );
      new aws.iam.RolePolicyAttachment(
        `${name}-${purpose}`,
        { role: role.name, policyArn: policy.arn },
        { parent: this },
      );
      return policy.arn;
    });
    this.arn = role.arn;
    this.registerOutputs({ arn: this.arn, policyArns: this.policyArns });
  }
}

/** Equality, never a pattern: a wildcard would let in what nobody meant. */
function trust({ providerArn, subjects }: GithubRoleArgs): Statement {
  return {
    Effect: "Allow",
    Principal: { Federated: providerArn },
    Action: "sts:AssumeRoleWithWebIdentity",
    Condition: {
      StringEquals: {
        [`${githubIssuer}:aud`]: "sts.amazonaws.com",
        [`${githubIssuer}:sub`]: subjects.length === 1 ? (subjects[0] as string) : [...subjects],
      },
    },
  };
}
