import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Profile } from "../../profile.ts";

export interface ServiceSecretArgs {
  readonly profile: Profile;
  readonly keyArn: pulumi.Input<string>;
  /** Name in Secrets Manager. */
  readonly secretName: string;
}

/** What a service keeps secret: a JSON object operators fill. It starts empty, and an `up` never changes it. */
export class ServiceSecret extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: ServiceSecretArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:service:ServiceSecret", name, {}, options);
    const secret = new aws.secretsmanager.Secret(
      name,
      {
        name: args.secretName,
        description: "A JSON object with the keys the service's configuration names",
        kmsKeyId: args.keyArn,
        recoveryWindowInDays: args.profile.secretRecoveryDays,
      },
      { parent: this },
    );
    new aws.secretsmanager.SecretVersion(
      name,
      { secretId: secret.id, secretString: pulumi.secret("{}") },
      { parent: this, ignoreChanges: ["secretString"] },
    );
    this.arn = secret.arn;
    this.registerOutputs({ arn: this.arn });
  }
}
