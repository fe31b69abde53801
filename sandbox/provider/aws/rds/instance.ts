import type { DBInstance, ModifyDBInstanceMessage } from "@aws-sdk/client-rds";
import type { rds } from "@pulumi/aws";
import { ifFound } from "../../errors.ts";
import { type Context, type Rows, row } from "../../row.ts";
import { type Bag, compact } from "../../values.ts";
import { delta, first, must, tagList } from "../shared.ts";
import { tagging, tagsOf } from "./tags.ts";

/** Inputs that are an API member of their own, for creation and modification alike. */
const plainMembers = {
  allocatedStorage: "AllocatedStorage",
  maxAllocatedStorage: "MaxAllocatedStorage",
  instanceClass: "DBInstanceClass",
  engineVersion: "EngineVersion",
  dbSubnetGroupName: "DBSubnetGroupName",
  vpcSecurityGroupIds: "VpcSecurityGroupIds",
  multiAz: "MultiAZ",
  publiclyAccessible: "PubliclyAccessible",
  storageType: "StorageType",
  iops: "Iops",
  storageThroughput: "StorageThroughput",
  backupRetentionPeriod: "BackupRetentionPeriod",
  backupWindow: "PreferredBackupWindow",
  maintenanceWindow: "PreferredMaintenanceWindow",
  copyTagsToSnapshot: "CopyTagsToSnapshot",
  deletionProtection: "DeletionProtection",
  autoMinorVersionUpgrade: "AutoMinorVersionUpgrade",
  caCertIdentifier: "CACertificateIdentifier",
  performanceInsightsEnabled: "EnablePerformanceInsights",
  performanceInsightsRetentionPeriod: "PerformanceInsightsRetentionPeriod",
  performanceInsightsKmsKeyId: "PerformanceInsightsKMSKeyId",
  monitoringInterval: "MonitoringInterval",
  monitoringRoleArn: "MonitoringRoleArn",
  iamDatabaseAuthenticationEnabled: "EnableIAMDatabaseAuthentication",
  networkType: "NetworkType",
  password: "MasterUserPassword",
  manageMasterUserPassword: "ManageMasterUserPassword",
  masterUserSecretKmsKeyId: "MasterUserSecretKmsKeyId",
  databaseInsightsMode: "DatabaseInsightsMode",
} as const;
type PlainMember = keyof typeof plainMembers;

const members = (inputs: Bag, keys: readonly string[]) =>
  compact(Object.fromEntries(keys.map((key) => [plainMembers[key as PlainMember], inputs[key]])));

/** A version given in part ("17") is met by any version it begins ("17.4"). */
const sameVersion = (there: unknown, wanted: unknown) =>
  `${there}.`.startsWith(`${wanted}.`) || `${wanted}.`.startsWith(`${there}.`);

const describe = async (identifier: string | undefined, { rds }: Context) =>
  first((await ifFound(rds.describeDBInstances({ DBInstanceIdentifier: identifier })))?.DBInstances);

const available = (identifier: string | undefined, aws: Context) =>
  aws.until(
    `database ${identifier} to be available`,
    async () => {
      const there = await describe(identifier, aws);
      return there?.DBInstanceStatus === "available" || undefined;
    },
    3600,
  );

/** What restoring takes of `plainMembers` (Amazon RDS API reference, RestoreDBInstanceFromDBSnapshot). */
const restored = [
  ...(["dbSubnetGroupName", "vpcSecurityGroupIds", "multiAz", "publiclyAccessible", "storageType", "iops"] as const),
  ...(["storageThroughput", "copyTagsToSnapshot", "deletionProtection", "autoMinorVersionUpgrade"] as const),
  ...(["iamDatabaseAuthenticationEnabled", "networkType", "manageMasterUserPassword"] as const),
  ...(["masterUserSecretKmsKeyId", "instanceClass"] as const),
] satisfies readonly PlainMember[];

type Inputs = Parameters<NonNullable<Parameters<typeof row<rds.InstanceArgs, rds.Instance>>[0]["create"]>>[0];

