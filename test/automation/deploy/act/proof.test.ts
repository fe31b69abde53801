import assert from "node:assert/strict";
import { type ProofOptions, prove } from "../../../../automation/deploy/act/proof.ts";
import type { Probe, StepResult } from "../../../../automation/deploy/decide/decision.ts";
import { environmentShape } from "../../../../automation/deploy/observe/shape.ts";
import type { SmokeCheck } from "../../../../programs/service-config.ts";
import { shapeWith, target } from "../fixtures.ts";

const shape = environmentShape("production", shapeWith(["web"]));
const preview: Probe = { kind: "prove-preview", service: "web", target: target("v2") };
const traffic = (percent: number): Probe => ({
  ...{ kind: "prove-traffic", service: "web", percent },
  ...{ target: target("v2"), others: ["web-v1"] },
});

interface Given {
  readonly release?: string | null;
  readonly status?: number;
  readonly body?: string;
  readonly ms?: number;
}

interface Asked {
  readonly path: string;
  readonly secret: string | null;
}

/** Proves against a load balancer whose n-th answer on a path is `answers(path, n)`; right in every way by default. */
async function proving(
  probe: Probe,
  answers: (path: string, n: number) => Given | undefined,
  change: Partial<ProofOptions> = {},
): Promise<{ ok: boolean; problem: string; asked: readonly Asked[]; ms: number; result: StepResult }> {
  let now = 0;
  const asked: Asked[] = [];
  const options: ProofOptions = {
    clock: {
      now: () => now,
      sleep: async (ms) => {
        now += ms;
      },
    },
    fetch: (async (url: string, init: RequestInit) => {
      const path = new URL(url).pathname;
      asked.push({ path, secret: new Headers(init.headers).get("x-switchyard-preview") });
      const n = asked.filter((a) => a.path === path).length;
      const { release = "web-v2", status = 200, body = "<html>", ms = 1 } = answers(path, n) ?? {};
      now += ms;
      return new Response(body, { status, headers: release === null ? {} : { "x-release": release } });
    }) as typeof fetch,
    shape,
    checks: {},
    consecutive: 3,
    previewSecret: async () => "secret",
    propagationMs: 10_000,
    signal: new AbortController().signal,
    ...change,
  };
  const result = await prove(probe, options);
  const { ok, problem = "" } = result;
  return { ok, problem, asked, ms: now, result };
}

/** What comes of a proof where every answer is of this release. */
async function result(probe: Probe, release: string): Promise<StepResult> {
  return (await proving(probe, () => ({ release }))).result;
}

const check = (change: Partial<SmokeCheck> = {}): SmokeCheck => ({
  path: "/page",
  status: 200,
  maxMs: 2000,
  ...change,
});
const checks = { web: [check({ bodyIncludes: "<html" })] };
const onPage = (given: (n: number) => Given | undefined) => (path: string, n: number) =>
  path === "/page" ? given(n) : undefined;

