import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** As the provider's ARN and the condition keys name it. */
export const githubIssuer = "token.actions.githubusercontent.com";

/** GitHub as an identity provider of the account, of which there can be one; its tokens made for AWS only. */
export class GithubProvider extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(name: string, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:roles:GithubProvider", name, {}, options);
    // AWS checks GitHub's certificate by its own authorities: no thumbprint to keep (IAM, "Obtain the thumbprint").
    const provider = new aws.iam.OpenIdConnectProvider(
      name,
      { url: `https://${githubIssuer}`, clientIdLists: ["sts.amazonaws.com"] },
      { parent: this },
    );
    this.arn = provider.arn;
    this.registerOutputs({ arn: this.arn });
  }
}
