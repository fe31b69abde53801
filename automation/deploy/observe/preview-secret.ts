import { SwitchyardError } from "../../../programs/errors.ts";
import type { Aws } from "../../aws/clients.ts";

/**
 * What a preview rule may ask for: `*` and `?` would be wildcards, and a header's values are at most 128 characters (Elastic
 * Load Balancing, "Condition types for listener rules").
 */
const fitting = /^[!-)+->@-~]{1,128}$/;

/**
 * The value that the preview rules ask for.
 *
 * @throws SwitchyardError `invalid-config` when no rule should ask for what the secret holds.
 */
export async function previewSecret(aws: Aws, secretArn: string): Promise<string> {
  const value = await currentValue(aws, secretArn);
  if (fitting.test(value)) return value;
  throw new SwitchyardError("invalid-config", {
    what: "its value is not one to 128 printable characters without space, * and ?",
    where: `preview secret ${secretArn}`,
    fix: "`switchyard up <stack> --refresh` moves AWSCURRENT back to the version that was made with the secret",
  });
}

/** What the secret holds; undefined where there is none, or nothing in it. */
export async function previewSecretThere(aws: Aws, arn: string): Promise<string | undefined> {
  try {
    return (await currentValue(aws, arn)) || undefined;
  } catch (error) {
    if (error instanceof SwitchyardError && error.code !== "not-found") throw error;
    if (/ResourceNotFound|InvalidRequest/.test((error as Error).name)) return undefined;
    throw error;
  }
}

/** What preview rules should ask for; undefined where that cannot be read, which is to keep nobody from putting the rest back. */
export async function previewSecretWanted(aws: Aws, arn: string): Promise<string | undefined> {
  const value = await previewSecretThere(aws, arn).catch(() => undefined);
  return value !== undefined && fitting.test(value) ? value : undefined;
}

async function currentValue(aws: Aws, secretArn: string): Promise<string> {
  const { GetSecretValueCommand } = await import("@aws-sdk/client-secrets-manager");
  const secrets = await aws.client("secrets");
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: secretArn }));
  return SecretString ?? "";
}
