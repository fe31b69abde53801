import type { DBInstance, ModifyDBInstanceMessage } from "@aws-sdk/client-rds";
import type { rds } from "@pulumi/aws";
import { ifFound } from "../errors.ts";
import { type Context, type Rows, row, type Tags } from "../row.ts";
import { type Bag, compact } from "../values.ts";
import { delta, first, must, tagList, tagRecord } from "./shared.ts";

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

async function tag(arn: string, tags: Tags, removed: string[], { rds }: Context): Promise<void> {
  if (removed.length > 0) await rds.removeTagsFromResource({ ResourceName: arn, TagKeys: removed });
  if (Object.keys(tags).length > 0) await rds.addTagsToResource({ ResourceName: arn, Tags: tagList(tags) });
}

const tagsOf = async (arn: string | undefined, { rds }: Context) =>
  tagRecord((await rds.listTagsForResource({ ResourceName: arn })).TagList);

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
  replace: ["identifier", "engine", "dbName", "username", "storageEncrypted", "kmsKeyId", "port", "availabilityZone"],
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
    const id = aws.created(made.DBInstance?.DbiResourceId ?? must(inputs.identifier, "the identifier"));
    await available(inputs.identifier, aws);
    return id;
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
  tag: (_id, tags, removed, aws, { arn }) => tag(arn ?? "", tags, removed, aws),
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
    }),
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

const subnetGroup = row<rds.SubnetGroupArgs, rds.SubnetGroup>({
  update: ["description", "subnetIds"],
  replace: ["name"],
  required: ["subnetIds"],
  autoName: { key: "name", max: 255, lower: true },
  defaults: { description: "Managed by Pulumi" },
  computed: ["arn", "supportedNetworkTypes", "vpcId"],
  create: async ({ name, description, subnetIds }, { rds, tags }) => {
    await rds.createDBSubnetGroup({
      DBSubnetGroupName: name,
      DBSubnetGroupDescription: description,
      SubnetIds: subnetIds,
      Tags: tagList(tags),
    });
    return must(name, "the subnet group's name");
  },
  read: async (id, aws) => {
    const found = first((await aws.rds.describeDBSubnetGroups({ DBSubnetGroupName: id })).DBSubnetGroups);
    return (
      found && {
        arn: found.DBSubnetGroupArn,
        name: found.DBSubnetGroupName,
        description: found.DBSubnetGroupDescription,
        vpcId: found.VpcId,
        subnetIds: (found.Subnets ?? []).map(({ SubnetIdentifier }) => SubnetIdentifier ?? ""),
        supportedNetworkTypes: found.SupportedNetworkTypes ?? ["IPV4"],
        tagsAll: await tagsOf(found.DBSubnetGroupArn, aws),
      }
    );
  },
  write: async (id, { description, subnetIds }, { rds }) => {
    await rds.modifyDBSubnetGroup({
      DBSubnetGroupName: id,
      DBSubnetGroupDescription: description,
      SubnetIds: subnetIds,
    });
  },
  tag: (_id, tags, removed, aws, { arn }) => tag(arn ?? "", tags, removed, aws),
  delete: (id, { rds }) => rds.deleteDBSubnetGroup({ DBSubnetGroupName: id }),
});

type Parameter = { name: string; value: string; applyMethod?: string };
const parameters = (list: unknown) =>
  ((list ?? []) as Parameter[]).map(({ name, value, applyMethod }) => ({
    ParameterName: name,
    ParameterValue: value,
    ApplyMethod: (applyMethod ?? "immediate") as "immediate",
  }));

const parameterGroup = row<rds.ParameterGroupArgs, rds.ParameterGroup>({
  update: ["parameters", "skipDestroy"],
  replace: ["name", "family", "description"],
  required: ["family"],
  autoName: { key: "name", max: 255, lower: true },
  defaults: { description: "Managed by Pulumi", skipDestroy: false },
  computed: ["arn"],
  create: async (inputs, { rds, tags, created }) => {
    await rds.createDBParameterGroup({
      DBParameterGroupName: inputs.name,
      DBParameterGroupFamily: inputs.family,
      Description: inputs.description,
      Tags: tagList(tags),
    });
    const id = created(must(inputs.name, "the parameter group's name"));
    const Parameters = parameters(inputs.parameters);
    if (Parameters.length > 0) await rds.modifyDBParameterGroup({ DBParameterGroupName: id, Parameters });
    return id;
  },
  read: async (id, aws) => {
    const found = first((await aws.rds.describeDBParameterGroups({ DBParameterGroupName: id })).DBParameterGroups);
    if (!found) return undefined;
    const own = [];
    let Marker: string | undefined;
    do {
      const page = await aws.rds.describeDBParameters({ DBParameterGroupName: id, Source: "user", Marker });
      own.push(...(page.Parameters ?? []));
      Marker = page.Marker;
    } while (Marker);
    const set = own.filter(({ ParameterValue }) => ParameterValue !== undefined);
    return {
      arn: found.DBParameterGroupArn,
      name: found.DBParameterGroupName,
      family: found.DBParameterGroupFamily,
      description: found.Description,
      parameters: set.map((one) => ({
        name: one.ParameterName ?? "",
        value: one.ParameterValue ?? "",
        applyMethod: one.ApplyMethod ?? "immediate",
      })),
      tagsAll: await tagsOf(found.DBParameterGroupArn, aws),
    };
  },
  write: async (id, inputs, { rds }, { old }) => {
    const [before, Parameters] = [parameters(old.parameters), parameters(inputs.parameters)];
    const gone = before.filter(({ ParameterName }) => !Parameters.some((one) => one.ParameterName === ParameterName));
    if (gone.length > 0) await rds.resetDBParameterGroup({ DBParameterGroupName: id, Parameters: gone });
    if (Parameters.length > 0) await rds.modifyDBParameterGroup({ DBParameterGroupName: id, Parameters });
  },
  tag: (_id, tags, removed, aws, { arn }) => tag(arn ?? "", tags, removed, aws),
  delete: async (id, { rds }, { skipDestroy }) => {
    if (!skipDestroy) await rds.deleteDBParameterGroup({ DBParameterGroupName: id });
  },
});

export const rdsRows: Rows = {
  "aws:rds/instance:Instance": instance,
  "aws:rds/subnetGroup:SubnetGroup": subnetGroup,
  "aws:rds/parameterGroup:ParameterGroup": parameterGroup,
};
