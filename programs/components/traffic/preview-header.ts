import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Profile } from "../../profile.ts";

/** The request header that reaches the idle colour through the load balancer. */
export const previewHeaderName = "x-switchyard-preview";

export interface PreviewHeaderArgs {
  readonly profile: Profile;
  readonly keyArn: pulumi.Input<string>;
  /** Name in Secrets Manager. */
  readonly secretName: string;
}

/** The secret value of the preview header, made once and kept in Secrets Manager. */
export class PreviewHeader extends pulumi.ComponentResource {
  readonly secretArn: pulumi.Output<string>;
  /** A Pulumi secret. Letters and digits only: a rule would read `*` and `?` as wildcards. */
  readonly value: pulumi.Output<string>;

  constructor(name: string, args: PreviewHeaderArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:traffic:PreviewHeader", name, {}, options);
    const random = aws.secretsmanager.getRandomPasswordOutput(
      { passwordLength: 48, excludePunctuation: true },
      { parent: this },
    );
    const secret = new aws.secretsmanager.Secret(
      name,
      {
        name: args.secretName,
        description: `Value of the header ${previewHeaderName}, which reaches the idle colour`,
        kmsKeyId: args.keyArn,
        recoveryWindowInDays: args.profile.secretRecoveryDays,
      },
      { parent: this },
    );
    const version = new aws.secretsmanager.SecretVersion(
      name,
      { secretId: secret.id, secretString: pulumi.secret(random.randomPassword), versionStages: ["AWSCURRENT"] },
      // Every run draws a new value; the first one stays.
      { parent: this, ignoreChanges: ["secretString"] },
    );
    this.secretArn = secret.arn;
    this.value = pulumi.secret(version.secretString.apply((value) => value ?? missing(args.secretName)));
    this.registerOutputs({ secretArn: this.secretArn });
  }
}

function missing(secretName: string): never {
  throw new Error(`the secret ${secretName} holds no text. Restore its AWSCURRENT version in Secrets Manager`);
}
