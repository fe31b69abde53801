/** Functions as Lambda describes them: what moto leaves out or gets wrong is completed here. */

import { randomUUID } from "node:crypto";
import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  type FunctionCodeLocation,
  type FunctionConfiguration,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  type ImageConfig,
  LambdaClient,
  type LoggingConfig,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { AwsError, awsError, type CloudContext } from "../handlers.ts";

/** What moto does not keep of a function. */
interface Kept {
  logging?: LoggingConfig | undefined;
  image?: ImageConfig | undefined;
  uri?: string | undefined;
  vpcId?: string | undefined;
  revision: string;
}

export interface Functions {
  /** moto's configuration of a function with what it lacks. */
  complete<T extends FunctionConfiguration>(configuration: T): Promise<T>;
}

export function installFunctions(
  cloud: CloudContext,
  hooks: {
    vpcOf(subnetIds: readonly string[], functionArn: string | undefined): Promise<string | undefined>;
    recycle(functionArn: string): Promise<void>;
  },
): Functions {
  const kept = new Map<string, Kept>();
  const keptOf = (arn: string | undefined): Kept => {
    const key = unqualified(arn);
    const found = kept.get(key) ?? { revision: randomUUID() };
    kept.set(key, found);
    return found;
  };

  const complete = async <T extends FunctionConfiguration>(configuration: T): Promise<T> => {
    const { logging, image, uri, vpcId, revision } = keptOf(configuration.FunctionArn);
    const digest = uri ? await digestOf(uri) : undefined;
    const { VpcConfig, ImageConfigResponse: _, ...rest } = configuration;
    return {
      ...(rest as T),
      State: "Active",
      LastUpdateStatus: "Successful",
      RevisionId: revision,
      LoggingConfig: { LogFormat: "Text", LogGroup: `/aws/lambda/${configuration.FunctionName}`, ...logging },
      ...(digest ? { CodeSha256: digest.slice("sha256:".length) } : {}),
      ...(image ? { ImageConfigResponse: { ImageConfig: image } } : {}),
      ...(VpcConfig ? { VpcConfig: { ...VpcConfig, ...(vpcId ? { VpcId: vpcId } : {}) } } : {}),
    };
  };

  async function digestOf(uri: string): Promise<string | undefined> {
    return uri.split("@")[1] ?? (await cloud.unpackImage(uri).catch(() => undefined))?.digest;
  }

  async function requireImage(uri: string | undefined): Promise<void> {
    if (!uri) return;
    try {
      await cloud.unpackImage(uri);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const message = `Source image ${uri} does not exist. Provide a valid source image.`;
      throw awsError("InvalidParameterValueException", message);
    }
  }

  cloud.handle(CreateFunctionCommand, async (input, call) => {
    await requireImage(input.Code?.ImageUri);
    const answer = await call.toMoto();
    const vpcId = await hooks.vpcOf(input.VpcConfig?.SubnetIds ?? [], answer.FunctionArn);
    kept.set(unqualified(answer.FunctionArn), {
      logging: input.LoggingConfig,
      image: input.ImageConfig,
      uri: input.Code?.ImageUri,
      vpcId,
      revision: randomUUID(),
    });
    return complete(answer);
  });

  cloud.handle(UpdateFunctionCodeCommand, async (input, call) => {
    await requireImage(input.ImageUri);
    if (input.DryRun) return complete(await call.toMoto());
    const answer = await call.toMoto();
    Object.assign(keptOf(answer.FunctionArn), {
      revision: randomUUID(),
      ...(input.ImageUri ? { uri: input.ImageUri } : {}),
    });
    await hooks.recycle(unqualified(answer.FunctionArn));
    return complete(answer);
  });

  cloud.handle(UpdateFunctionConfigurationCommand, async (input, call) => {
    const answer = await call.toMoto();
    const found = keptOf(answer.FunctionArn);
    found.revision = randomUUID();
    if (input.LoggingConfig) found.logging = input.LoggingConfig;
    if (input.ImageConfig) found.image = input.ImageConfig;
    if (input.VpcConfig) found.vpcId = await hooks.vpcOf(input.VpcConfig.SubnetIds ?? [], answer.FunctionArn);
    await hooks.recycle(unqualified(answer.FunctionArn));
    return complete(answer);
  });

  cloud.handle(GetFunctionCommand, async (_, call) => {
    const answer = await call.toMoto();
    if (!answer.Configuration) return answer;
    const { uri } = keptOf(answer.Configuration.FunctionArn);
    return { ...answer, Configuration: await complete(answer.Configuration), Code: await codeOf(answer.Code, uri) };
  });
  cloud.handle(GetFunctionConfigurationCommand, async (_, call) => complete(await call.toMoto()));
  cloud.handle(PublishVersionCommand, async (_, call) => complete(await call.toMoto()));

  cloud.handle(DeleteFunctionCommand, async (input, call) => {
    const configuration = await call
      .moto(LambdaClient)
      .send(new GetFunctionConfigurationCommand({ FunctionName: input.FunctionName }));
    const answer = await call.toMoto();
    if (!input.Qualifier) {
      kept.delete(unqualified(configuration.FunctionArn));
      await hooks.recycle(unqualified(configuration.FunctionArn));
    }
    return answer;
  });

  async function codeOf(code: FunctionCodeLocation | undefined, uri: string | undefined) {
    if (!uri) return code;
    const digest = await digestOf(uri);
    const repository = uri.split("@")[0]?.replace(/:[\w.-]+$/, "");
    return { ...code, ImageUri: uri, ...(digest ? { ResolvedImageUri: `${repository}@${digest}` } : {}) };
  }

  cloud.onReset(() => kept.clear());
  return { complete };
}

/** `arn:aws:lambda:<region>:<account>:function:<name>` without a version or alias. */
export function unqualified(arn: string | undefined): string {
  return (arn ?? "").split(":").slice(0, 7).join(":");
}
