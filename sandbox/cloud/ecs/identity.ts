import type { Enter } from "../access/sessions.ts";
import type { CloudContext } from "../handlers.ts";

/** What a container on Fargate finds in its environment: where AWS is, as whom it asks, and whom its database is proven by. */
export async function fargateIdentity(cloud: CloudContext, region: string): Promise<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: cloud.endpoint,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: "sandbox",
    AWS_SECRET_ACCESS_KEY: "sandbox",
    AWS_EXECUTION_ENV: "AWS_ECS_FARGATE",
    NODE_EXTRA_CA_CERTS: await cloud.databaseAuthority(),
  };
}

/** What it may do is what its role may; `switchyard` in a sandbox reads whose it is by a variable of its own. */
export async function roleIdentity(enter: Enter, roleArn: string, session: string): Promise<Record<string, string>> {
  const entered = await enter(roleArn, session);
  const { AWS_ACCESS_KEY_ID: key, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = entered;
  return { ...entered, SWITCHYARD_SANDBOX_CREDENTIALS: `${key}:${secret}:${token}` };
}
