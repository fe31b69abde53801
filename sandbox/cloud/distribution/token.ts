/** What an image client logs in with: `AWS` and a token, which here holds the caller's own credentials and registry. */
import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";

const login = z.object({
  registry: z.enum(["private", "public"]),
  accessKeyId: z.string().min(1),
  sessionToken: z.string().optional(),
  region: z.string().min(1),
});
export type Login = z.infer<typeof login>;

/** Amazon ECR API reference, GetAuthorizationToken: base64 of `user:password`, valid for 12 hours. */
export function issueToken(
  registry: Login["registry"],
  { headers, region }: { readonly headers: IncomingHttpHeaders; readonly region: string },
): { readonly authorizationToken: string; readonly expiresAt: Date } {
  const [, accessKeyId = "sandbox"] = /Credential=([^/,]+)\//.exec(headers.authorization ?? "") ?? [];
  const sessionToken = headers["x-amz-security-token"]?.toString();
  const password = encode(JSON.stringify({ registry, accessKeyId, region, ...(sessionToken && { sessionToken }) }));
  return { authorizationToken: encode(`AWS:${password}`), expiresAt: new Date(Date.now() + 43_200_000) };
}

/** Undefined without a login, or with one that this cloud did not issue. */
export function readToken(authorization: string | undefined): Login | undefined {
  const [, basic] = /^Basic (.+)$/i.exec(authorization ?? "") ?? [];
  const [user, password] = decode(basic ?? "").split(":");
  if (user !== "AWS" || password === undefined) return undefined;
  try {
    return login.parse(JSON.parse(decode(password)));
  } catch {
    return undefined;
  }
}

const encode = (text: string) => Buffer.from(text).toString("base64");
const decode = (text: string) => Buffer.from(text, "base64").toString("utf8");
