/** Values of a container's `secrets`, read as the ECS agent does before the container starts. */

import type { Secret } from "@aws-sdk/client-ecs";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { awsError, type CloudContext } from "../handlers.ts";

type Here = ReturnType<CloudContext["at"]>;

/** `arn:aws:secretsmanager:<region>:<account>:secret:<name>[:<json key>[:<version stage>[:<version id>]]]`. */
export function parseSecretReference(valueFrom: string): {
  readonly secret: string;
  readonly jsonKey?: string;
  readonly stage?: string;
  readonly version?: string;
} {
  const parts = valueFrom.split(":");
  const [jsonKey, stage, version] = parts.slice(7).map((part) => (part === "" ? undefined : part));
  return {
    secret: parts.slice(0, 7).join(":"),
    ...(jsonKey === undefined ? {} : { jsonKey }),
    ...(stage === undefined ? {} : { stage }),
    ...(version === undefined ? {} : { version }),
  };
}

/** The value under a key of a JSON secret; strings as they are, everything else as JSON. */
export function jsonMember(value: string, key: string, name: string): string {
  let member: unknown;
  try {
    member = (JSON.parse(value) as Record<string, unknown>)[key];
  } catch {
    throw initialization(
      `invalid character in the value of secret ${name}: it is not JSON, but key ${key} is asked for`,
    );
  }
  if (member === undefined)
    throw initialization(`retrieved secret from Secrets Manager did not contain json key ${key}`);
  return typeof member === "string" ? member : JSON.stringify(member);
}

function initialization(message: string): Error {
  return awsError("ResourceInitializationError", `unable to pull secrets or registry auth: ${message}`);
}

export async function resolveSecrets(
  cloud: Here,
  secrets: readonly Secret[] | undefined,
): Promise<Record<string, string>> {
  const entries = await Promise.all(
    (secrets ?? []).map(async ({ name = "", valueFrom = "" }) => [name, await resolve(cloud, valueFrom)] as const),
  );
  return Object.fromEntries(entries);
}

async function resolve(cloud: Here, valueFrom: string): Promise<string> {
  if (!valueFrom.startsWith("arn:") || !valueFrom.includes(":secretsmanager:")) return parameter(cloud, valueFrom);
  const { secret, jsonKey, stage, version } = parseSecretReference(valueFrom);
  let value: string | undefined;
  try {
    const command = new GetSecretValueCommand({
      SecretId: secret,
      VersionStage: stage ?? (version === undefined ? "AWSCURRENT" : undefined),
      VersionId: version,
    });
    value = (await cloud.moto(SecretsManagerClient).send(command)).SecretString;
  } catch (error) {
    throw initialization(`unable to retrieve secret from asm: ${secret}: ${(error as Error).message}`);
  }
  if (value === undefined) throw initialization(`secret ${secret} has no string value`);
  return jsonKey === undefined ? value : jsonMember(value, jsonKey, secret);
}

/** A Systems Manager parameter, by one plain call: its SDK client would be a package for this alone. */
async function parameter(cloud: Here, nameOrArn: string): Promise<string> {
  const Name = nameOrArn.startsWith("arn:") ? `/${nameOrArn.split(":parameter/")[1] ?? ""}` : nameOrArn;
  const authorization = `AWS4-HMAC-SHA256 Credential=sandbox/20260101/${cloud.region}/ssm/aws4_request, SignedHeaders=host, Signature=0`;
  const answer = await fetch(cloud.endpoint, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AmazonSSM.GetParameter", authorization },
    body: JSON.stringify({ Name, WithDecryption: true }),
  });
  const body = (await answer.json()) as { Parameter?: { Value?: string }; message?: string };
  if (body.Parameter?.Value === undefined) {
    throw initialization(`unable to retrieve parameter from ssm: ${Name}: ${body.message ?? answer.status}`);
  }
  return body.Parameter.Value;
}
