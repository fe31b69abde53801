import type { lambda } from "@pulumi/aws";
import { type Context, type In, type Rows, row } from "../row.ts";
import { must, pascal } from "./shared.ts";

type FunctionInputs = In<lambda.FunctionArgs>;

/** The inputs of a function's configuration. */
const configured = [
  "description",
  "role",
  "timeout",
  "memorySize",
  "kmsKeyArn",
  "environment",
  "vpcConfig",
  "imageConfig",
  "loggingConfig",
  "tracingConfig",
  "ephemeralStorage",
  "deadLetterConfig",
] as const;

const configuration = (inputs: FunctionInputs) => ({
  Description: inputs.description,
  Role: inputs.role,
  Timeout: inputs.timeout,
  MemorySize: inputs.memorySize,
  KMSKeyArn: inputs.kmsKeyArn,
  Environment: { Variables: (inputs.environment?.variables ?? {}) as Record<string, string> },
  ...(inputs.vpcConfig && {
    VpcConfig: { SubnetIds: inputs.vpcConfig.subnetIds, SecurityGroupIds: inputs.vpcConfig.securityGroupIds },
  }),
  ...(inputs.imageConfig && {
    ImageConfig: {
      Command: inputs.imageConfig.commands,
      EntryPoint: inputs.imageConfig.entryPoints,
      WorkingDirectory: inputs.imageConfig.workingDirectory,
    },
  }),
  ...(inputs.loggingConfig && { LoggingConfig: pascal<object>(inputs.loggingConfig) }),
  ...(inputs.tracingConfig && { TracingConfig: { Mode: inputs.tracingConfig.mode as "Active" } }),
  ...(inputs.ephemeralStorage && { EphemeralStorage: { Size: inputs.ephemeralStorage.size } }),
  ...(inputs.deadLetterConfig && { DeadLetterConfig: { TargetArn: inputs.deadLetterConfig.targetArn } }),
});

/** Functions change in steps: AWS refuses the next change until the last one is in effect. */
const settled = (name: string | undefined, { lambda, until }: Context) =>
  until(`function ${name} to be ready`, async () => {
    const { Configuration: now } = await lambda.getFunction({ FunctionName: name });
    if (now?.State === "Failed") throw new Error(`lambda:CreateFunction: ${now.StateReason} (${now.StateReasonCode})`);
    return (now?.State !== "Pending" && now?.LastUpdateStatus !== "InProgress") || undefined;
  });

