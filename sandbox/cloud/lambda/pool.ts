/** The execution environments of every function: one is kept warm between calls, more run while calls overlap. */
import { randomUUID } from "node:crypto";
import type { FunctionConfiguration } from "@aws-sdk/client-lambda";
import { awsError, type CloudContext } from "../handlers.ts";
import { imageProcess } from "../images.ts";
import { cloudEnvironment } from "../lifecycle.ts";
import { type LogStream, openLogStream } from "../log-stream.ts";
import { Environment, type InvocationResult } from "./environment.ts";
import { unqualified } from "./functions.ts";

interface Warm {
  readonly environment: Environment;
  readonly logs: LogStream;
  /** Lines of the invocation under way. */
  lines: string[];
}

export interface Run {
  readonly result: InvocationResult;
  /** What the invocation logged, with the START, END and REPORT lines Lambda adds. */
  readonly lines: readonly string[];
}

// Environments a function runs in at once, far below Lambda's own 1,000: this is one machine.
const concurrency = 10;

export class EnvironmentPool {
  readonly #cloud: CloudContext;
  readonly #idle = new Map<string, Warm>();
  readonly #busy = new Map<string, Set<Warm>>();
  /** Raised when code or configuration change: environments of an older generation are not used again. */
  readonly #generations = new Map<string, number>();

  constructor(cloud: CloudContext) {
    this.#cloud = cloud;
  }

  /** Ends a function's idle environments; busy ones end after their invocation. */
  async recycle(arn: string): Promise<void> {
    this.#generations.set(arn, (this.#generations.get(arn) ?? 0) + 1);
    const old = [...this.#idle].filter(([key]) => key.startsWith(`${arn} `));
    for (const [key] of old) this.#idle.delete(key);
    await Promise.all(old.map(([, { environment }]) => environment.stop()));
  }

  async stopAll(): Promise<void> {
    const all = [...this.#idle.values(), ...[...this.#busy.values()].flatMap((running) => [...running])];
    this.#idle.clear();
    await Promise.all(all.map(({ environment }) => environment.stop()));
  }

  async run(configuration: FunctionConfiguration, imageUri: string, id: string, event: Uint8Array): Promise<Run> {
    const key = this.#keyOf(configuration);
    const running = this.#busy.get(key) ?? new Set();
    this.#busy.set(key, running);
    if (running.size >= concurrency) {
      throw awsError("TooManyRequestsException", `Rate Exceeded: ${concurrency} invocations are under way`, 429);
    }
    const warm = this.#takeIdle(key) ?? (await this.#start(configuration, imageUri));
    running.add(warm);
    const run = await invoke(warm, configuration, id, event);
    running.delete(warm);
    const outdated = key !== this.#keyOf(configuration);
    if (outdated || this.#idle.has(key) || !warm.environment.usable) await warm.environment.stop();
    else this.#idle.set(key, warm);
    return run;
  }

  #keyOf({ FunctionArn, Version }: FunctionConfiguration): string {
    const arn = unqualified(FunctionArn);
    return `${arn} ${Version} ${this.#generations.get(arn) ?? 0}`;
  }

  #takeIdle(key: string): Warm | undefined {
    const warm = this.#idle.get(key);
    this.#idle.delete(key);
    return warm?.environment.usable ? warm : undefined;
  }

  async #start(configuration: FunctionConfiguration, imageUri: string): Promise<Warm> {
    const image = await this.#cloud.unpackImage(imageUri);
    const { EntryPoint, Command, WorkingDirectory } = configuration.ImageConfigResponse?.ImageConfig ?? {};
    const process = imageProcess(image, {
      ...(EntryPoint ? { entryPoint: EntryPoint } : {}),
      ...(Command ? { command: Command } : {}),
      ...(WorkingDirectory ? { workingDirectory: WorkingDirectory } : {}),
    });
    const name = configuration.FunctionName ?? "";
    const group = configuration.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`;
    const day = new Date().toISOString().slice(0, 10).replaceAll("-", "/");
    const stream = `${day}/[${configuration.Version}]${randomUUID().replaceAll("-", "")}`;
    const logs = openLogStream(this.#cloud.at(configuration.FunctionArn), group, stream, { createGroup: true });
    const environment = await Environment.start({
      name,
      functionArn: configuration.FunctionArn ?? "",
      process,
      timeoutMs: (configuration.Timeout ?? 3) * 1000,
      processes: this.#cloud.processes,
      env: await this.#variables(configuration, group, stream),
      onLine: (line) => note(warm, line),
    });
    const warm: Warm = { environment, logs, lines: [] };
    return warm;
  }

  /** Lambda Developer Guide, "Defined runtime environment variables", and what points the function at this cloud. */
  async #variables(
    configuration: FunctionConfiguration,
    group: string,
    stream: string,
  ): Promise<Record<string, string>> {
    return {
      ...cloudEnvironment(this.#cloud.endpoint, this.#cloud.pace),
      AWS_REGION: this.#cloud.at(configuration.FunctionArn).region,
      AWS_DEFAULT_REGION: this.#cloud.at(configuration.FunctionArn).region,
      NODE_EXTRA_CA_CERTS: await this.#cloud.databaseAuthority(),
      AWS_LAMBDA_FUNCTION_NAME: configuration.FunctionName ?? "",
      AWS_LAMBDA_FUNCTION_VERSION: configuration.Version ?? "$LATEST",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(configuration.MemorySize ?? 128),
      AWS_LAMBDA_LOG_GROUP_NAME: group,
      AWS_LAMBDA_LOG_STREAM_NAME: stream,
      AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
      TZ: ":UTC",
      ...configuration.Environment?.Variables,
    };
  }
}

function note(warm: Warm, line: string): void {
  warm.lines.push(line);
  warm.logs.write(line);
}

async function invoke(warm: Warm, configuration: FunctionConfiguration, id: string, event: Uint8Array): Promise<Run> {
  const startedAt = performance.now();
  warm.lines = [];
  note(warm, `START RequestId: ${id} Version: ${configuration.Version}`);
  const result = await warm.environment.invoke(id, event);
  const duration = (performance.now() - startedAt).toFixed(2);
  note(warm, `END RequestId: ${id}`);
  note(warm, `REPORT RequestId: ${id}\tDuration: ${duration} ms\tMemory Size: ${configuration.MemorySize} MB`);
  await warm.logs.flush();
  return { result, lines: warm.lines };
}
