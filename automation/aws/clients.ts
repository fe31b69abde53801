import { StandardRetryStrategy } from "@smithy/core/retry";
import { SwitchyardError } from "../../programs/errors.ts";
import { refuseUnlisted } from "../deploy/decide/mutations.ts";
import { credentialsProblem } from "./credentials.ts";
import { ofCall } from "./refusals.ts";

/** One SDK module per service the driver calls. Loaded on first use: most commands need two or three. */
const loaders = {
  acm: async (o: object) => new (await import("@aws-sdk/client-acm")).ACMClient(o),
  alarms: async (o: object) => new (await import("@aws-sdk/client-cloudwatch")).CloudWatchClient(o),
  batch: async (o: object) => new (await import("@aws-sdk/client-batch")).BatchClient(o),
  budgets: async (o: object) => new (await import("@aws-sdk/client-budgets")).BudgetsClient(o),
  // A service of the whole world, with its calls in us-east-1 (AWS General Reference, "Amazon CloudFront endpoints").
  cloudfront: async (o: object) =>
    new (await import("@aws-sdk/client-cloudfront")).CloudFrontClient({ ...o, region: "us-east-1" }),
  // The certificates CloudFront takes are of us-east-1, whatever region the stack has.
  cdnCertificates: async (o: object) =>
    new (await import("@aws-sdk/client-acm")).ACMClient({ ...o, region: "us-east-1" }),
  // What CloudFront's logs are delivered by is of us-east-1 as well.
  cdnLogs: async (o: object) =>
    new (await import("@aws-sdk/client-cloudwatch-logs")).CloudWatchLogsClient({ ...o, region: "us-east-1" }),
  cloudtrail: async (o: object) => new (await import("@aws-sdk/client-cloudtrail")).CloudTrailClient(o),
  codebuild: async (o: object) => new (await import("@aws-sdk/client-codebuild")).CodeBuildClient(o),
  dynamodb: async (o: object) => new (await import("@aws-sdk/client-dynamodb")).DynamoDBClient(o),
  ec2: async (o: object) => new (await import("@aws-sdk/client-ec2")).EC2Client(o),
  ecr: async (o: object) => new (await import("@aws-sdk/client-ecr")).ECRClient(o),
  ecrPublic: async (o: object) => new (await import("@aws-sdk/client-ecr-public")).ECRPUBLICClient(o),
  ecs: async (o: object) => new (await import("@aws-sdk/client-ecs")).ECSClient(o),
  elb: async (o: object) =>
    new (await import("@aws-sdk/client-elastic-load-balancing-v2")).ElasticLoadBalancingV2Client(o),
  iam: async (o: object) => new (await import("@aws-sdk/client-iam")).IAMClient(o),
  identitystore: async (o: object) => new (await import("@aws-sdk/client-identitystore")).IdentitystoreClient(o),
  kms: async (o: object) => new (await import("@aws-sdk/client-kms")).KMSClient(o),
  lambda: async (o: object) => new (await import("@aws-sdk/client-lambda")).LambdaClient(o),
  logs: async (o: object) => new (await import("@aws-sdk/client-cloudwatch-logs")).CloudWatchLogsClient(o),
  organizations: async (o: object) => new (await import("@aws-sdk/client-organizations")).OrganizationsClient(o),
  // The price list is served from us-east-1 for every region ("AWS Price List Query API endpoints").
  pricing: async (o: object) =>
    new (await import("@aws-sdk/client-pricing")).PricingClient({ ...o, region: "us-east-1" }),
  quotas: async (o: object) => new (await import("@aws-sdk/client-service-quotas")).ServiceQuotasClient(o),
  rds: async (o: object) => new (await import("@aws-sdk/client-rds")).RDSClient(o),
  route53: async (o: object) => new (await import("@aws-sdk/client-route-53")).Route53Client(o),
  s3: async (o: object) =>
    new (await import("@aws-sdk/client-s3")).S3Client({
      ...o,
      forcePathStyle: process.env["AWS_ENDPOINT_URL"] !== undefined,
    }),
  scaling: async (o: object) =>
    new (await import("@aws-sdk/client-application-auto-scaling")).ApplicationAutoScalingClient(o),
  scheduler: async (o: object) => new (await import("@aws-sdk/client-scheduler")).SchedulerClient(o),
  secrets: async (o: object) => new (await import("@aws-sdk/client-secrets-manager")).SecretsManagerClient(o),
  ses: async (o: object) => new (await import("@aws-sdk/client-sesv2")).SESv2Client(o),
  sfn: async (o: object) => new (await import("@aws-sdk/client-sfn")).SFNClient(o),
  sqs: async (o: object) => new (await import("@aws-sdk/client-sqs")).SQSClient(o),
  sso: async (o: object) => new (await import("@aws-sdk/client-sso-admin")).SSOAdminClient(o),
  tags: async (o: object) =>
    new (await import("@aws-sdk/client-resource-groups-tagging-api")).ResourceGroupsTaggingAPIClient(o),
  sts: async (o: object) => new (await import("@aws-sdk/client-sts")).STSClient(o),
  waf: async (o: object) => new (await import("@aws-sdk/client-wafv2")).WAFV2Client(o),
} as const;

export type ServiceName = keyof typeof loaders;
export type ClientOf<S extends ServiceName> = Awaited<ReturnType<(typeof loaders)[S]>>;