/** Functions made of container images. Zip archives (`code`, `handler`, `runtime`) are not covered. */
const func = row<lambda.FunctionArgs, lambda.Function>({
  update: [
    ...configured,
    ...(["imageUri", "architectures", "reservedConcurrentExecutions", "publish", "skipDestroy"] as const),
  ],
  replace: ["name", "packageType"],
  required: ["role"],
  autoName: { key: "name", max: 64 },
  defaults: {
    memorySize: 128,
    timeout: 3,
    packageType: "Zip",
    publish: false,
    skipDestroy: false,
    reservedConcurrentExecutions: -1,
  },
  ordered: ["imageConfig"],
  exact: ["environment"],
  computed: [
    "arn",
    "invokeArn",
    "qualifiedArn",
    "qualifiedInvokeArn",
    "version",
    "lastModified",
    "codeSha256",
    "sourceCodeSize",
    "architectures",
    "ephemeralStorage",
    "loggingConfig",
    "tracingConfig",
    "signingJobArn",
    "signingProfileVersionArn",
  ],
  recomputed: ["lastModified"],
  check: ({ packageType, imageUri }) =>
    packageType === "Image" && imageUri
      ? undefined
      : {
          property: "packageType",
          reason: 'must be "Image", with imageUri: the sandbox\'s stand-in has no zip archives',
        },
  create: async (inputs, aws) => {
    await aws.lambda.createFunction({
      FunctionName: inputs.name,
      PackageType: "Image",
      Code: { ImageUri: inputs.imageUri },
      Architectures: inputs.architectures as "arm64"[] | undefined,
      Publish: inputs.publish,
      ...configuration(inputs),
      Role: inputs.role,
      ...(Object.keys(aws.tags).length > 0 && { Tags: aws.tags }),
    });
    const id = aws.created(inputs.name ?? "");
    await settled(id, aws);
    await reserve(id, inputs, aws);
    return id;
  },
  ready: settled,
  read: async (id, { lambda, region }) => {
    const { Configuration: found, Code, Tags, Concurrency } = await lambda.getFunction({ FunctionName: id });
    if (!found) return undefined;
    const invoke = (arn: string) => `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/${arn}/invocations`;
    const arn = found.FunctionArn?.split(":").slice(0, 7).join(":") ?? "";
    const version = found.Version ?? "$LATEST";
    const { VpcConfig: vpc, LoggingConfig: logging } = found;
    return {
      arn,
      invokeArn: invoke(arn),
      qualifiedArn: `${arn}:${version}`,
      qualifiedInvokeArn: invoke(`${arn}:${version}`),
      version,
      name: found.FunctionName,
      description: found.Description ?? "",
      role: found.Role,
      timeout: found.Timeout,
      memorySize: found.MemorySize,
      packageType: found.PackageType,
      ...(Code?.ImageUri && { imageUri: Code.ImageUri }),
      ...(found.KMSKeyArn && { kmsKeyArn: found.KMSKeyArn }),
      ...(found.Architectures && { architectures: found.Architectures }),
      ...(found.Environment?.Variables && { environment: { variables: found.Environment.Variables } }),
      ...(vpc?.SubnetIds?.length && {
        vpcConfig: { subnetIds: vpc.SubnetIds, securityGroupIds: vpc.SecurityGroupIds ?? [], vpcId: vpc.VpcId ?? "" },
      }),
      ...(logging && { loggingConfig: { logFormat: logging.LogFormat ?? "Text", logGroup: logging.LogGroup ?? "" } }),
      ...(found.TracingConfig?.Mode && { tracingConfig: { mode: found.TracingConfig.Mode } }),
      ...(found.EphemeralStorage?.Size && { ephemeralStorage: { size: found.EphemeralStorage.Size } }),
      reservedConcurrentExecutions: Concurrency?.ReservedConcurrentExecutions ?? -1,
      codeSha256: found.CodeSha256,
      sourceCodeSize: found.CodeSize,
      lastModified: found.LastModified,
      tagsAll: Tags ?? {},
    };
  },
  write: async (id, inputs, aws, { changed }) => {
    if (changed("imageUri", "architectures")) {
      const Architectures = inputs.architectures as "arm64"[] | undefined;
      await aws.lambda.updateFunctionCode({
        FunctionName: id,
        ImageUri: inputs.imageUri,
        Architectures,
        Publish: inputs.publish,
      });
      await settled(id, aws);
    }
    if (changed(...configured)) {
      await aws.lambda.updateFunctionConfiguration({ FunctionName: id, ...configuration(inputs) });
      await settled(id, aws);
    }
    if (changed("reservedConcurrentExecutions")) await reserve(id, inputs, aws);
  },
  tag: (_id, tags, { lambda }, { arn: Resource }) => lambda.tagResource({ Resource, Tags: tags }),
  untag: (_id, removed, { lambda }, { arn: Resource }) => lambda.untagResource({ Resource, TagKeys: removed }),
  delete: async (id, { lambda }, { skipDestroy }) => {
    if (!skipDestroy) await lambda.deleteFunction({ FunctionName: id });
  },
});

/** -1 means no reservation. */
async function reserve(
  FunctionName: string,
  { reservedConcurrentExecutions: count }: FunctionInputs,
  { lambda }: Context,
) {
  if (count !== undefined && count >= 0)
    await lambda.putFunctionConcurrency({ FunctionName, ReservedConcurrentExecutions: count });
  else await lambda.deleteFunctionConcurrency({ FunctionName });
}

interface Statement {
  Sid?: string;
  Action?: string;
  Principal?: string | { Service?: string; AWS?: string };
  Condition?: Record<string, Record<string, string>>;
}

