import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { classify, LoadClient } from "../../../sandbox/story/load/client.ts";
import { generateLoad } from "../../../sandbox/story/load/generator.ts";
import { mix } from "../../../sandbox/story/load/mix.ts";
import { type LoadResult, percentile } from "../../../sandbox/story/load/recorder.ts";
import { listen, type TestServer } from "../../images/processes.ts";

describe("the story's load", () => {
  let server: TestServer;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const sockets = new Set<unknown>();

  before(async () => {
    server = await listen((request, response) => {
      sockets.add(request.socket);
      answer(request, response);
    });
  });
  after(() => server.close());
  beforeEach(() => {
    sockets.clear();
    answer = (request, response) => answerRightly(request, response);
  });

  function generate(options: Partial<Parameters<typeof generateLoad>[0]> = {}): Promise<LoadResult> {
    return generateLoad({
      client: new LoadClient(`http://${server.host}`),
      rate: 1_000,
      maxRequests: 100,
      maxSeconds: 10,
      signal: new AbortController().signal,
      ...options,
    });
  }

  it("sends every kind of its mix, in proportion, and counts versions", async () => {
    const result = await generate();
    assert.deepEqual([result.requests, result.failed, result.skipped], [100, 0, 0]);
    assert.deepEqual(result.versions, { v1: 100 });
    assert.deepEqual(result.kinds, {
      "GET /api/notes, keep-alive": 40,
      "GET /, keep-alive": 10,
      "POST /api/notes, keep-alive": 10,
      "GET /api/notes, new": 10,
      "GET /, new": 10,
      "POST /, keep-alive": 10,
      "POST /api/notes, new": 10,
    });
  });

  it("opens a connection for each request that asks for one, and shares the others", async () => {
    await generate();
    const opened = mix.filter(({ connection }) => connection === "new").length * 10;
    assert.ok(sockets.size > opened && sockets.size < 100, `${sockets.size} connections`);
  });

  it("ends at its bounds of requests and of time", async () => {
    assert.equal((await generate({ maxRequests: 7 })).requests, 7);
    const timed = await generate({ maxSeconds: 0.1, maxRequests: 1e6 });
    assert.ok(timed.requests > 10 && timed.requests <= 101, `${timed.requests} requests in 0.1 s at 1000 a second`);
  });

  it("ends when asked, and waits for what is in flight", async () => {
    const stop = new AbortController();
    answer = (request, response) => {
      stop.abort();
      setTimeout(() => answerRightly(request, response), 50);
    };
    const result = await generate({ signal: stop.signal });
    assert.ok(result.requests >= 1 && result.requests < 100);
    assert.equal(result.failed, 0);
  });

  for (const [reason, badly] of Object.entries<typeof answer>({
    "status 503": (_request, response) => response.writeHead(503, { "x-version": "v1" }).end(),
    "unexpected body": (request, response) => {
      const { expectedStatus } = kindOf(request);
      response.writeHead(expectedStatus, { "x-version": "v1" }).end("surprise");
    },
    "no version": (request, response) => answerRightly(request, response, {}),
    "connection reset": (request) => request.socket.destroy(),
  })) {
    it(`counts ${reason} as a failure, and does not try again`, async () => {
      let asked = 0;
      answer = (request, response) => {
        asked++;
        badly(request, response);
      };
      const result = await generate({ maxRequests: 20 });
      assert.equal(asked, 20);
      assert.equal(result.failed, 20);
      assert.deepEqual(result.failuresByReason, { [reason]: 20 });
      assert.equal(result.failures[0]?.failure, reason);
    });
  }

  it("counts a refused connection as a failure", async () => {
    const result = await generate({ client: new LoadClient("http://127.0.0.1:1"), maxRequests: 3 });
    assert.deepEqual(result.failuresByReason, { "connection refused": 3 });
  });

  it("counts an answer that does not come in time as a failure, and not one that itself was too late to read", async () => {
    answer = () => undefined;
    const silent = await generate({ client: new LoadClient(`http://${server.host}`, 100), maxRequests: 2 });
    assert.deepEqual(silent.failuresByReason, { timeout: 2 });
    let held = false;
    answer = (request, response) => {
      // Client and server are one process: neither gets to run for longer than the client's patience.
      if (!held) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
      held = true;
      answerRightly(request, response);
    };
    const paused = await generate({ client: new LoadClient(`http://${server.host}`, 200), maxRequests: 3 });
    assert.ok(held);
    assert.deepEqual(paused.failuresByReason, {});
  });

  it("skips requests instead of piling them up on a server that does not answer", async () => {
    const waiting: (() => void)[] = [];
    const released = new Promise<void>((resolve) => setTimeout(resolve, 300));
    answer = (request, response) => {
      waiting.push(() => answerRightly(request, response));
      void released.then(() => waiting.pop()?.());
    };
    const result = await generate({ rate: 5_000, maxRequests: 300 });
    assert.ok(result.skipped > 0);
    assert.equal(result.requests + result.skipped, 300);
    assert.equal(result.failed, 0);
  });

  describe("as a process", () => {
    let directory: string;
    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), "switchyard-load-"));
    });
    afterEach(() => rm(directory, { recursive: true }));

    for (const how of ["SIGTERM", "the end of its parent"]) {
      it(`ends on ${how} with its result written`, async () => {
        const out = join(directory, "load.json");
        const child = fork(join(import.meta.dirname, "../../../sandbox/story/load/main.ts"), [
          ...["--url", `http://${server.host}`, "--out", out, "--rate", "50"],
        ]);
        const [progress] = await once(child, "message");
        assert.ok(progress.requests > 0);
        if (how === "SIGTERM") child.kill("SIGTERM");
        else child.disconnect();
        assert.deepEqual(await once(child, "exit"), [0, null]);
        const result: LoadResult = JSON.parse(await readFile(out, "utf8"));
        assert.ok(result.requests >= progress.requests);
        assert.equal(result.seconds[0]?.second, 0);
      });
    }
  });
});

function kindOf(request: IncomingMessage) {
  const kind = mix.find(({ method, path }) => method === request.method && path === request.url);
  assert.ok(kind, `${request.method} ${request.url} is not in the mix`);
  return kind;
}

function answerRightly(
  request: IncomingMessage,
  response: ServerResponse,
  headers: Record<string, string> = { "x-version": "v1" },
): void {
  const bodies: Record<string, string> = {
    "GET /": "<h1>Notes</h1>",
    "POST /": "See Other. Redirecting to /",
    "GET /api/notes": '{"notes":[]}',
    "POST /api/notes": '{"note":{"id":"1"}}',
  };
  response.writeHead(kindOf(request).expectedStatus, headers).end(bodies[`${request.method} ${request.url}`]);
}

describe("classify", () => {
  it("names what users would call it", () => {
    const withCode = (code: string) => Object.assign(new Error("x"), { code });
    assert.equal(classify(withCode("EPIPE")), "connection reset");
    assert.equal(classify(withCode("ENOTFOUND")), "ENOTFOUND");
    assert.equal(classify("nothing"), "other");
  });
});

describe("percentile", () => {
  it("is the nearest rank", () => {
    const values = Array.from({ length: 200 }, (_, n) => 200 - n);
    assert.equal(percentile(values, 0.5), 100);
    assert.equal(percentile(values, 0.99), 198);
    assert.equal(percentile(values, 1), 200);
    assert.equal(percentile([7.26], 0.5), 7.3);
    assert.equal(percentile([], 0.5), 0);
  });
});