describe("the proof through the preview rule", () => {
  it("follows no redirect: the secret stays with the environment", async () => {
    const modes: unknown[] = [];
    const fetch = (async (_: string, init: RequestInit) => {
      modes.push(init.redirect);
      return new Response("", {
        status: 302,
        headers: { location: "https://elsewhere.example", "x-release": "web-v2" },
      });
    }) as typeof globalThis.fetch;
    const { ok, problem } = await proving(preview, () => undefined, { checks, fetch });
    assert.deepEqual([ok, new Set(modes)], [false, new Set(["manual"])]);
    assert.match(problem, /smoke check \/page answered 302, not 200/);
  });

  it("asks with the secret, so many times in a row, and each check as often", async () => {
    const { ok, asked } = await proving(preview, () => undefined, { checks });
    assert.equal(ok, true);
    assert.deepEqual(asked, [
      ...Array(3).fill({ path: "/web", secret: "secret" }),
      ...Array(3).fill({ path: "/page", secret: "secret" }),
    ]);
  });
  it("waits until the rule is in force, and begins anew after each wrong answer", async () => {
    const { ok, asked } = await proving(preview, (_, n) => (n === 1 || n === 3 ? { release: "web-v1" } : undefined));
    assert.equal(ok, true);
    assert.equal(asked.length, 6);
  });
  it("fails when another release keeps answering", async () => {
    const { ok, problem, ms } = await proving(preview, () => ({ release: "web-v1" }));
    assert.equal(ok, false);
    assert.match(problem, /web: http:\/\/production.example\/web answered release web-v1, not web-v2/);
    assert.ok(ms <= 10_000, `${ms} ms`);
  });
  it("fails when something without a release answers, or nothing well does", async () => {
    assert.match((await proving(preview, () => ({ release: null }))).problem, /answered release \(none\)/);
    assert.match((await proving(preview, () => ({ status: 503 }))).problem, /answered 503/);
  });
  it("lets one answer to a check be wrong, and counts anew", async () => {
    const { ok, asked } = await proving(
      preview,
      onPage((n) => (n === 3 ? { ms: 5_000 } : undefined)),
      { checks },
    );
    assert.equal(ok, true);
    assert.equal(asked.filter((a) => a.path === "/page").length, 6);
  });
  const wrong: [string, Given, RegExp][] = [
    ["status", { status: 404 }, /web: smoke check \/page answered 404, not 200/],
    ["body", { body: "oops" }, /the body does not hold "<html"/],
    ["latency", { ms: 2_001 }, /took 2001 ms, more than 2000 ms/],
  ];
  for (const [name, given, text] of wrong)
    it(`fails on the second answer of a wrong ${name}, without waiting`, async () => {
      const { ok, problem, asked } = await proving(
        preview,
        onPage((n) => (n % 2 === 0 ? given : undefined)),
        { checks },
      );
      assert.equal(ok, false);
      assert.match(problem, text);
      assert.equal(asked.filter((a) => a.path === "/page").length, 4);
    });
  for (const given of [{ release: "web-v1" }, { release: "web-v1", status: 404 }, { release: null, status: 503 }])
    it(`lets nodes answer ${JSON.stringify(given)} that do not know of the rule yet, until they have to`, async () => {
      const late = await proving(
        preview,
        onPage((n) => (n % 2 === 0 && n < 9 ? given : undefined)),
        { checks },
      );
      assert.deepEqual([late.ok, late.asked.filter((a) => a.path === "/page").length], [true, 11]);
      const never = await proving(
        preview,
        onPage((n) => (n % 2 === 0 ? given : undefined)),
        { checks },
      );
      assert.equal(never.ok, false);
      assert.match(never.problem, given.status ? /answered (404|503), not 200/ : /answered release web-v1, not web-v2/);
      assert.ok(never.ms >= 10_000 && never.ms < 11_000, `${never.ms} ms`);
    });
  it("takes a status other than 200 for right where the check says so", async () => {
    const teapot = { checks: { web: [check({ status: 418 })] } };
    assert.equal(
      (
        await proving(
          preview,
          onPage(() => ({ status: 418 })),
          teapot,
        )
      ).ok,
      true,
    );
  });
  it("stops at an interruption", async () => {
    const { ok, problem } = await proving(preview, () => undefined, { checks, signal: AbortSignal.abort() });
    assert.equal(ok, false);
    assert.match(problem, /interrupted/);
  });
});

describe("the proof of traffic", () => {
  it("asks without the secret, and for the new release alone at 100%", async () => {
    const { ok, asked } = await proving(traffic(100), () => undefined);
    assert.equal(ok, true);
    assert.deepEqual(asked, Array(3).fill({ path: "/web", secret: null }));
    assert.match((await proving(traffic(100), () => ({ release: "web-v1" }))).problem, /release web-v1, not web-v2/);
  });
  it("wants so many right answers in a row, in the order they were asked for", async () => {
    for (const [wrong, asks] of [
      [[1], 4],
      [[2], 5],
      [[3], 6],
      [[1, 2, 3], 6],
      [[1, 4], 7],
    ] as const) {
      const old = (n: number) => (wrong as readonly number[]).includes(n);
      const { ok, asked } = await proving(traffic(100), (_, n) => (old(n) ? { release: "web-v1" } : undefined));
      assert.equal(ok, true);
      assert.equal(asked.length, asks, `wrong: ${wrong}`);
    }
  });
  const everyTenth = (n: number) => ({ release: n % 10 === 0 ? "web-v2" : "web-v1" });
  it("judges a partial share by enough answers", async () => {
    const { ok, asked } = await proving(traffic(10), (_, n) => everyTenth(n));
    assert.equal(ok, true);
    assert.equal(asked.length, 250);
  });
  it("refuses another share, in bounded time and count", async () => {
    const { problem, asked, ms } = await proving(traffic(10), (_, n) => ({ release: n % 2 ? "web-v1" : "web-v2" }));
    assert.equal(problem, "web: traffic does not follow the weights: 125 of 250 requests at 10%");
    assert.ok(asked.length <= 1_000, `${asked.length} requests`);
    assert.ok(ms <= 10_000, `${ms} ms`);
  });
  it("waits until every node has the share", async () => {
    const { ok, asked } = await proving(traffic(50), (_, n) =>
      n < 300 ? everyTenth(n) : { release: n % 2 ? "web-v1" : "web-v2" },
    );
    assert.equal(ok, true);
    assert.ok(asked.length > 400, `${asked.length} requests`);
  });
  it("lets a share answer badly now and then, and no more often", async () => {
    const failing = (of: number) => (_: string, n: number) => (n % of === 3 ? { status: 503 } : everyTenth(n));
    assert.equal((await proving(traffic(10), failing(125))).ok, true);
    assert.match(
      (await proving(traffic(10), failing(25))).problem,
      /^web: 10 of 250 requests failed: .* answered 503$/,
    );
  });
  it("says what it saw too little of in time, and stops at an interruption", async () => {
    const slow = await proving(traffic(10), (_, n) => ({ ...everyTenth(n), ms: 100 }));
    assert.match(slow.problem, /only \d+ of 250 samples answered in time/);
    const stopped = await proving(traffic(10), () => undefined, { signal: AbortSignal.abort() });
    assert.equal(stopped.ok, false);
  });
  it("is done where it is soft and does not hold, and says so", async () => {
    const soft: Probe = { ...traffic(100), soft: true } as Probe;
    assert.deepEqual(await result(soft, "web-v1"), {
      ok: true,
      unproven: "web: http://production.example/web answered release web-v1, not web-v2",
    });
    assert.deepEqual(await result(soft, "web-v2"), { ok: true });
  });
  it("fails when none of many is", async () => {
    const { problem } = await proving(traffic(10), () => ({ release: "web-v1" }));
    assert.match(problem, /none of 250 requests reached the new version at 10%/);
  });
  it("fails when a release answers that nobody expects", async () => {
    const { problem } = await proving(traffic(10), () => ({ release: "web-v0" }));
    assert.match(problem, /answered release web-v0, not web-v2/);
  });
});

