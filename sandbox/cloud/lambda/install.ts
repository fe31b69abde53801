/** Lambda functions of container images, run for real. */

import { randomUUID } from "node:crypto";
import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { type FunctionConfiguration, GetFunctionCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { awsError, type CloudContext } from "../handlers.ts";
import { imageProcess } from "../images.ts";
import { cloudEnvironment } from "../lifecycle.ts";
import { type LogStream, openLogStream } from "../log-stream.ts";
import { Environment, type InvocationResult } from "./environment.ts";
import { installFunctions, unqualified } from "./functions.ts";

interface Warm {
  readonly environment: Environment;
  readonly logs: LogStream;
  /** Lines of the invocation under way. */
  lines: string[];
}

// Environments a function runs in at once, far below Lambda's own 1,000: this is one machine.
const concurrency = 10;
// LogResult carries the last 4 KB of the log (Lambda API reference, Invoke).
const tailBytes = 4096;

export function installLambda(cloud: CloudContext): void {
  const idle = new Map<string, Warm[]>();
  const busy = new Map<string, Set<Warm>>();
  const generations = new Map<string, number>();

  async function recycle(arn: string): Promise<void> {
    generations.set(arn, (generations.get(arn) ?? 0) + 1);
    const old = [...idle].filter(([key]) => key.startsWith(`${arn} `));
    for (const [key] of old) idle.delete(key);
    await Promise.all(old.flatMap(([, warm]) => warm.map(({ environment }) => environment.stop())));
  }
  async function vpcOf(subnetIds: readonly string[]): Promise<string | undefined> {
    if (subnetIds.length === 0) return undefined;
    const answer = await cloud.moto(EC2Client).send(new DescribeSubnetsCommand({ SubnetIds: [...subnetIds] }));
    return answer.Subnets?.[0]?.VpcId;
  }
  const functions = installFunctions(cloud, { vpcOf, recycle });

  cloud.handle(InvokeCommand, async (input, call) => {
    const { FunctionName, Qualifier } = input;
    const found = await call.moto(LambdaClient).send(new GetFunctionCommand({ FunctionName, Qualifier }));
    const configuration = await functions.complete(found.Configuration ?? {});
    const uri = found.Code?.ImageUri;
    if (!uri) {
      throw awsError(
        "InvalidRuntimeException",
        "The sandbox runs functions of container images; this one is a zip archive",
        502,
      );
    }
    const executedVersion = configuration.Version ?? "$LATEST";
    if (input.InvocationType === "DryRun") return { StatusCode: 204 };
    const payload = input.Payload as Uint8Array | undefined;
    const event = payload?.length ? payload : Buffer.from("{}");
    const run = runOne(configuration, uri, call.requestId, event);
    if (input.InvocationType === "Event") {
      run.catch((error: Error) => cloud.log(`${FunctionName}: ${error.message}`));
      return { StatusCode: 202 };
    }
    const { result, lines } = await run;
    const tail = Buffer.from(`${lines.join("\n")}\n`)
      .subarray(-tailBytes)
      .toString("base64");
    return {
      StatusCode: 200,
      ExecutedVersion: executedVersion,
      Payload: result.payload as never,
      ...(result.functionError ? { FunctionError: result.functionError } : {}),
      ...(input.LogType === "Tail" ? { LogResult: tail } : {}),
    };
  });

  async function runOne(configuration: FunctionConfiguration, uri: string, id: string, event: Uint8Array) {
    const arn = unqualified(configuration.FunctionArn);
    const key = `${arn} ${configuration.Version} ${generations.get(arn) ?? 0}`;
    const running = busy.get(key) ?? new Set();
    busy.set(key, running);
    if (running.size >= concurrency) {
      throw awsError("TooManyRequestsException", `Rate Exceeded: ${concurrency} invocations are under way`, 429);
    }
    const warm = takeIdle(key) ?? (await start(configuration, uri));
    running.add(warm);
    const { version, startedAt } = { version: configuration.Version ?? "$LATEST", startedAt: performance.now() };
    warm.lines = [];
    const note = (line: string) => {
      warm.lines.push(line);
      warm.logs.write(line);
    };
    note(`START RequestId: ${id} Version: ${version}`);
    const result: InvocationResult = await warm.environment.invoke(id, event);
    const duration = (performance.now() - startedAt).toFixed(2);
    note(`END RequestId: ${id}`);
    note(`REPORT RequestId: ${id}\tDuration: ${duration} ms\tMemory Size: ${configuration.MemorySize} MB`);
    await warm.logs.flush();
    running.delete(warm);
    const current = key === `${arn} ${configuration.Version} ${generations.get(arn) ?? 0}`;
    if (!warm.environment.usable) await warm.environment.stop();
    else if (!current || idle.get(key)?.length) await warm.environment.stop();
    else idle.set(key, [warm]);
    return { result, lines: warm.lines };
  }

  function takeIdle(key: string): Warm | undefined {
    const warm = idle.get(key)?.pop();
    return warm?.environment.usable ? warm : undefined;
  }

  async function start(configuration: FunctionConfiguration, uri: string): Promise<Warm> {
    const image = await cloud.unpackImage(uri);
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
    const logs = openLogStream(cloud, group, stream, { createGroup: true });
    const warm: Warm = {
      logs,
      lines: [],
      environment: await Environment.start({
        name,
        functionArn: configuration.FunctionArn ?? "",
        process,
        timeoutMs: (configuration.Timeout ?? 3) * 1000,
        processes: cloud.processes,
        env: { ...(await environmentOf(configuration, group, stream)) },
        onLine: (line) => {
          warm.lines.push(line);
          logs.write(line);
        },
      }),
    };
    return warm;
  }

  async function environmentOf(configuration: FunctionConfiguration, group: string, stream: string) {
    return {
      ...cloudEnvironment(cloud.endpoint, cloud.pace),
      NODE_EXTRA_CA_CERTS: await cloud.databaseAuthority(),
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

  const stopAll = async () => {
    const all = [...idle.values(), ...[...busy.values()].map((running) => [...running])].flat();
    idle.clear();
    await Promise.all(all.map(({ environment }) => environment.stop()));
  };
  cloud.onReset(stopAll);
  cloud.onStop(stopAll);
}
