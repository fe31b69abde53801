import type { Aws } from "./clients.ts";

export interface Caller {
  readonly account: string;
  readonly arn: string;
}

/** Whose credentials these are. */
export async function callerOf(aws: Aws): Promise<Caller> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-sts"), aws.client("sts")]);
  const { Account: account = "", Arn: arn = "" } = await client.send(new sdk.GetCallerIdentityCommand({}));
  return { account, arn };
}