const permission = row<lambda.PermissionArgs, lambda.Permission>({
  replace: ["action", "function", "principal", "sourceArn", "sourceAccount", "statementId", "qualifier"],
  required: ["action", "function", "principal"],
  autoName: { key: "statementId", max: 100 },
  computed: [],
  create: async (inputs, { lambda }) => {
    await lambda.addPermission({
      FunctionName: inputs.function as string,
      StatementId: inputs.statementId,
      Action: inputs.action,
      Principal: inputs.principal,
      SourceArn: inputs.sourceArn,
      SourceAccount: inputs.sourceAccount,
      Qualifier: inputs.qualifier,
    });
    return inputs.statementId ?? "";
  },
  read: async (id, { lambda }, state) => {
    const { Policy } = await lambda.getPolicy({ FunctionName: state.function as string, Qualifier: state.qualifier });
    const { Statement } = JSON.parse(Policy ?? '{"Statement":[]}') as { Statement: Statement[] };
    const found = Statement.find(({ Sid }) => Sid === id);
    if (!found) return undefined;
    const { Principal: principal } = found;
    return {
      statementId: id,
      action: found.Action,
      principal: typeof principal === "string" ? principal : (principal?.Service ?? principal?.AWS),
      ...(found.Condition?.["ArnLike"]?.["AWS:SourceArn"] && {
        sourceArn: found.Condition["ArnLike"]["AWS:SourceArn"],
      }),
    };
  },
  delete: (id, { lambda }, state) =>
    lambda.removePermission({ FunctionName: state.function as string, StatementId: id, Qualifier: state.qualifier }),
});

const mappingInputs = ({ batchSize, enabled, functionResponseTypes, scalingConfig }: Mapping) => ({
  BatchSize: batchSize,
  Enabled: enabled,
  FunctionResponseTypes: functionResponseTypes as "ReportBatchItemFailures"[] | undefined,
  ...(scalingConfig && { ScalingConfig: { MaximumConcurrency: scalingConfig.maximumConcurrency } }),
});
type Mapping = In<lambda.EventSourceMappingArgs>;

/** Of a queue alone. */
const eventSourceMapping = row<lambda.EventSourceMappingArgs, lambda.EventSourceMapping>({
  update: ["batchSize", "enabled", "functionResponseTypes", "scalingConfig"],
  replace: ["eventSourceArn", "functionName"],
  required: ["functionName"],
  defaults: { enabled: true },
  computed: ["arn", "functionArn", "uuid", "state", "lastModified"],
  create: async (inputs, { lambda }) => {
    const made = await lambda.createEventSourceMapping({
      EventSourceArn: inputs.eventSourceArn,
      FunctionName: inputs.functionName,
      ...mappingInputs(inputs),
    });
    return must(made.UUID, "UUID");
  },
  read: async (UUID, { lambda }, { functionName }) => {
    const found = await lambda.getEventSourceMapping({ UUID });
    const maximumConcurrency = found.ScalingConfig?.MaximumConcurrency;
    return {
      arn: found.EventSourceMappingArn,
      uuid: UUID,
      eventSourceArn: found.EventSourceArn,
      functionArn: found.FunctionArn,
      functionName,
      batchSize: found.BatchSize,
      enabled: found.State === "Enabled",
      state: found.State,
      functionResponseTypes: found.FunctionResponseTypes ?? [],
      ...(maximumConcurrency !== undefined && { scalingConfig: { maximumConcurrency } }),
    };
  },
  write: async (UUID, inputs, { lambda }) => {
    await lambda.updateEventSourceMapping({ UUID, ...mappingInputs(inputs) });
  },
  delete: (UUID, { lambda }) => lambda.deleteEventSourceMapping({ UUID }),
});

export const lambdaRows: Rows = {
  "aws:lambda/eventSourceMapping:EventSourceMapping": eventSourceMapping,
  "aws:lambda/function:Function": func,
  "aws:lambda/permission:Permission": permission,
};
