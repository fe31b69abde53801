import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { startPostgres, type TestPostgres } from "../../../images/postgres.ts";
import { bodyOf, bundleOnce, listen, startImage, type TestServer, until } from "../../../images/processes.ts";

describe("the migrate image", () => {
  let postgres: TestPostgres;
  let env: Record<string, string>;

  before(async () => {
    [postgres] = await Promise.all([startPostgres(), bundleOnce("migrate")]);
  });
  after(() => postgres.stop());
  beforeEach(async () => {
    env = {
      DATABASE_HOST: "127.0.0.1",
      DATABASE_PORT: String(postgres.port),
      DATABASE_NAME: await postgres.createDatabase(),
      NODE_EXTRA_CA_CERTS: postgres.caFile,
      MASTER_SECRET: JSON.stringify({ username: "master", password: postgres.password }),
      APP_SECRET: JSON.stringify({ password: "app's password" }),
    };
  });

  describe("as a one-off task", () => {
    it("applies the expand migrations, prints the answer and exits 0", async () => {
      const { code, output } = await startImage("migrate", env).exit;
      assert.equal(code, 0, output);
      const answer = JSON.parse(output.trim().split("\n").at(-1) ?? "");
      assert.deepEqual(answer.pending, []);
      assert.ok(answer.ran.includes("0001_create_notes"));
    });

    it("takes a request as its argument", async () => {
      const { code, output } = await startImage("migrate", env, ['{"action":"status"}']).exit;
      assert.equal(code, 0, output);
      assert.deepEqual(JSON.parse(output).applied, []);
    });

    for (const [title, change, expected] of [
      ["an argument that is not a request", {}, /action: expected/],
      ["a missing secret", { APP_SECRET: "" }, /APP_SECRET_ARN is not set/],
      ["a secret without a password", { MASTER_SECRET: '{"username":"m"}' }, /MASTER_SECRET_ARN: the secret has no/],
      ["a secret that is no JSON", { APP_SECRET: "hunter2" }, /APP_SECRET_ARN: the secret is not a JSON object/],
      ["a certificate nobody trusts", { NODE_EXTRA_CA_CERTS: "" }, /self-signed certificate/],
      ["a wrong password", { MASTER_SECRET: '{"username":"master","password":"hunter2"}' }, /authentication failed/],
    ] as const) {
      it(`exits 1 on ${title}, and tells no secret`, async () => {
        const argument = title.startsWith("an argument") ? ["{}"] : [];
        const { code, output } = await startImage("migrate", { ...env, ...change }, argument).exit;
        assert.equal(code, 1);
        assert.match(output, expected);
        assert.doesNotMatch(output, /hunter2|master's password|app's password/);
      });
    }
  });

  it("reads its secrets from Secrets Manager by their ARNs", async () => {
    const secrets: Record<string, string | undefined> = { master: env["MASTER_SECRET"], app: env["APP_SECRET"] };
    const manager = await listen(async (request, response) => {
      assert.equal(request.headers["x-amz-target"], "secretsmanager.GetSecretValue");
      const { SecretId } = await bodyOf(request);
      response.end(JSON.stringify({ SecretString: secrets[String(SecretId)] }));
    });
    const { MASTER_SECRET: _, APP_SECRET: __, ...rest } = env;
    const { code, output } = await startImage("migrate", {
      ...rest,
      MASTER_SECRET_ARN: "master",
      APP_SECRET_ARN: "app",
      AWS_ENDPOINT_URL: `http://${manager.host}`,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    }).exit;
    await manager.close();
    assert.equal(code, 0, output);
  });

  describe("as a function", () => {
    it("answers one invocation after another in one process, errors with their type", async () => {
      const runtime = await startRuntime();
      const image = startImage("migrate", { ...env, AWS_LAMBDA_RUNTIME_API: runtime.server.host });
      const apply = { action: "apply", phase: "expand", runId: "run-1" };
      const first = await runtime.invoke(apply);
      assert.equal(first.outcome, "response");
      assert.equal(first.body["runId"], "run-1");
      assert.deepEqual(await runtime.invoke(apply), first);
      const refused = await runtime.invoke({ action: "drop" });
      assert.equal(refused.outcome, "error");
      assert.equal(refused.body["errorType"], "InvalidRequest");
      assert.deepEqual((await runtime.invoke({ action: "status" })).body["pending"], []);
      image.child.kill("SIGKILL");
      await image.exit;
      await runtime.server.close();
    });
  });
});

interface Outcome {
  readonly outcome: string;
  readonly body: Record<string, unknown>;
}

/** The Lambda runtime API, as far as a function meets it. */
async function startRuntime(): Promise<{ server: TestServer; invoke(event: unknown): Promise<Outcome> }> {
  let waiting: ServerResponse | undefined;
  let outcome: Outcome | undefined;
  let id = 0;
  const server = await listen(async (request, response) => {
    const path = /^\/2018-06-01\/runtime\/invocation\/(next|(\d+)\/(response|error))$/.exec(request.url ?? "");
    if (path?.[1] === "next") {
      waiting = response;
      return;
    }
    assert.equal(path?.[2], String(id));
    outcome = { outcome: path?.[3] ?? "", body: await bodyOf(request) };
    response.writeHead(202).end();
  });
  return {
    server,
    async invoke(event) {
      const next = await until(
        () => waiting,
        () => "the function did not ask for an invocation",
      );
      waiting = undefined;
      outcome = undefined;
      next.setHeader("lambda-runtime-aws-request-id", String(++id));
      next.setHeader("lambda-runtime-deadline-ms", String(Date.now() + 20_000));
      next.end(JSON.stringify(event));
      return until(
        () => outcome,
        () => "the function did not answer",
      );
    },
  };
}
