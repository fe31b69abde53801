/** Secrets Manager where moto strays: a rotation without a function must not take the current value away. */
import { DescribeSecretCommand, RotateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
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
}