export interface AwsOptions {
  readonly region: string;
  /** One attempt of one call is given up after this many milliseconds; shorter than the lease's takeover grace. */
  readonly deadlineMs: number;
  /** Attempts (retries included) this run may make in all. */
  readonly budget: number;
  /** Share of the budget, in calls, that only the way back (undo, rollback) may use. */
  readonly reserve: number;
  /** Those of the environment when absent. */
  readonly credentials?: Credentials;
}

/** Asked again when those it gave are about to expire. */
export type Credentials = () => Promise<{
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}>;

/** The AWS clients of one run, as everything that calls AWS sees them. */
export interface Aws {
  readonly region: string;
  client<S extends ServiceName>(service: S): Promise<ClientOf<S>>;
  /** From here on the calls reserved for undo and rollback may be used as well. */
  wayBack(): void;
  /** Attempts so far, by `<service>.<operation>`. */
  counts(): Record<string, number>;
  readonly total: number;
  /** This machine's clock minus AWS's as its last answer had it, in milliseconds; absent before the first one. */
  readonly clockSkewMs?: number;
  close(): void;
}

/** An answer's date is in whole seconds, and it travelled: a difference of so many milliseconds means nothing. */
const dateToleranceMs = 2_000;

/** Attempts of one call, the first included. */
const mostAttempts = 10;

/**
 * The SDK's pauses double up to 20 s (AWS SDKs and Tools Reference Guide, "Retry behavior"): one alone outlasts a call's
 * deadline, and what was looked at before it is old. These stop growing where four fit into the deadline.
 *
 * @param random A number from 0 to 1, which spreads what many calls would ask at once.
 */
export function retriesWithin(deadlineMs: number, random: () => number = Math.random): StandardRetryStrategy {
  let first = 0;
  const backoff = {
    setDelayBase: (ms: number) => {
      first = ms;
    },
    computeNextBackoffDelay: (failures: number) =>
      Math.floor(random() * Math.min(first * 2 ** failures, deadlineMs / 4)),
  };
  return new StandardRetryStrategy({ maxAttempts: mostAttempts, backoff });
}

/** Real clients: lazily made, every attempt counted, bounded in time and number. */
export class SdkAws implements Aws {
  readonly #options: AwsOptions;
  readonly #clients = new Map<ServiceName, Promise<unknown>>();
  readonly #counts = new Map<string, number>();
  #total = 0;
  #clockSkewMs: number | undefined;
  #onTheWayBack = false;

  constructor(options: AwsOptions) {
    this.#options = options;
  }

  get region(): string {
    return this.#options.region;
  }

  client<S extends ServiceName>(service: S): Promise<ClientOf<S>> {
    let client = this.#clients.get(service);
    if (client === undefined) {
      client = this.#open(service);
      this.#clients.set(service, client);
    }
    return client as Promise<ClientOf<S>>;
  }

  wayBack(): void {
    this.#onTheWayBack = true;
  }

  counts(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }

  get total(): number {
    return this.#total;
  }

  get clockSkewMs(): number | undefined {
    return this.#clockSkewMs;
  }

  close(): void {
    for (const client of this.#clients.values())
      void client.then((c) => (c as { destroy(): void }).destroy()).catch(() => undefined);
    this.#clients.clear();
  }

  async #open(service: ServiceName): Promise<unknown> {
    const client = await loaders[service]({
      region: this.#options.region,
      ...(this.#options.credentials && { credentials: this.#options.credentials }),
      retryStrategy: retriesWithin(this.#options.deadlineMs),
      requestHandler: {
        requestTimeout: service === "lambda" ? 16 * 60_000 : this.#options.deadlineMs,
        connectionTimeout: 3_000,
        throwOnRequestTimeout: true,
      },
    });
    const callOf = (context: object) =>
      `${service}.${String((context as { commandName?: string }).commandName ?? "unknown").replace(/Command$/, "")}`;
    (client as ClientOf<"ecs">).middlewareStack.add(
      (next, context) => async (args) => {
        try {
          return await next(args);
        } catch (error) {
          const call = callOf(context);
          throw ofCall(credentialsProblem(error, call), call);
        }
      },
      { step: "initialize", priority: "high", name: "switchyardCredentials" },
    );
    (client as ClientOf<"ecs">).middlewareStack.add(
      (next, context) => async (args) => {
        const call = callOf(context);
        refuseUnlisted(call);
        this.#spend(call);
        const done = await next(args);
        this.#compareClocks((done.response as { headers?: Record<string, string> }).headers?.["date"]);
        return done;
      },
      { step: "deserialize", priority: "low", name: "switchyardCallCount" },
    );
    return client;
  }

  #compareClocks(date: string | undefined): void {
    const theirs = Date.parse(date ?? "");
    if (Number.isNaN(theirs)) return;
    const skew = Date.now() - theirs;
    this.#clockSkewMs = Math.abs(skew) < dateToleranceMs ? 0 : skew;
  }

  #spend(name: string): void {
    const limit = this.#options.budget - (this.#onTheWayBack ? 0 : this.#options.reserve);
    if (this.#total >= limit)
      throw new SwitchyardError("call-budget", {
        what: this.#onTheWayBack
          ? `this run has made ${this.#total} AWS calls, its limit`
          : `this run has made ${this.#total} AWS calls, and the ${this.#options.reserve} left are kept for undoing`,
        where: name,
        fix: "AWS is probably throttling: wait a few minutes and run the command again, it continues where this one stopped",
      });
    this.#total += 1;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }
}
