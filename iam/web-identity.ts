import { decide } from "./decide.ts";
import type { PolicyDocument } from "./document.ts";

/** What AWS STS looks at in a token of an OpenID Connect provider. */
export interface TokenClaims {
  /** As the provider's ARN names it, `token.actions.githubusercontent.com`. */
  readonly issuer: string;
  readonly sub?: string | undefined;
  readonly aud?: string | readonly string[] | undefined;
}

/**
 * Whether a role's trust lets the bearer of a token in: the keys are the issuer with `:aud` and `:sub` (IAM, "Available
 * keys for AWS OIDC federation").
 *
 * @param providerArn of the identity provider in the role's account
 */
export function trustsToken(trust: PolicyDocument, providerArn: string, { issuer, sub, aud }: TokenClaims): boolean {
  const account = providerArn.split(":")[4] ?? "";
  const claims = Object.entries({ sub, aud }).flatMap(([name, value]) =>
    value === undefined ? [] : [[`${issuer}:${name}`.toLowerCase(), value] as const],
  );
  const request = {
    caller: { kind: "Federated", id: providerArn },
    action: "sts:AssumeRoleWithWebIdentity",
    resource: "*",
    account,
    context: new Map(claims),
  } as const;
  return decide(trust, request, "resource") === "allow";
}