async function restore(inputs: Inputs, aws: Context): Promise<string> {
  const { DBInstance: made } = await aws.rds.restoreDBInstanceFromDBSnapshot({
    DBInstanceIdentifier: inputs.identifier,
    DBSnapshotIdentifier: inputs.snapshotIdentifier,
    Engine: inputs.engine,
    DBParameterGroupName: inputs.parameterGroupName,
    EnableCloudwatchLogsExports: inputs.enabledCloudwatchLogsExports,
    ...members(inputs as Bag, restored),
    Tags: tagList(aws.tags),
  });
  return made?.DbiResourceId ?? must(inputs.identifier, "the identifier");
}

/** What a restored instance has of the one in the snapshot until it is modified. */
async function completeRestored(inputs: Inputs, aws: Context): Promise<void> {
  const later = ["maxAllocatedStorage", "backupRetentionPeriod", "caCertIdentifier"] as const;
  await aws.rds.modifyDBInstance({
    DBInstanceIdentifier: inputs.identifier,
    ApplyImmediately: true,
    ...members(inputs as Bag, later),
  });
  await available(inputs.identifier, aws);
}

const instance = row<rds.InstanceArgs, rds.Instance>({
  update: [
    ...(Object.keys(plainMembers) as PlainMember[]),
    "parameterGroupName",
    "enabledCloudwatchLogsExports",
    "skipFinalSnapshot",
    "finalSnapshotIdentifier",
    "deleteAutomatedBackups",
    "applyImmediately",
    "allowMajorVersionUpgrade",
  ],
  replace: [
    ...(["identifier", "engine", "dbName", "username", "storageEncrypted", "kmsKeyId", "port"] as const),
    ...(["availabilityZone", "snapshotIdentifier"] as const),
  ],
  required: ["instanceClass"],
  autoName: { key: "identifier", max: 63, lower: true },
  defaults: {
    autoMinorVersionUpgrade: true,
    copyTagsToSnapshot: false,
    deleteAutomatedBackups: true,
    monitoringInterval: 0,
    publiclyAccessible: false,
    skipFinalSnapshot: false,
  },
  secrets: ["password"],
  computed: [
    "address",
    "arn",
    "endpoint",
    "port",
    "hostedZoneId",
    "resourceId",
    "status",
    "engineVersionActual",
    "masterUserSecrets",
    "availabilityZone",
    "backupWindow",
    "maintenanceWindow",
    "caCertIdentifier",
    "dbSubnetGroupName",
    "parameterGroupName",
    "optionGroupName",
    "storageType",
    "multiAz",
    "networkType",
    "licenseModel",
    "latestRestorableTime",
  ],
  equal: { engineVersion: sameVersion, engine: (a, b) => a === b },
  check: ({ skipFinalSnapshot, finalSnapshotIdentifier, password, manageMasterUserPassword }) => {
    if (password !== undefined && manageMasterUserPassword) {
      return { property: "password", reason: "conflicts with manageMasterUserPassword" };
    }
    if (skipFinalSnapshot || finalSnapshotIdentifier) return undefined;
    return { property: "finalSnapshotIdentifier", reason: "is required unless skipFinalSnapshot is true" };
  },
  create: async (inputs, aws) => {
    if (inputs.snapshotIdentifier !== undefined) return aws.created(await restore(inputs, aws));
    const made = await aws.rds.createDBInstance({
      DBInstanceIdentifier: inputs.identifier,
      DBInstanceClass: inputs.instanceClass,
      Engine: inputs.engine,
      DBName: inputs.dbName,
      MasterUsername: inputs.username,
      StorageEncrypted: inputs.storageEncrypted,
      KmsKeyId: inputs.kmsKeyId,
      Port: inputs.port,
      AvailabilityZone: inputs.availabilityZone,
      DBParameterGroupName: inputs.parameterGroupName,
      EnableCloudwatchLogsExports: inputs.enabledCloudwatchLogsExports,
      ...members(inputs, Object.keys(plainMembers)),
      Tags: tagList(aws.tags),
    });
    return aws.created(made.DBInstance?.DbiResourceId ?? must(inputs.identifier, "the identifier"));
  },
  ready: async (_id, aws, inputs) => {
    await available(inputs.identifier, aws);
    if (inputs.snapshotIdentifier !== undefined) await completeRestored(inputs, aws);
  },
  read: async (id, aws, { identifier }) => {
    const found = await describe(identifier ?? id, aws);
    return found && { ...instanceState(found), tagsAll: await tagsOf(found.DBInstanceArn, aws) };
  },
  write: async (_id, inputs, aws, { old, changed }) => {
    const keys = Object.keys(plainMembers).filter((key) => changed(key as PlainMember));
    const logs = delta(old.enabledCloudwatchLogsExports, inputs.enabledCloudwatchLogsExports);
    const request: Bag = {
      ...members(inputs, keys),
      ...(changed("parameterGroupName") && { DBParameterGroupName: inputs.parameterGroupName }),
      ...(changed("enabledCloudwatchLogsExports") && {
        CloudwatchLogsExportConfiguration: { EnableLogTypes: logs.added, DisableLogTypes: logs.removed },
      }),
    };
    if (Object.keys(request).length === 0) return;
    await aws.rds.modifyDBInstance({
      DBInstanceIdentifier: inputs.identifier,
      ApplyImmediately: inputs.applyImmediately ?? false,
      AllowMajorVersionUpgrade: inputs.allowMajorVersionUpgrade,
      ...(request as Partial<ModifyDBInstanceMessage>),
    });
    await available(inputs.identifier, aws);
  },
  ...tagging,
  delete: async (_id, aws, state) => {
    await aws.rds.deleteDBInstance({
      DBInstanceIdentifier: state.identifier,
      SkipFinalSnapshot: state.skipFinalSnapshot ?? false,
      ...(!state.skipFinalSnapshot && { FinalDBSnapshotIdentifier: state.finalSnapshotIdentifier }),
      DeleteAutomatedBackups: state.deleteAutomatedBackups,
    });
    await aws.until(
      `database ${state.identifier} to be deleted`,
      async () => (await describe(state.identifier, aws)) === undefined || undefined,
      3600,
    );
  },
});

