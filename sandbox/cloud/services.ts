/** The AWS services this cloud answers operations of, by SigV4 signing name. Everything else goes to moto unread. */
import { ACMClient } from "@aws-sdk/client-acm";
import { ApplicationAutoScalingClient } from "@aws-sdk/client-application-auto-scaling";
import { BatchClient } from "@aws-sdk/client-batch";
import { BudgetsClient } from "@aws-sdk/client-budgets";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { CodeBuildClient } from "@aws-sdk/client-codebuild";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EC2Client } from "@aws-sdk/client-ec2";
import { ECRClient } from "@aws-sdk/client-ecr";
import { ECRPUBLICClient } from "@aws-sdk/client-ecr-public";
import { ECSClient } from "@aws-sdk/client-ecs";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { IdentitystoreClient } from "@aws-sdk/client-identitystore";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { OrganizationsClient } from "@aws-sdk/client-organizations";
import { PricingClient } from "@aws-sdk/client-pricing";
import { RDSClient } from "@aws-sdk/client-rds";
import { SchedulerClient } from "@aws-sdk/client-scheduler";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SESv2Client } from "@aws-sdk/client-sesv2";
import { SFNClient } from "@aws-sdk/client-sfn";
import { SSOAdminClient } from "@aws-sdk/client-sso-admin";
import { STSClient } from "@aws-sdk/client-sts";
import { deref } from "@smithy/core/schema";
import type { ClientProtocol, Schema, StaticOperationSchema } from "@smithy/types";
import type { AnyClient, ClientClass } from "./handlers.ts";

const clients: Record<string, ClientClass<AnyClient>> = {
  acm: ACMClient,
  "application-autoscaling": ApplicationAutoScalingClient,
  batch: BatchClient,
  budgets: BudgetsClient,
  codebuild: CodeBuildClient,
  dynamodb: DynamoDBClient,
  ec2: EC2Client,
  ecr: ECRClient,
  "ecr-public": ECRPUBLICClient,
  ecs: ECSClient,
  elasticloadbalancing: ElasticLoadBalancingV2Client,
  identitystore: IdentitystoreClient,
  lambda: LambdaClient,
  logs: CloudWatchLogsClient,
  monitoring: CloudWatchClient,
  organizations: OrganizationsClient,
  pricing: PricingClient,
  rds: RDSClient,
  scheduler: SchedulerClient,
  secretsmanager: SecretsManagerClient,
  ses: SESv2Client,
  sso: SSOAdminClient,
  states: SFNClient,
  sts: STSClient,
};

export type ProtocolName = "json" | "query" | "ec2" | "restJson";

/** How one service's calls are read and answered. */
export interface Service {
  readonly signingName: string;
  readonly client: ClientClass<AnyClient>;
  readonly protocol: ProtocolName;
  readonly xmlNamespace: string;
  readonly codec: ClientProtocol<unknown, unknown>;
}

/** The static operation schema an SDK command class carries: `[9, namespace, name, traits, input, output]`. */
export interface Operation {
  readonly name: string;
  readonly input: Schema;
  readonly output: Schema;
  /** `[method, path template, success status]` of REST operations. */
  readonly http?: readonly [string, string, number];
}

/** Reads the operation out of a command class. */
export function operationOf(command: new (input: never) => object): Operation & { namespace: string } {
  const { schema } = new command({} as never) as { schema?: StaticOperationSchema };
  if (!schema)
    throw new Error(`${command.name} carries no schema; it comes from an SDK older than this cloud can answer`);
  const traits = schema[3] as { http?: readonly [string, string, number] } | number;
  const http = typeof traits === "object" ? traits.http : undefined;
  return {
    namespace: schema[1],
    name: schema[2],
    input: deref(schema[4]),
    output: deref(schema[5]),
    ...(http ? { http } : {}),
  };
}

const byNamespace = new Map<string, Service>();

/** The service whose schemas live in a Smithy namespace, e.g. `com.amazonaws.ecs`. */
export function serviceOf(namespace: string): Service {
  if (byNamespace.size === 0) for (const service of Object.entries(clients).map(describe)) byNamespace.set(...service);
  const service = byNamespace.get(namespace);
  if (!service)
    throw new Error(`No service with the schema namespace "${namespace}" in sandbox/cloud/services.ts: add it`);
  return service;
}

function describe([signingName, client]: [string, ClientClass<AnyClient>]): [string, Service] {
  const { config } = new client({ region: "us-east-1" });
  const settings = config.protocolSettings as { defaultNamespace: string; xmlNamespace?: string };
  const codec = config.protocol as ClientProtocol<unknown, unknown>;
  const protocol = protocolName(codec.getShapeId());
  return [
    settings.defaultNamespace,
    { signingName, client, protocol, xmlNamespace: settings.xmlNamespace ?? "", codec },
  ];
}

function protocolName(shapeId: string): ProtocolName {
  if (shapeId.startsWith("aws.protocols#awsJson")) return "json";
  if (shapeId === "aws.protocols#awsQuery") return "query";
  if (shapeId === "aws.protocols#ec2Query") return "ec2";
  if (shapeId === "aws.protocols#restJson1") return "restJson";
  throw new Error(`The cloud cannot answer the protocol ${shapeId}`);
}
