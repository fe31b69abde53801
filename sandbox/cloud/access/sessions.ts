/** Sessions of roles: who may open one, and whose a set of credentials is. */
import { GetOpenIDConnectProviderCommand, IAMClient } from "@aws-sdk/client-iam";
import { AssumeRoleCommand, AssumeRoleWithWebIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { decide } from "@switchyard/iam/decide.ts";
import { type TokenClaims, trustsToken } from "@switchyard/iam/web-identity.ts";
import { awsError, type CloudContext } from "../handlers.ts";
import { type RoleDocuments, roleDocuments } from "./documents.ts";

/** AWS makes it in a new account with AdministratorAccess, moto with nothing: its sessions are not limited. */
const administrator = "OrganizationAccountAccessRole";

export interface Session {
  readonly roleName: string;
  readonly roleArn: string;
  readonly account: string;
  /** `arn:aws:sts::<account>:assumed-role/<role>/<session>`. */
  readonly arn: string;
}

/** Opens a session for a service that runs something with a role, whose trust is the service's. @returns the variables of its credentials */
export type Enter = (roleArn: string, sessionName: string) => Promise<Readonly<Record<string, string>>>;

/**
 * Answers the two ways into a role. A token is taken for what it says: there is nobody here to sign one. A role that is
 * not there is an account's own, and is not limited.
 */
export function installSessions(cloud: CloudContext, sessions: Map<string, Session>): Enter {
  cloud.handle(AssumeRoleWithWebIdentityCommand, async (input, call) => {
    const { account, name } = partsOf(input.RoleArn);
    const iam = (await cloud.inAccount(account)).moto(IAMClient);
    const role = await roleDocuments(iam, name);
    const claims = claimsOf(input.WebIdentityToken ?? "", cloud.clock.now());
    const providerArn = `arn:aws:iam::${account}:oidc-provider/${claims.issuer}`;
    const found = await iam
      .send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: providerArn }))
      .catch(() => undefined);
    if (found === undefined)
      throw awsError(
        "InvalidIdentityToken",
        `No OpenIDConnect provider found in your account for https://${claims.issuer}`,
      );
    if (!(found.ClientIDList ?? []).some((id) => [claims.aud].flat().includes(id)))
      throw awsError("InvalidIdentityToken", "Incorrect token audience");
    if (role === undefined || !trustsToken(role.trust, providerArn, claims))
      throw awsError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403);
    refuseLonger(role, input.DurationSeconds);
    const answer = await call.toMoto();
    remember(sessions, answer.Credentials?.AccessKeyId, role, name, input.RoleSessionName);
    return answer;
  });

  cloud.handle(AssumeRoleCommand, async (input, call) => {
    const { account, name } = partsOf(input.RoleArn);
    const role = await roleDocuments((await cloud.inAccount(account)).moto(IAMClient), name);
    if (role !== undefined) {
      const caller = { kind: "AWS", arn: `arn:aws:iam::${call.account}:root`, account: call.account } as const;
      const request = { caller, action: "sts:AssumeRole", resource: role.arn, account, context: new Map() };
      if (decide(role.trust, request, "resource") !== "allow")
        throw awsError(
          "AccessDenied",
          `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${role.arn}`,
          403,
        );
      refuseLonger(role, input.DurationSeconds);
    }
    const answer = await call.toMoto();
    if (role !== undefined && name !== administrator)
      remember(sessions, answer.Credentials?.AccessKeyId, role, name, input.RoleSessionName);
    return answer;
  });

  return async (RoleArn, RoleSessionName) => {
    const { account, name } = partsOf(RoleArn);
    const { moto } = await cloud.inAccount(account);
    const role = await roleDocuments(moto(IAMClient), name);
    const { Credentials } = await moto(STSClient).send(new AssumeRoleCommand({ RoleArn, RoleSessionName }));
    if (role !== undefined) remember(sessions, Credentials?.AccessKeyId, role, name, RoleSessionName);
    return {
      AWS_ACCESS_KEY_ID: Credentials?.AccessKeyId ?? "",
      AWS_SECRET_ACCESS_KEY: Credentials?.SecretAccessKey ?? "",
      AWS_SESSION_TOKEN: Credentials?.SessionToken ?? "",
    };
  };
}

function remember(
  sessions: Map<string, Session>,
  accessKey: string | undefined,
  { arn }: RoleDocuments,
  roleName: string,
  sessionName: string | undefined,
): void {
  if (accessKey === undefined) return;
  const { account } = partsOf(arn);
  const session = `arn:aws:sts::${account}:assumed-role/${roleName}/${sessionName}`;
  sessions.set(accessKey, { roleName, roleArn: arn, account, arn: session });
}

function refuseLonger({ maxSessionSeconds }: RoleDocuments, seconds: number | undefined): void {
  if ((seconds ?? 3600) > maxSessionSeconds)
    throw awsError(
      "ValidationError",
      "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    );
}

function partsOf(roleArn: string | undefined): { readonly account: string; readonly name: string } {
  const [, account = "", path = ""] = /^arn:aws[a-z-]*:iam::(\d{12}):role\/(.+)$/.exec(roleArn ?? "") ?? [];
  return { account, name: path.split("/").at(-1) ?? "" };
}

function claimsOf(token: string, now: number): TokenClaims {
  try {
    const { iss, sub, aud, exp } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    if (exp !== undefined && Number(exp) * 1000 < now) throw awsError("ExpiredTokenException", "Token expired");
    return { issuer: String(iss).replace(/^https:\/\//, ""), sub, aud };
  } catch (error) {
    if (error instanceof SyntaxError)
      throw awsError("InvalidIdentityToken", "The ID Token provided is not a valid JWT");
    throw error;
  }
}
