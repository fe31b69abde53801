import assert from "node:assert/strict";
import { escapeHtml } from "../../images/web/src/page.ts";
import {
  bodyOf,
  bundleOnce,
  type ImageProcess,
  listen,
  listening,
  startImage,
  type TestServer,
  until,
} from "./processes.ts";

describe("the web image", () => {
  let api: TestServer;
  let image: ImageProcess;
  let url: string;
  let received: Record<string, unknown>[];
  let broken: "no" | "once" | "always";
  let traces: unknown[];

  before(() => bundleOnce("web"));
  beforeEach(async () => {
    received = [];
    traces = [];
    broken = "no";
    api = await listen(async (request, response) => {
      traces.push(request.headers["x-amzn-trace-id"]);
      if (broken !== "no") {
        if (broken === "once") broken = "no";
        request.socket.destroy();
        return;
      }
      response.setHeader("x-version", "v7");
      if (request.method === "GET") {
        response.end(JSON.stringify({ notes: [{ id: "1", text: "<b>bold</b>", createdAt: "2026-01-01T00:00:00Z" }] }));
        return;
      }
      const body = await bodyOf(request);
      received.push(body);
      if (body["text"] === "bad") response.writeHead(400).end(JSON.stringify({ error: "text: no <good>" }));
      else response.writeHead(201).end("{}");
    });
    const env = { HOST: "127.0.0.1", PORT: "0", VERSION: "v1", RELEASE: "abc", API_URL: `http://${api.host}` };
    image = startImage("web", env);
    url = await listening(image);
  });
  afterEach(async () => {
    image.child.kill("SIGTERM");
    assert.equal((await image.exit).code, 0);
    await api.close();
  });

  const submit = (text: string) =>
    fetch(url, { method: "POST", body: new URLSearchParams({ text }), redirect: "manual" });

  it("shows the api's notes, escaped, and both versions", async () => {
    const response = await fetch(url);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("x-version"), "v1");
    const page = await response.text();
    assert.match(page, /<li>&lt;b&gt;bold&lt;\/b&gt;/);
    assert.match(page, /web v1, api v7/);
  });

  it("passes the form on to the api and goes back to the page", async () => {
    const response = await submit("hello");
    assert.equal(response.status, 303);
    assert.equal(response.headers.get("location"), "/");
    assert.deepEqual(received, [{ text: "hello" }]);
  });

  it("shows what the api refuses", async () => {
    const response = await submit("bad");
    assert.equal(response.status, 400);
    assert.match(await response.text(), /text: no &lt;good&gt;/);
  });

  it("reads once more when the connection broke, and answers 502 when that fails too", async () => {
    broken = "once";
    assert.equal((await fetch(url)).status, 200);
    broken = "always";
    const response = await fetch(url);
    assert.equal(response.status, 502);
    assert.match(await response.text(), /cannot be read right now/);
  });

  describe("asked with the balancer's id of a request", () => {
    const trace = "1-67891233-abcdef012345678912345678";
    const given = { "x-amzn-trace-id": `Self=1-67891234-12456789abcdef012345678;Root=${trace};CalledFrom=app` };

    it("has the api told of it, and each of its lines", async () => {
      await fetch(url, { headers: given });
      await fetch(url, {
        method: "POST",
        body: new URLSearchParams({ text: "hello" }),
        headers: given,
        redirect: "manual",
      });
      assert.deepEqual(traces, [`Root=${trace}`, `Root=${trace}`]);
      broken = "always";
      await fetch(url, { headers: given });
      const line = await until(() => /^\{.*"level":"error".*\}$/m.exec(image.output())?.[0], image.output);
      const { message, trace: told } = JSON.parse(line) as Record<string, unknown>;
      assert.deepEqual([message, told], ["the api did not answer", trace]);
    });

    it("passes on none that is none, and none of one request with another", async () => {
      const all = [given, {}, { "x-amzn-trace-id": 'Root=1-2;x"' }].map((headers) => fetch(url, { headers }));
      await Promise.all(all);
      assert.deepEqual(traces.map(String).sort(), [`Root=${trace}`, "undefined", "undefined"]);
    });
  });

  it("is healthy whatever the api does, so that one service's outage does not stop the other's tasks", async () => {
    broken = "always";
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
  });
});

describe("escapeHtml", () => {
  it("leaves no character that ends a text or an attribute", () => {
    assert.equal(escapeHtml(`<a href="x">'&'</a>`), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  });
});
