import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import type { EnvironmentConfig } from "../../config.ts";
import { policyDocument, readSecrets, type Statement, writeLogs } from "../../policy.ts";
import type { Profile } from "../../profile.ts";
import type { Image } from "../../release.ts";
import type { DatabaseAccess } from "../data/database.ts";
import { openDatabase, openTheWeb } from "../network/firewall.ts";
import type { RoleLimits } from "../roles/boundaries.ts";
import { workloadRole } from "../roles/workload-role.ts";

export interface MigrationsArgs {
  readonly account: Account;
  readonly profile: Profile;
  readonly config: EnvironmentConfig["migrations"];
  readonly functionName: string;
  readonly logGroupName: string;
  /** Without one there is no function yet, only the way to the database. */
  readonly image: Image | undefined;
  readonly network: {
    readonly vpcId: pulumi.Input<string>;
    readonly privateSubnetIds: pulumi.Input<pulumi.Input<string>[]>;
  };
  readonly keyArn: pulumi.Input<string>;
  readonly roleLimits: RoleLimits;
  readonly database: DatabaseAccess & {
    readonly masterSecretArn: pulumi.Output<string>;
    readonly userSecretArn: pulumi.Output<string>;
  };
}

/** The function that changes the database's schema. An `up` brings its code up to date; only the driver invokes it. */
export class Migrations extends pulumi.ComponentResource {
  constructor(name: string, args: MigrationsArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:migrations:Migrations", name, {}, options);
    const logGroup = new aws.cloudwatch.LogGroup(
      name,
      { name: args.logGroupName, kmsKeyId: args.keyArn, retentionInDays: args.profile.logDays },
      { parent: this },
    );
    const securityGroup = new aws.ec2.SecurityGroup(
      `${name}-function`,
      { description: "Migration function: to the database and to the APIs of AWS", vpcId: args.network.vpcId },
      { parent: this },
    );
    openTheWeb(name, this, securityGroup.id, [443]);
    openDatabase(name, this, securityGroup.id, args.database);
    const role = workloadRole(
      name,
      {
        limits: args.roleLimits,
        description: "Migration function: the database's master secret and the services' one",
        assumeRolePolicy: trustedByFunctions(),
      },
      this,
    );
    const policy = new aws.iam.RolePolicy(
      name,
      {
        role: role.name,
        policy: policyDocument(
          networkInterfaces,
          writeLogs(logGroup.arn),
          ...readSecrets([args.database.masterSecretArn, args.database.userSecretArn], args.keyArn, args.account),
        ),
      },
      { parent: this },
    );
    if (args.image !== undefined)
      new aws.lambda.Function(
        name,
        {
          name: args.functionName,
          description: `Database migrations, ${args.image.version}`,
          packageType: "Image",
          imageUri: args.image.digest,
          architectures: [args.config.architecture === "ARM64" ? "arm64" : "x86_64"],
          role: role.arn,
          memorySize: args.config.memoryMb,
          timeout: args.config.timeoutSeconds,
          vpcConfig: { subnetIds: args.network.privateSubnetIds, securityGroupIds: [securityGroup.id] },
          environment: {
            variables: {
              DATABASE_HOST: args.database.address,
              DATABASE_PORT: args.database.port.apply(String),
              DATABASE_NAME: args.database.name,
              MASTER_SECRET_ARN: args.database.masterSecretArn,
              APP_SECRET_ARN: args.database.userSecretArn,
            },
          },
          loggingConfig: { logFormat: "Text", logGroup: logGroup.name },
        },
        { parent: this, dependsOn: [policy] },
      );
    this.registerOutputs({});
  }
}

/** Lambda gives no source account when it takes an execution role, so nothing narrows it (AWS Lambda, "Execution role"). */
function trustedByFunctions(): pulumi.Output<string> {
  return policyDocument({
    Effect: "Allow",
    Principal: { Service: "lambda.amazonaws.com" },
    Action: "sts:AssumeRole",
  });
}

/**
 * How Lambda puts a function into a VPC. On `*`: the interfaces do not exist yet, and describing knows no resource (AWS
 * Lambda, "Giving Lambda functions access to resources in an Amazon VPC").
 */
const networkInterfaces: Statement = {
  Effect: "Allow",
  Action: [
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
  ],
  Resource: "*",
};
