import { AssumeRoleWithWebIdentityCommand, STSClient } from "@aws-sdk/client-sts";

/** A token as GitHub's workflows have them, unsigned: the sandbox takes it for what it says. */
export function githubToken(claims: Readonly<Record<string, unknown>>): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const usual = { iss: "https://token.actions.githubusercontent.com", aud: "sts.amazonaws.com" };
  return `${part({ alg: "none" })}.${part({ ...usual, ...claims })}.unsigned`;
}

export interface SessionCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** Credentials of a role, taken with a workflow's token. */
export async function assumeWith(
  endpoint: string,
  roleArn: string,
  claims: Readonly<Record<string, unknown>>,
  durationSeconds?: number,
): Promise<SessionCredentials> {
  const sts = new STSClient({ endpoint, region: "us-east-1", maxAttempts: 1 });
  try {
    const { Credentials: given } = await sts.send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: roleArn,
        RoleSessionName: "workflow",
        WebIdentityToken: githubToken(claims),
        DurationSeconds: durationSeconds,
      }),
    );
    return {
      accessKeyId: given?.AccessKeyId ?? "",
      secretAccessKey: given?.SecretAccessKey ?? "",
      sessionToken: given?.SessionToken ?? "",
    };
  } finally {
    sts.destroy();
  }
}
