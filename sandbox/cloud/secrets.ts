/**
 * Secrets Manager where moto strays: a rotation without a function must not take the current value away, and the current
 * value is where AWSCURRENT was moved to, not what was put last.
 */
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { awsError, type CloudContext } from "./handlers.ts";

export function installSecrets(cloud: CloudContext): void {
  cloud.handle(RotateSecretCommand, async (input, call) => {
    const secrets = call.moto(SecretsManagerClient);
    const described = await secrets.send(new DescribeSecretCommand({ SecretId: input.SecretId }));
    if (!input.RotationLambdaARN && !described.RotationLambdaARN) {
      const message = "No Lambda rotation function ARN is associated with this secret.";
      throw awsError("InvalidRequestException", message);
    }
    return call.toMoto();
  });
  cloud.handle(GetSecretValueCommand, async (input, call) => {
    if (input.VersionId !== undefined || input.VersionStage !== undefined) return call.toMoto();
    const current = new GetSecretValueCommand({ ...input, VersionStage: "AWSCURRENT" });
    return call.moto(SecretsManagerClient).send(current);
  });
}
