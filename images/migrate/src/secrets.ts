import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { MigrateError } from "./request.ts";

/**
 * The JSON document of a secret: read from Secrets Manager by the ARN in `<name>_SECRET_ARN`, or as it stands in
 * `<name>_SECRET` where there is no Secrets Manager.
 */
export async function readSecret(name: "MASTER" | "APP"): Promise<Record<string, unknown>> {
  const arn = process.env[`${name}_SECRET_ARN`];
  const text = arn === undefined ? process.env[`${name}_SECRET`] : await fetchSecret(arn);
  if (text === undefined || text === "") {
    throw new MigrateError("InvalidConfiguration", `${name}_SECRET_ARN is not set. Set it to the secret's ARN`);
  }
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document === "object" && document !== null) return document as Record<string, unknown>;
  } catch {
    // The parser's message would quote the secret.
  }
  throw new MigrateError("InvalidConfiguration", `${name}_SECRET_ARN: the secret is not a JSON object`);
}

/** A secret's field, which must be text. */
export function secretField(secret: Record<string, unknown>, name: string, where: string): string {
  const value = secret[name];
  if (typeof value === "string" && value !== "") return value;
  throw new MigrateError("InvalidConfiguration", `${where}: the secret has no "${name}"`);
}

async function fetchSecret(arn: string): Promise<string | undefined> {
  const client = new SecretsManagerClient({});
  try {
    return (await client.send(new GetSecretValueCommand({ SecretId: arn }))).SecretString;
  } finally {
    client.destroy();
  }
}
