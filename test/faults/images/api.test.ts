import assert from "node:assert/strict";
import { Agent, createServer as createHttpServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { connect as connectTcp, createServer, type Server, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { WebSocket } from "ws";
import { startPostgres, type TestPostgres } from "../../images/postgres.ts";
import { bundleOnce, type ImageProcess, listening, startImage, until } from "../../images/processes.ts";

describe("the api image", () => {
  let postgres: TestPostgres;
  let env: Record<string, string>;
  const images: ImageProcess[] = [];

  before(async () => {
    [postgres] = await Promise.all([startPostgres(), bundleOnce("api", "migrate")]);
    const database = await postgres.createDatabase();
    env = {
      HOST: "127.0.0.1",
      PORT: "0",
      VERSION: "v1",
      RELEASE: "abc",
      DATABASE_HOST: "127.0.0.1",
      DATABASE_PORT: String(postgres.port),
      DATABASE_NAME: database,
      DATABASE_USER: "app",
      DATABASE_PASSWORD: "app's password",
      NODE_EXTRA_CA_CERTS: postgres.caFile,
    };
    await migrateDatabase();
  });
  after(() => postgres.stop());
  afterEach(async () => {
    for (const image of images.splice(0)) {
      image.child.kill("SIGKILL");
      await image.exit;
    }
  });

  async function migrateDatabase(
    request: object = { action: "apply", phase: "expand", runId: "run-1" },
  ): Promise<void> {
    const secrets = {
      MASTER_SECRET: JSON.stringify({ username: "master", password: postgres.password }),
      APP_SECRET: JSON.stringify({ password: env["DATABASE_PASSWORD"] }),
    };
    const { code, output } = await startImage("migrate", { ...env, ...secrets }, [JSON.stringify(request)]).exit;
    assert.equal(code, 0, output);
  }

  const changeWrites = (to: "refused" | "allowed") => migrateDatabase({ action: "writes", to });

  async function startApi(change: Record<string, string> = {}): Promise<{ url: string; image: ImageProcess }> {
    const image = startImage("api", { ...env, ...change });
    images.push(image);
    return { url: await listening(image), image };
  }

  it("signs addresses to upload a file and to read it, for what was announced alone, and none where it keeps no files", async () => {
    const body = JSON.stringify({ type: "image/png", bytes: 4 });
    const post = (url: string, text: string) =>
      fetch(`${url}/api/files`, { method: "POST", headers: { "content-type": "application/json" }, body: text });
    const without = await startApi();
    assert.equal((await post(without.url, body)).status, 501);
    const { url } = await startApi({
      ...{ FILES_BUCKET: "acme-files", FILES_REGION: "eu-west-1" },
      ...{ AWS_ACCESS_KEY_ID: "any", AWS_SECRET_ACCESS_KEY: "any" },
    });
    const answer = await post(url, body);
    assert.equal(answer.status, 201);
    const upload = (await answer.json()) as { id: string; url: string; headers: object };
    const signed = new URL(upload.url);
    assert.equal(
      `${signed.origin}${signed.pathname}`,
      `https://acme-files.s3.eu-west-1.amazonaws.com/uploads/${upload.id}`,
    );
    assert.equal(signed.searchParams.get("X-Amz-SignedHeaders"), "content-length;content-type;host");
    assert.equal(signed.searchParams.get("X-Amz-Expires"), "300");
    assert.deepEqual(upload.headers, { "content-type": "image/png" });
    const read = await fetch(`${url}/api/files/${upload.id}`, { redirect: "manual" });
    assert.equal(read.status, 302);
    assert.ok(read.headers.get("location")?.startsWith(`${signed.origin}${signed.pathname}?`));
    for (const wrong of [
      "{}",
      '{"type":"image/png","bytes":0}',
      '{"type":"x","bytes":4}',
      '{"type":"a/b","bytes":1e9}',
    ])
      assert.equal((await post(url, wrong)).status, 400, wrong);
    const image = JSON.stringify({ type: "image/png", bytes: 4, public: true });
    assert.equal((await post(url, image)).status, 501, "there is no CDN");
    for (const id of ["1", "..%2Fx", "%2e%2e"]) assert.equal((await fetch(`${url}/api/files/${id}`)).status, 404, id);
  });

  it("signs addresses for public images below public/, which everybody may read at the CDN, and for no page", async () => {
    const { url } = await startApi({
      ...{ FILES_BUCKET: "acme-files", FILES_REGION: "eu-west-1", FILES_CDN: "https://d1.cloudfront.net" },
      ...{ AWS_ACCESS_KEY_ID: "any", AWS_SECRET_ACCESS_KEY: "any" },
    });
    const post = (body: object) =>
      fetch(`${url}/api/files`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ type: "image/png", bytes: 4, ...body }),
      });
    const made = (await (await post({ public: true })).json()) as Record<"id" | "url" | "publicUrl", string>;
    assert.equal(made.publicUrl, `https://d1.cloudfront.net/public/${made.id}`);
    assert.equal(new URL(made.url).pathname, `/public/${made.id}`);
    const kept = (await (await post({})).json()) as Record<string, string>;
    assert.deepEqual([kept["publicUrl"], new URL(String(kept["url"])).pathname], [undefined, `/uploads/${kept["id"]}`]);
    for (const wrong of [
      { public: "yes" },
      { public: true, type: "text/html" },
      { public: true, type: "image/svg+xml" },
    ])
      assert.equal((await post(wrong)).status, 400, JSON.stringify(wrong));
  });

  it("mails the notes to the address it is configured with, and says so where it has none", async () => {
    const sent: string[] = [];
    const ses = createHttpServer(async (request, response) => {
      sent.push(`${request.method} ${request.url} ${await text(request)}`);
      response.writeHead(200, { "content-type": "application/json" }).end('{"MessageId":"m-1"}');
    });
    await new Promise<void>((listens) => ses.listen(0, "127.0.0.1", listens));
    try {
      const silent = await startApi();
      assert.equal((await fetch(`${silent.url}/api/notes/mail`, { method: "POST" })).status, 501);
      const { url } = await startApi({
        MAIL_FROM: "no-reply@mail.example.com",
        MAIL_REGION: "us-east-1",
        MAIL_TO: "team@example.com",
        AWS_ENDPOINT_URL: `http://127.0.0.1:${(ses.address() as AddressInfo).port}`,
        AWS_ACCESS_KEY_ID: "any",
        AWS_SECRET_ACCESS_KEY: "any",
      });
      const answer = await fetch(`${url}/api/notes/mail`, { method: "POST" });
      assert.deepEqual([answer.status, await answer.json()], [202, { mail: "m-1" }]);
      assert.equal(sent.length, 1);
      assert.match(
        String(sent[0]),
        /^POST \/v2\/email\/outbound-emails .*no-reply@mail\.example\.com.*team@example\.com/,
      );
    } finally {
      ses.close();
    }
  });

  const post = (url: string, body: unknown) =>
    fetch(`${url}/api/notes`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });

  it("keeps notes in the database and names its version and release on every response", async () => {
    const { url } = await startApi();
    const added = await post(url, { text: "first" });
    assert.equal(added.status, 201);
    const { note } = (await added.json()) as { note: { id: string; text: string } };
    const listed = await fetch(`${url}/api/notes`);
    assert.deepEqual((await listed.json()) as unknown, { notes: [note] });
    for (const response of [added, listed, await fetch(`${url}/nothing`)]) {
      assert.equal(response.headers.get("x-version"), "v1");
      assert.equal(response.headers.get("x-release"), "abc");
    }
  });

  for (const [title, body] of [
    ["no text", {}],
    ["text that is no string", { text: 7 }],
    ["empty text", { text: " " }],
    ["too long a text", { text: "x".repeat(501) }],
    ["a body that is no object", "text"],
  ] as const) {
    it(`refuses ${title} and names the field`, async () => {
      const { url } = await startApi();
      const response = await post(url, body);
      assert.equal(response.status, 400);
      const { error } = (await response.json()) as { error: string };
      if (typeof body === "object") assert.match(error, /^text: /);
    });
  }

  it("is ready when the database has the schema, and stays in service when the database goes away later", async () => {
    const database = await startProxy(postgres.port);
    const { url } = await startApi({ DATABASE_PORT: String(database.port) });
    const healthy = await fetch(`${url}/api/healthz`);
    assert.deepEqual([healthy.status, await healthy.json()], [200, { ready: true, database: "ok" }]);
    await database.close();
    const later = await fetch(`${url}/api/healthz`);
    assert.equal(later.status, 200);
    assert.match(((await later.json()) as { database: string }).database, /ECONNREFUSED|terminated/);
  });

  it("is not ready without the schema, and says which part is missing", async () => {
    const { url, image } = await startApi({ DATABASE_NAME: await postgres.createDatabase() });
    const response = await fetch(`${url}/api/healthz`);
    assert.equal(response.status, 503);
    assert.equal(((await response.json()) as { ready: boolean }).ready, false);
    assert.match(image.output(), /"level":"error","message":"not ready.*relation \\"notes\\" does not exist/);
  });

  it("does not talk to a database whose certificate it cannot verify", async () => {
    const { url } = await startApi({ NODE_EXTRA_CA_CERTS: "" });
    const response = await fetch(`${url}/api/healthz`);
    assert.equal(response.status, 503);
    assert.match(((await response.json()) as { database: string }).database, /self-signed certificate/);
  });

  it("tries once more when a connection broke", async () => {
    const database = await startProxy(postgres.port);
    const { url, image } = await startApi({ DATABASE_PORT: String(database.port), DATABASE_POOL_SIZE: "1" });
    assert.equal((await fetch(`${url}/api/notes`)).status, 200);
    database.breakOnNextData();
    assert.equal((await post(url, { text: "after a break" })).status, 201);
    assert.match(image.output(), /trying once more/);
    await database.close();
  });

  it("answers a write with 503 and Retry-After while the database takes none, and goes on reading", async () => {
    const { url } = await startApi();
    await changeWrites("refused");
    const refused = await post(url, { text: "too late" });
    assert.equal(refused.status, 503);
    assert.match(refused.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
    assert.match(((await refused.json()) as { error: string }).error, /reading works/);
    assert.equal((await fetch(`${url}/api/notes`)).status, 200);
    await changeWrites("allowed");
    assert.equal((await post(url, { text: "in time" })).status, 201);
  });

  it("finishes the request in flight on SIGTERM, takes no new one, and exits 0", async () => {
    const { url, image } = await startApi();
    const agent = new Agent({ keepAlive: true });
    const slow = get(`${url}/api/slow?ms=1500`, agent);
    await get(`${url}/api/healthz`, agent);
    image.child.kill("SIGTERM");
    await until(() => (image.output().includes("SIGTERM") ? true : undefined), image.output);
    await assert.rejects(fetch(`${url}/api/notes`), /fetch failed/);
    const answer = await slow;
    assert.deepEqual([answer.status, answer.body], [200, '{"waitedMs":1500}']);
    assert.equal(answer.connection, "close");
    assert.equal((await image.exit).code, 0);
    agent.destroy();
  });

  it("bounds /api/slow", async () => {
    const { url } = await startApi();
    for (const ms of ["-1", "120001", "soon"]) assert.equal((await fetch(`${url}/api/slow?ms=${ms}`)).status, 400);
  });

  it("echoes on a websocket until it is stopped, then says goodbye", async () => {
    const { url, image } = await startApi();
    const socket = new WebSocket(`${url.replace("http", "ws")}/api/echo`);
    const upgraded = new Promise<string | undefined>((resolve) => {
      socket.once("upgrade", (response) => resolve(String(response.headers["x-version"])));
    });
    await new Promise((resolve) => socket.once("open", resolve));
    assert.equal(await upgraded, "v1");
    const message = new Promise((resolve) => socket.once("message", (data) => resolve(String(data))));
    socket.send("hello");
    assert.equal(await message, "hello");
    const closed = new Promise((resolve) => socket.once("close", resolve));
    image.child.kill("SIGTERM");
    assert.equal(await closed, 1001);
    assert.equal((await image.exit).code, 0);
  });

  it("does not start without its database's address", async () => {
    const { DATABASE_HOST: _, ...rest } = env;
    const { code, output } = await startImage("api", rest).exit;
    assert.equal(code, 1);
    assert.match(output, /DATABASE_HOST is not set/);
  });
});

function get(url: string, agent: Agent): Promise<{ status: number; body: string; connection: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { agent }, async (response) => {
      const { statusCode = 0, headers } = response;
      resolve({ status: statusCode, body: await text(response), connection: headers.connection ?? "" });
    });
    request.on("error", reject);
    request.end();
  });
}

/** A TCP proxy in front of the database, to break connections in a way a failover does. */
async function startProxy(target: number): Promise<{ port: number; breakOnNextData(): void; close(): Promise<void> }> {
  let breaking = false;
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const upstream = connectTcp(target, "127.0.0.1");
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on("data", (chunk) => {
      if (!breaking) upstream.write(chunk);
      else client.destroy();
      breaking = false;
    });
    upstream.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    breakOnNextData: () => {
      breaking = true;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
