/**
 * A GitHub App's way to GitHub: what it is known by is signed with its key, and exchanged for a token of an hour (GitHub's
 * documentation, "Generating a JSON Web Token (JWT) for a GitHub App", "Generating an installation access token").
 */
import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import { z } from "zod";
import { SwitchyardError } from "../../programs/errors.ts";
import { clientOf, type Environment, type Identity } from "./client.ts";
import { githubRefusal, isRequestFailure } from "./refusals.ts";

/** What a token may do at most, by GitHub's names; that it may read a repository's metadata goes without saying. */
export type Permissions = Readonly<Record<string, "read" | "write">>;

export interface AppKey {
  readonly appId: string;
  readonly installationId: string;
  readonly key: KeyObject;
}

const number = z.union([z.string().regex(/^\d{1,15}$/), z.number().int().positive()]).transform(String);
const form = z.strictObject({
  appId: z.union([number, z.string().regex(/^Iv[\w.]{1,40}$/)]),
  installationId: number,
  privateKey: z.string().min(1),
});

/** Whether a secret is an App's, and no token: GitHub's tokens begin with no brace. */
export function isApp(secret: string): boolean {
  return secret.trimStart().startsWith("{");
}

/**
 * @param where names the secret, for what is said of it
 * @throws SwitchyardError `github-refused`, naming the member and never what it holds.
 */
export function readApp(secret: string, where: string): AppKey {
  const unusable = (what: string) =>
    new SwitchyardError("github-refused", {
      ...{ what, where },
      fix: 'let the secret be a token, or {"appId": "…", "installationId": "…", "privateKey": "-----BEGIN …"} (docs/runner.md)',
    });
  let given: unknown;
  try {
    given = JSON.parse(secret);
  } catch {
    // The parser's message would quote it.
    throw unusable("it begins as JSON, and is none");
  }
  const { success, data, error } = form.safeParse(given);
  if (!success) {
    const [issue] = error.issues;
    const member = issue?.code === "unrecognized_keys" ? "a member that is none of its three" : issue?.path.join(".");
    throw unusable(`${member || "the whole"} is not usable`);
  }
  try {
    return { appId: data.appId, installationId: data.installationId, key: rsa(data.privateKey) };
  } catch {
    throw unusable("privateKey is no RSA key in PEM form");
  }
}

function rsa(pem: string): KeyObject {
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== "rsa") throw new Error("it is of another kind");
  return key;
}

/** Seconds: GitHub takes no claim that is valid for more than ten minutes, and clocks may differ by one. */
const [backdated, valid] = [60, 540];

/** What an App is known by. @param now milliseconds since 1970 */
export function claimOf({ appId, key }: AppKey, now: number): string {
  const seconds = Math.floor(now / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claim = { iat: seconds - backdated, exp: seconds + valid, iss: appId };
  const text = `${part({ alg: "RS256", typ: "JWT" })}.${part(claim)}`;
  return `${text}.${sign("RSA-SHA256", Buffer.from(text), key).toString("base64url")}`;
}

/** Milliseconds before a token's end that another takes its place: longer than any call waits. */
export const renewedBefore = 10 * 60_000;

export interface AppIdentity extends Identity {
  readonly login: string;
  /** Milliseconds since 1970 of the newest token's end. */
  expires(): number;
}

/**
 * Speaks as an App, of one repository and with the least rights. A token is kept until shortly before its end.
 *
 * @throws SwitchyardError `github-refused` where GitHub does not know the App or its installation, or gives it less.
 */
export async function openApp(
  app: AppKey,
  permissions: Permissions,
  env: Environment,
  {
    pace = 1,
    now = Date.now,
    tell = () => undefined,
  }: {
    readonly pace?: number;
    readonly now?: () => number;
    readonly tell?: (line: string) => void;
  } = {},
): Promise<AppIdentity> {
  const call = clientOf({ token: async () => claimOf(app, now()) }, env, pace, tell);
  const repository = env["GITHUB_REPOSITORY"]?.split("/")[1] ?? "";
  const exchange = async () => {
    const { data } = await call.request("POST /app/installations/{installation_id}/access_tokens", {
      ...{ installation_id: Number(app.installationId), repositories: [repository], permissions },
    });
    return { token: data.token, ends: Date.parse(data.expires_at) };
  };
  const slug = await call.request("GET /app").then(({ data }) => data?.slug ?? "", refuse);
  let kept = await exchange().catch(refuse);
  return {
    login: `${slug}[bot]`,
    expires: () => kept.ends,
    async token() {
      if (now() >= kept.ends - renewedBefore) kept = await exchange().catch(refuse);
      return kept.token;
    },
  };
}

function refuse(error: unknown): never {
  const refusal = githubRefusal(error);
  if (refusal === undefined || !isRequestFailure(error)) throw error;
  const fix = fixes[error.status];
  throw fix === undefined
    ? refusal
    : new SwitchyardError("github-refused", { what: refusal.what, where: refusal.where, fix, cause: error });
}

/** By what GitHub answers. */
const fixes: Readonly<Record<number, string>> = {
  401: "check appId and privateKey of the secret: the key may be revoked, or of another App; and this machine's clock",
  404: "check installationId of the secret: the App may be uninstalled",
  422: "install the App on the repository that GITHUB_REPOSITORY names, with the permissions that docs/runner.md lists",
};

/** As whom a secret speaks: a token as itself, an App's by tokens of its own. */
export async function identityOf(
  secret: string,
  where: string,
  ...opened: [Permissions, Environment, Parameters<typeof openApp>[3]]
): Promise<Identity> {
  return isApp(secret) ? openApp(readApp(secret, where), ...opened) : { token: async () => secret };
}
