import { ECR } from "@aws-sdk/client-ecr";
import { ECRPUBLIC } from "@aws-sdk/client-ecr-public";
import type { Login } from "./token.ts";

/** The API of the registry a client has logged in to, with its credentials; pushes take and answer the same in both. */
export function registryOf({ registry, accessKeyId, sessionToken, region }: Login, endpoint: string): ECR {
  const credentials = { accessKeyId, secretAccessKey: "sandbox", ...(sessionToken && { sessionToken }) };
  const options = { endpoint, region, credentials, maxAttempts: 1 };
  return registry === "private" ? new ECR(options) : (new ECRPUBLIC(options) as unknown as ECR);
}