describe("where a release is asked", () => {
  const settings = { intervalSeconds: 5, timeoutSeconds: 2, healthyThreshold: 2, unhealthyThreshold: 2 };
  /** With the check at `path` and the route; the environment has web at `/` and docs at `/docs`. */
  const asked = async (route: string, path: string, own: readonly SmokeCheck[] = []) => {
    const services = environmentShape("production", shapeWith(["web", "docs"])).services;
    const at = { web: { ...services["web"], path: "/" }, docs: { ...services["docs"], path: "/docs" } };
    const setup = {
      ...{ containerName: "web", port: 8080, subnetIds: ["s"], securityGroupId: "g", gracePeriodSeconds: 0 },
      ...{ group: { healthCheck: { path, ...settings }, deregistrationDelaySeconds: 1 }, secrets: [] },
      route: { path: route, priority: 1 },
    };
    const probe: Probe = { kind: "prove-preview", service: "web", target: { ...target("v2"), setup } };
    const change = { shape: { ...shape, services: at as typeof services }, checks: { web: own } };
    const { asked } = await proving(probe, () => undefined, change);
    return [...new Set(asked.map(({ path }) => path))];
  };

  it("is its health check, where its own route takes that", async () => {
    assert.deepEqual(await asked("/", "/healthz?full"), ["/healthz"]);
    assert.deepEqual(await asked("/web", "/healthz"), ["/web"]);
  });
  it("is no path that another service answers, which its checks say nothing about", async () => {
    assert.deepEqual(await asked("/", "/docs/healthz", [check({ path: "/docs" }), check()]), ["/", "/page"]);
    assert.deepEqual(await asked("/", "/docsearch"), ["/docsearch"]);
  });
});

describe("the proof that a path was left", () => {
  const left: Probe = { kind: "prove-left", service: "docs", path: "/docs", release: "docs-v1" };

  it("is several answers in a row that are another's, or nobody's", async () => {
    const { ok, asked } = await proving(left, (_, n) => ({ release: n === 2 ? "docs-v1" : null, status: 404 }));
    assert.equal(ok, true);
    assert.deepEqual(asked, Array(5).fill({ path: "/docs", secret: null }));
  });
  it("fails while the release still answers; not, where the way back may not stick to it", async () => {
    const answers = () => ({ release: "docs-v1" });
    assert.match((await proving(left, answers)).problem, /docs: .*\/docs is still answered by release docs-v1/);
    const { result } = await proving({ ...left, soft: true }, answers);
    assert.equal(result.ok, true);
    assert.match(result.unproven ?? "", /still answered/);
  });
  it("is the answer of whom it is left to, where that is known", async () => {
    const to = (by: string | null): Probe => ({ ...left, by }) as Probe;
    assert.equal((await proving(to("web-v1"), () => ({ release: "web-v1" }))).ok, true);
    assert.match((await proving(to("web-v1"), () => ({ release: "api-v1" }))).problem, /api-v1, not web-v1/);
    assert.match((await proving(to("web-v1"), () => ({ status: 503, release: "web-v1" }))).problem, /answered 503/);
    assert.equal((await proving(to(null), () => ({ release: null, status: 404 }))).ok, true);
    assert.match((await proving(to(null), () => ({ release: "web-v1" }))).problem, /should be by nobody/);
  });
});
