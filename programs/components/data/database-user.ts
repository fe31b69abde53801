import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Profile } from "../../profile.ts";

/** The database role services connect as; the migration function creates it. */
export const databaseUserName = "app";

export interface DatabaseUserArgs {
  readonly profile: Profile;
  readonly keyArn: pulumi.Input<string>;
  /** Name in Secrets Manager. */
  readonly secretName: string;
}

/** The services' database password: `{"username","password"}` in Secrets Manager, apart from the master's. */
export class DatabaseUser extends pulumi.ComponentResource {
  readonly secretArn: pulumi.Output<string>;
  /** What is in it; a secret output. */
  readonly credentials: pulumi.Output<string>;

  constructor(name: string, args: DatabaseUserArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:data:DatabaseUser", name, {}, options);
    const random = aws.secretsmanager.getRandomPasswordOutput(
      { passwordLength: 40, excludePunctuation: true },
      { parent: this },
    );
    const secret = new aws.secretsmanager.Secret(
      name,
      {
        name: args.secretName,
        description: "What services connect to the database with",
        kmsKeyId: args.keyArn,
        recoveryWindowInDays: args.profile.secretRecoveryDays,
      },
      { parent: this },
    );
    const version = new aws.secretsmanager.SecretVersion(
      name,
      {
        secretId: secret.id,
        secretString: pulumi.secret(
          pulumi.jsonStringify({ username: databaseUserName, password: random.randomPassword }),
        ),
      },
      // Every run draws a new password; the first one stays.
      { parent: this, ignoreChanges: ["secretString"] },
    );
    this.secretArn = secret.arn;
    this.credentials = version.secretString.apply((text) => text ?? "{}");
    this.registerOutputs({ secretArn: this.secretArn });
  }
}
