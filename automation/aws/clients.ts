import { SwitchyardError } from "../../programs/errors.ts";
import { refuseUnlisted } from "../deploy/mutations.ts";
import { credentialsProblem } from "./credentials.ts";

/** One SDK module per service the driver calls. Loaded on first use: most commands need two or three. */
const loaders = {
  alarms: async (o: object) => new (await import("@aws-sdk/client-cloudwatch")).CloudWatchClient(o),
  dynamodb: async (o: object) => new (await import("@aws-sdk/client-dynamodb")).DynamoDBClient(o),
  ec2: async (o: object) => new (await import("@aws-sdk/client-ec2")).EC2Client(o),
  ecr: async (o: object) => new (await import("@aws-sdk/client-ecr")).ECRClient(o),
  ecs: async (o: object) => new (await import("@aws-sdk/client-ecs")).ECSClient(o),
  elb: async (o: object) =>
    new (await import("@aws-sdk/client-elastic-load-balancing-v2")).ElasticLoadBalancingV2Client(o),
  lambda: async (o: object) => new (await import("@aws-sdk/client-lambda")).LambdaClient(o),
  logs: async (o: object) => new (await import("@aws-sdk/client-cloudwatch-logs")).CloudWatchLogsClient(o),
  scaling: async (o: object) =>
    new (await import("@aws-sdk/client-application-auto-scaling")).ApplicationAutoScalingClient(o),
  secrets: async (o: object) => new (await import("@aws-sdk/client-secrets-manager")).SecretsManagerClient(o),
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
}

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
      maxAttempts: 8,
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
          throw credentialsProblem(error, callOf(context));
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
