/** Lambda functions of container images, run for real. */
import { randomUUID } from "node:crypto";
import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { GetFunctionCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { awsError, type CloudContext } from "../handlers.ts";
import { installFunctions } from "./functions.ts";
import { EnvironmentPool } from "./pool.ts";
import { installSources } from "./sources.ts";

// LogResult carries the last 4 KB of the log (Lambda API reference, Invoke).
const tailBytes = 4096;

export function installLambda(cloud: CloudContext): void {
  const pool = new EnvironmentPool(cloud);
  const functions = installFunctions(cloud, {
    recycle: (functionArn) => pool.recycle(functionArn),
    vpcOf: async (subnetIds, functionArn) => {
      if (subnetIds.length === 0) return undefined;
      const ec2 = cloud.at(functionArn).moto(EC2Client);
      const answer = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [...subnetIds] }));
      return answer.Subnets?.[0]?.VpcId;
    },
  });

  cloud.handle(InvokeCommand, async (input, call) => {
    const { FunctionName, Qualifier } = input;
    const found = await call.moto(LambdaClient).send(new GetFunctionCommand({ FunctionName, Qualifier }));
    const configuration = await functions.complete(found.Configuration ?? {});
    const uri = found.Code?.ImageUri;
    if (!uri) {
      const message = "The sandbox runs functions of container images; this one is a zip archive";
      throw awsError("InvalidRuntimeException", message, 502);
    }
    if (input.InvocationType === "DryRun") return { StatusCode: 204 };
    const payload = input.Payload as Uint8Array | undefined;
    const run = pool.run(configuration, uri, call.requestId, payload?.length ? payload : Buffer.from("{}"));
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
      ExecutedVersion: configuration.Version ?? "$LATEST",
      // The SDK's output type adds string conversions that only a client needs.
      Payload: result.payload as never,
      ...(result.functionError ? { FunctionError: result.functionError } : {}),
      ...(input.LogType === "Tail" ? { LogResult: tail } : {}),
    };
  });

  installSources(cloud, async (moto, FunctionName, event) => {
    const found = await moto(LambdaClient).send(new GetFunctionCommand({ FunctionName }));
    const configuration = await functions.complete(found.Configuration ?? {});
    const payload = Buffer.from(JSON.stringify(event));
    const { result } = await pool.run(configuration, found.Code?.ImageUri ?? "", randomUUID(), payload);
    const answer = Buffer.from(result.payload).toString();
    if (result.functionError) throw new Error(`${FunctionName}: ${answer}`);
    return answer === "" ? undefined : (JSON.parse(answer) as unknown);
  });
  cloud.onReset(() => pool.stopAll());
  cloud.onStop(() => pool.stopAll());
}
