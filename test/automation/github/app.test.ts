import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { claimOf, identityOf, isApp, openApp, readApp, renewedBefore } from "../../../automation/github/app.ts";
import { openGithub } from "../../../automation/github/client.ts";
import { ownLogin } from "../../../automation/github/comments.ts";

const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
const privateKey = keys.privateKey.export({ type: "pkcs1", format: "pem" }).toString();
const secret = JSON.stringify({ appId: "1234", installationId: 5678, privateKey });
const least = { contents: "read" } as const;

/** What a claim says, where its signature is the App's. */
function claimed(token: string): Record<string, unknown> {
  const [head = "", body = "", signature = ""] = token.split(".");
  const [signed, by] = [
    Buffer.from(`${head}.${body}`),
    createPublicKey(keys.publicKey.export({ type: "spki", format: "pem" })),
  ];
  assert.ok(verify("RSA-SHA256", signed, by, Buffer.from(signature, "base64url")), "the signature is not the App's");
  const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
  return { ...read(head), ...read(body) };
}

describe("the secret of a GitHub App", () => {
  it("is told from a token", () => {
    assert.deepEqual([isApp(secret), isApp(`\n${secret}`), isApp("ghp_abc"), isApp("")], [true, true, false, false]);
  });

  it("is read with a key as GitHub gives it, or in PKCS #8, and an App's client ID for its number", () => {
    const pkcs8 = keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const given = { appId: "Iv23liABC", installationId: "5678", privateKey: pkcs8 };
    const { appId, installationId } = readApp(JSON.stringify(given), "x");
    assert.deepEqual([appId, installationId], ["Iv23liABC", "5678"]);
  });

  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" });
  for (const [what, given, says] of [
    ["half a JSON", secret.slice(0, -1), /^the secret: it begins as JSON, and is none/],
    ["no appId", JSON.stringify({ installationId: 1, privateKey }), /: appId is not usable/],
    [
      "a name for a number",
      JSON.stringify({ appId: 1, installationId: "acme", privateKey }),
      /: installationId is not/,
    ],
    ["no key", JSON.stringify({ appId: 1, installationId: 1, privateKey: "hush" }), /: privateKey is no RSA key/],
    [
      "another kind of key",
      JSON.stringify({ appId: 1, installationId: 1, privateKey: ec }),
      /: privateKey is no RSA key/,
    ],
    ["another member", JSON.stringify({ ...JSON.parse(secret), hush: 1 }), /: a member that is none of its three/],
  ] as const)
    it(`is refused with ${what}, by the member and never by what it holds`, () => {
      assert.throws(
        () => readApp(given, "the secret"),
        (error: Error) => says.test(error.message) && !/hush|PRIVATE KEY-/.test(error.message),
      );
    });
});

describe("a GitHub App", () => {
  const calls: { readonly line: string; readonly claim: Record<string, unknown>; readonly body: unknown }[] = [];
  let now = Date.parse("2026-11-29T12:00:00Z");
  let refuses: number | undefined;
  let made = 0;
  /** Stands in for GitHub. */
  const server = createServer(async (request, response) => {
    const line = `${request.method} ${request.url}`;
    const given = request.headers.authorization?.replace("Bearer ", "") ?? "";
    const body = await text(request);
    response.setHeader("content-type", "application/json");
    const answer = (status: number, json: object) => response.writeHead(status).end(JSON.stringify(json));
    if (line === "GET /repos/acme/platform") return answer(200, { private: true, full_name: given });
    calls.push({ line, claim: claimed(given), body: body === "" ? undefined : JSON.parse(body) });
    if (refuses !== undefined) return answer(refuses, { message: "no" });
    if (line === "GET /app") return answer(200, { slug: "acme-switchyard" });
    made += 1;
    return answer(201, { token: `ghs_${made}`, expires_at: new Date(now + 3_600_000).toISOString() });
  });
  let env: Record<string, string>;
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const GITHUB_API_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    env = { GITHUB_API_URL, GITHUB_REPOSITORY: "acme/platform" };
  });
  after(() => server.close());
  beforeEach(() => {
    calls.length = 0;
    refuses = undefined;
    made = 0;
  });
  const open = () => openApp(readApp(secret, "x"), least, env, { pace: 0.001, now: () => now });

  it("makes itself known by a claim that GitHub takes: signed by its key, and valid for less than ten minutes", () => {
    const { alg, iss, iat, exp } = claimed(claimOf(readApp(secret, "x"), now));
    assert.deepEqual([alg, iss], ["RS256", "1234"]);
    assert.ok(Number(iat) <= now / 1000 - 60 && Number(exp) > now / 1000 && Number(exp) - Number(iat) <= 600);
  });

  it("is given a token of its repository alone, with the least rights, and knows its own login", async () => {
    const app = await open();
    assert.deepEqual([await app.token(), app.login], ["ghs_1", "acme-switchyard[bot]"]);
    const exchanged = calls.find(({ line }) => line.startsWith("POST"));
    assert.equal(exchanged?.line, "POST /app/installations/5678/access_tokens");
    assert.deepEqual(exchanged?.body, { repositories: ["platform"], permissions: least });
    assert.equal(exchanged?.claim["iss"], "1234");
  });

  it("keeps a token until shortly before its end, and calls with the next one then", async () => {
    const github = openGithub(env, 0.001, () => undefined, await open());
    const asked = async () => (await github.call.request("GET /repos/acme/platform")).data.full_name;
    assert.deepEqual([await asked(), await asked(), await github.token()], ["ghs_1", "ghs_1", "ghs_1"]);
    now += 3_600_000 - renewedBefore - 1;
    assert.equal(await asked(), "ghs_1");
    now += 1;
    assert.deepEqual([await asked(), await asked(), made], ["ghs_2", "ghs_2", 2]);
    assert.equal(await ownLogin(github), "acme-switchyard[bot]");
  });

  for (const [status, says] of [
    [401, /answered 401.*Check appId and privateKey/],
    [404, /answered 404.*Check installationId/],
    [422, /answered 422.*Install the App on the repository/],
  ] as const)
    it(`says what to check where GitHub answers ${status}, and nothing of its key`, async () => {
      refuses = status;
      const error = await open().catch((thrown: Error) => thrown);
      assert.equal((error as { code?: string }).code, "github-refused");
      assert.match((error as Error).message, says);
      assert.doesNotMatch((error as Error).message, /eyJ|PRIVATE/);
    });

  it("is asked for nothing where the secret is a token", async () => {
    const identity = await identityOf("ghp_plain", "x", least, env, {});
    assert.deepEqual([await identity.token(), identity.login, calls.length], ["ghp_plain", undefined, 0]);
  });
});