function instanceState(found: DBInstance) {
  const { Endpoint: endpoint, MasterUserSecret: secret } = found;
  return {
    ...compact({
      allocatedStorage: found.AllocatedStorage,
      maxAllocatedStorage: found.MaxAllocatedStorage,
      backupRetentionPeriod: found.BackupRetentionPeriod,
      multiAz: found.MultiAZ,
      copyTagsToSnapshot: found.CopyTagsToSnapshot,
      deletionProtection: found.DeletionProtection,
      publiclyAccessible: found.PubliclyAccessible,
      storageType: found.StorageType,
      caCertIdentifier: found.CACertificateIdentifier,
      autoMinorVersionUpgrade: found.AutoMinorVersionUpgrade,
      performanceInsightsEnabled: found.PerformanceInsightsEnabled,
      monitoringInterval: found.MonitoringInterval,
      iamDatabaseAuthenticationEnabled: found.IAMDatabaseAuthenticationEnabled,
      masterUserSecretKmsKeyId: secret?.KmsKeyId,
    }),
    manageMasterUserPassword: secret !== undefined,
    arn: found.DBInstanceArn,
    identifier: found.DBInstanceIdentifier,
    resourceId: found.DbiResourceId,
    status: found.DBInstanceStatus,
    address: endpoint?.Address,
    endpoint: `${endpoint?.Address}:${endpoint?.Port}`,
    port: endpoint?.Port,
    hostedZoneId: endpoint?.HostedZoneId,
    engine: found.Engine,
    engineVersion: found.EngineVersion,
    engineVersionActual: found.EngineVersion,
    instanceClass: found.DBInstanceClass,
    dbName: found.DBName,
    username: found.MasterUsername,
    storageEncrypted: found.StorageEncrypted,
    ...(found.KmsKeyId && { kmsKeyId: found.KmsKeyId }),
    dbSubnetGroupName: found.DBSubnetGroup?.DBSubnetGroupName,
    vpcSecurityGroupIds: (found.VpcSecurityGroups ?? []).map(({ VpcSecurityGroupId }) => VpcSecurityGroupId ?? ""),
    parameterGroupName: first(found.DBParameterGroups)?.DBParameterGroupName,
    enabledCloudwatchLogsExports: found.EnabledCloudwatchLogsExports ?? [],
    availabilityZone: found.AvailabilityZone,
    backupWindow: found.PreferredBackupWindow,
    maintenanceWindow: found.PreferredMaintenanceWindow,
    masterUserSecrets: secret
      ? [
          {
            secretArn: secret.SecretArn ?? "",
            secretStatus: secret.SecretStatus ?? "",
            kmsKeyId: secret.KmsKeyId ?? "",
          },
        ]
      : [],
  };
}

export const instanceRows: Rows = { "aws:rds/instance:Instance": instance };
