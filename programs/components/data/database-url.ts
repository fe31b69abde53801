import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Profile } from "../../profile.ts";
import type { DatabaseAccess } from "./database.ts";

export interface DatabaseUrlArgs {
  readonly profile: Profile;
  readonly keyArn: pulumi.Input<string>;
  /** Name in Secrets Manager. */
  readonly secretName: string;
  /** What services connect with, as `{"username","password"}`. */
  readonly credentials: pulumi.Input<string>;
  readonly database: Pick<DatabaseAccess, "address" | "port" | "name">;
}

/** The same as one text, for libraries that want it so: a libpq URL, in Secrets Manager, as it holds the password. */
export class DatabaseUrl extends pulumi.ComponentResource {
  readonly secretArn: pulumi.Output<string>;

  constructor(name: string, args: DatabaseUrlArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:data:DatabaseUrl", name, {}, options);
    const { address, port, name: database } = args.database;
    const secret = new aws.secretsmanager.Secret(
      name,
      {
        name: args.secretName,
        description: "What services connect to the database with, as a URL",
        kmsKeyId: args.keyArn,
        recoveryWindowInDays: args.profile.secretRecoveryDays,
      },
      { parent: this },
    );
    new aws.secretsmanager.SecretVersion(
      name,
      {
        secretId: secret.id,
        secretString: pulumi.secret(
          pulumi
            .all([args.credentials, address, port])
            .apply(([credentials, host, at]) => databaseUrl(credentials, { host, port: at, database })),
        ),
        versionStages: ["AWSCURRENT"],
      },
      { parent: this },
    );
    this.secretArn = secret.arn;
    this.registerOutputs({ secretArn: this.secretArn });
  }
}

/** A connection URI as libpq takes it (PostgreSQL, "Connection URIs"); the server's certificate and name are verified. */
export function databaseUrl(
  credentials: string,
  { host, port, database }: { readonly host: string; readonly port: number; readonly database: string },
): string {
  const { username, password } = JSON.parse(credentials) as { readonly username: string; readonly password: string };
  const user = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
  return `postgresql://${user}@${host}:${port}/${database}?sslmode=verify-full`;
}
