/** One lazily loaded AWS SDK client per service, all pointed at the sandbox's endpoint. */
import { AwsCallError, ProviderError } from "./errors.ts";

export interface ClientOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: () => Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string }>;
}

/** The SDK tries three times; so often again, a throttled call is tried about as often as by the real provider (`maxRetries`). */
const throttledRounds = 8;

const loaders = {
  acm: async (options: ClientOptions) => new (await import("@aws-sdk/client-acm")).ACM(options),
  autoscaling: async (options: ClientOptions) =>
    new (await import("@aws-sdk/client-application-auto-scaling")).ApplicationAutoScaling(options),
  batch: async (options: ClientOptions) => new (await import("@aws-sdk/client-batch")).Batch(options),
  budgets: async (options: ClientOptions) => new (await import("@aws-sdk/client-budgets")).Budgets(options),
  cloudfront: async (options: ClientOptions) => new (await import("@aws-sdk/client-cloudfront")).CloudFront(options),
  cloudtrail: async (options: ClientOptions) => new (await import("@aws-sdk/client-cloudtrail")).CloudTrail(options),
  cloudwatch: async (options: ClientOptions) => new (await import("@aws-sdk/client-cloudwatch")).CloudWatch(options),
  codebuild: async (options: ClientOptions) => new (await import("@aws-sdk/client-codebuild")).CodeBuild(options),
  contacts: async (options: ClientOptions) => new (await import("@aws-sdk/client-account")).Account(options),
  dynamodb: async (options: ClientOptions) => new (await import("@aws-sdk/client-dynamodb")).DynamoDB(options),
  ec2: async (options: ClientOptions) => new (await import("@aws-sdk/client-ec2")).EC2(options),
  ecr: async (options: ClientOptions) => new (await import("@aws-sdk/client-ecr")).ECR(options),
  ecrpublic: async (options: ClientOptions) => new (await import("@aws-sdk/client-ecr-public")).ECRPUBLIC(options),
  ecs: async (options: ClientOptions) => new (await import("@aws-sdk/client-ecs")).ECS(options),
  elb: async (options: ClientOptions) =>
    new (await import("@aws-sdk/client-elastic-load-balancing-v2")).ElasticLoadBalancingV2(options),
  eventbridge: async (options: ClientOptions) => new (await import("@aws-sdk/client-eventbridge")).EventBridge(options),
  iam: async (options: ClientOptions) => new (await import("@aws-sdk/client-iam")).IAM(options),
  identitystore: async (options: ClientOptions) =>
    new (await import("@aws-sdk/client-identitystore")).Identitystore(options),
  kms: async (options: ClientOptions) => new (await import("@aws-sdk/client-kms")).KMS(options),
  lambda: async (options: ClientOptions) => new (await import("@aws-sdk/client-lambda")).Lambda(options),
  logs: async (options: ClientOptions) => new (await import("@aws-sdk/client-cloudwatch-logs")).CloudWatchLogs(options),
  organizations: async (options: ClientOptions) =>
    new (await import("@aws-sdk/client-organizations")).Organizations(options),
  rds: async (options: ClientOptions) => new (await import("@aws-sdk/client-rds")).RDS(options),
  route53: async (options: ClientOptions) => new (await import("@aws-sdk/client-route-53")).Route53(options),
  s3: async (options: ClientOptions) =>
    new (await import("@aws-sdk/client-s3")).S3({ ...options, forcePathStyle: true }),
  scheduler: async (options: ClientOptions) => new (await import("@aws-sdk/client-scheduler")).Scheduler(options),
  secretsmanager: async (options: ClientOptions) =>
    new (await import("@aws-sdk/client-secrets-manager")).SecretsManager(options),
  ses: async (options: ClientOptions) => new (await import("@aws-sdk/client-sesv2")).SESv2(options),
  sfn: async (options: ClientOptions) => new (await import("@aws-sdk/client-sfn")).SFN(options),
  sns: async (options: ClientOptions) => new (await import("@aws-sdk/client-sns")).SNS(options),
  sqs: async (options: ClientOptions) => new (await import("@aws-sdk/client-sqs")).SQS(options),
  sso: async (options: ClientOptions) => new (await import("@aws-sdk/client-sso-admin")).SSOAdmin(options),
  sts: async (options: ClientOptions) => new (await import("@aws-sdk/client-sts")).STS(options),
  waf: async (options: ClientOptions) => new (await import("@aws-sdk/client-wafv2")).WAFV2(options),
};

type Loaders = typeof loaders;
export type Clients = { readonly [S in keyof Loaders]: Awaited<ReturnType<Loaders[S]>> };

export function awsClients(options: ClientOptions): Clients {
  const clients: Record<string, unknown> = {};
  for (const [service, load] of Object.entries(loaders))
    clients[service] = lazily(service, () => load(options), options);
  return clients as Clients;
}

type Call = (...args: unknown[]) => Promise<unknown>;

function lazily(service: string, load: () => Promise<unknown>, { endpoint }: ClientOptions): unknown {
  let client: Promise<unknown> | undefined;
  const call = async (operation: string, args: unknown[]) => {
    client ??= load();
    const loaded = (await client) as Record<string, Call>;
    for (let round = 1; ; round++) {
      try {
        return await loaded[operation]?.(...args);
      } catch (error) {
        if (isThrottled(error) && round < throttledRounds) continue;
        throw explain(`${service}:${operation[0]?.toUpperCase()}${operation.slice(1)}`, error as Error, endpoint);
      }
    }
  };
  return new Proxy(
    {},
    {
      get:
        (_, operation: string) =>
        (...args: unknown[]) =>
          call(operation, args),
    },
  );
}

function isThrottled(error: unknown): boolean {
  return (
    (error as { $retryable?: { throttling?: boolean } }).$retryable?.throttling === true ||
    /Throttl/.test(String(error))
  );
}

/** moto answers an operation it does not have with an HTML page, which the SDKs fail to parse. */
function explain(operation: string, error: Error & { code?: string }, endpoint: string): Error {
  if (error.code === "ECONNREFUSED" || /ECONNREFUSED/.test(error.message)) {
    return new ProviderError("no-cloud", {
      where: operation,
      what: `nothing answers at ${endpoint}`,
      fix: "Start the sandbox",
      cause: error,
    });
  }
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  if (/Deserialization error|Unexpected token '<'/.test(error.message) || (status === 501 && error.name === "Error")) {
    return new ProviderError("not-covered", {
      where: operation,
      what: "the sandbox's cloud lacks this operation",
      cause: error,
    });
  }
  return new AwsCallError(operation, error);
}
