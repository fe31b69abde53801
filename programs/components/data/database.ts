import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { EnvironmentConfig } from "../../config.ts";
import type { Profile } from "../../profile.ts";

export interface DatabaseArgs {
  /** The environment's name; begins the final snapshot's. */
  readonly environment: string;
  readonly config: EnvironmentConfig["database"];
  readonly profile: Profile;
  readonly vpcId: pulumi.Input<string>;
  readonly isolatedSubnetIds: pulumi.Input<pulumi.Input<string>[]>;
  readonly keyArn: pulumi.Input<string>;
}

/** Where the database is and how to be let in; what a service or function needs to connect. */
export interface DatabaseAccess {
  readonly address: pulumi.Output<string>;
  readonly port: pulumi.Output<number>;
  readonly name: string;
  readonly securityGroupId: pulumi.Output<string>;
}

/** PostgreSQL on RDS: encrypted, TLS only, without a way to or from the internet; nobody is let in until asked. */
export class Database extends pulumi.ComponentResource implements DatabaseAccess {
  readonly address: pulumi.Output<string>;
  readonly port: pulumi.Output<number>;
  readonly name: string;
  readonly securityGroupId: pulumi.Output<string>;
  /** `<address>:<port>`. */
  readonly endpoint: pulumi.Output<string>;
  /** Names it in CloudWatch. */
  readonly identifier: pulumi.Output<string>;
  /** The master user's secret, which RDS makes and rotates. */
  readonly masterSecretArn: pulumi.Output<string>;

  constructor(name: string, args: DatabaseArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:data:Database", name, {}, options);
    const { config, profile } = args;
    const subnets = new aws.rds.SubnetGroup(name, { subnetIds: args.isolatedSubnetIds }, { parent: this });
    const securityGroup = new aws.ec2.SecurityGroup(
      `${name}-database`,
      { description: "Database: from whom it is opened to, to nobody", vpcId: args.vpcId },
      { parent: this },
    );
    const parameters = new aws.rds.ParameterGroup(
      name,
      {
        family: `postgres${config.engineMajor}`,
        description: "TLS only",
        parameters: [{ name: "rds.force_ssl", value: "1" }],
      },
      { parent: this },
    );
    const snapshotIdentifier = this.ownCopy(name, args);
    const instance = new aws.rds.Instance(
      name,
      {
        engine: "postgres",
        // The major version only: RDS raises the minor one by itself, and a pinned one would plan a step back.
        engineVersion: config.engineMajor,
        autoMinorVersionUpgrade: true,
        // Whether another major version is wanted is said by engineMajor alone; without this RDS refuses it.
        allowMajorVersionUpgrade: true,
        instanceClass: config.instanceClass,
        storageType: "gp3",
        allocatedStorage: config.storageGb,
        maxAllocatedStorage: config.maxStorageGb,
        storageEncrypted: true,
        kmsKeyId: args.keyArn,
        dbName: config.name,
        username: "switchyard",
        manageMasterUserPassword: true,
        masterUserSecretKmsKeyId: args.keyArn,
        dbSubnetGroupName: subnets.name,
        parameterGroupName: parameters.name,
        vpcSecurityGroupIds: [securityGroup.id],
        publiclyAccessible: false,
        caCertIdentifier: "rds-ca-rsa2048-g1",
        multiAz: profile.multiAz,
        backupRetentionPeriod: config.backupDays ?? profile.backupDays,
        deleteAutomatedBackups: !profile.finalSnapshot,
        copyTagsToSnapshot: true,
        enabledCloudwatchLogsExports: ["postgresql", "upgrade"],
        deletionProtection: profile.deletionProtection,
        skipFinalSnapshot: !profile.finalSnapshot,
        ...(profile.finalSnapshot ? { finalSnapshotIdentifier: `${args.environment}-database-final` } : {}),
        applyImmediately: !profile.protect,
        ...(snapshotIdentifier && { snapshotIdentifier }),
      },
      // A database is made of a snapshot once: another one, or none any more, would replace it.
      { parent: this, protect: profile.protect, ignoreChanges: ["snapshotIdentifier"] },
    );
    this.address = instance.address;
    this.port = instance.port;
    this.name = config.name;
    this.endpoint = instance.endpoint;
    this.identifier = instance.identifier;
    this.securityGroupId = securityGroup.id;
    this.masterSecretArn = instance.masterUserSecrets.apply(
      ([secret]) => secret?.secretArn ?? missing(args.environment),
    );
    this.registerOutputs({ endpoint: this.endpoint, masterSecretArn: this.masterSecretArn });
  }

  /** Restored is by the snapshot's key, which is another environment's and ends with it: a copy has this one's. */
  private ownCopy(name: string, { config, environment, keyArn }: DatabaseArgs): pulumi.Output<string> | undefined {
    const source = config.fromSnapshot;
    if (source === undefined) return undefined;
    const copy = new aws.rds.SnapshotCopy(
      name,
      {
        sourceDbSnapshotIdentifier: source,
        targetDbSnapshotIdentifier: `${environment}-of-${source}`.toLowerCase(),
        kmsKeyId: keyArn,
      },
      { parent: this },
    );
    return copy.targetDbSnapshotIdentifier;
  }
}

function missing(environment: string): never {
  throw new Error(`RDS manages no master secret for ${environment}'s database. Set manageMasterUserPassword again`);
}
