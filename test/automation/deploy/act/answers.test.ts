import assert from "node:assert/strict";
import { type Asked, askedOfServing, untilAnswered } from "../../../../automation/deploy/act/answers.ts";
import { environmentShape } from "../../../../automation/deploy/observe/shape.ts";
import type { ReleaseDocument } from "../../../../programs/release.ts";
import { shapeWith } from "../fixtures.ts";

const shape = environmentShape("production", shapeWith(["web", "api"]));

/** Asks an environment whose n-th answer on a path is `answers(path, n)`: a status, or nothing at all. */
async function asking(asked: readonly Asked[], answers: (path: string, n: number) => number | undefined) {
  let now = 0;
  const paths: string[] = [];
  const fetch = (async (url: string) => {
    const { origin, pathname } = new URL(url);
    assert.equal(origin, new URL(shape.url).origin);
    paths.push(pathname);
    const status = answers(pathname, paths.filter((one) => one === pathname).length);
    if (status === undefined) throw new Error("refused");
    return new Response("x", { status });
  }) as typeof globalThis.fetch;
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
  };
  const wrong = await untilAnswered(shape, asked, { clock, fetch, waitMs: 5_000, pollMs: 1_000 });
  return { wrong, paths, ms: now };
}

describe("what an environment is asked for", () => {
  it("is answered once each path is, as it has to be; what is wrong at first may become right", async () => {
    const asked = [{ path: "/", status: 200 }, { path: "/old", status: 301 }, { path: "/healthz" }];
    const first = await asking(asked, (path) => (path === "/old" ? 301 : path === "/healthz" ? 404 : 200));
    assert.deepEqual([first.wrong, first.paths, first.ms], [undefined, ["/", "/old", "/healthz"], 0]);
    const later = await asking(asked.slice(0, 1), (_, n) => (n === 1 ? 503 : n === 2 ? undefined : 200));
    assert.deepEqual([later.wrong, later.ms], [undefined, 2_000]);
  });

  it("is not when it stays wrong: another status, an error of the server's, no answer; the rest is not asked", async () => {
    const rest = { path: "/rest" };
    for (const [asked, status, wrong] of [
      [{ path: "/", status: 200 }, 302, "/ is answered with 302, not 200"],
      [{ path: "/healthz" }, 503, "/healthz is answered with 503, not what serves"],
      [{ path: "/healthz" }, undefined, "/healthz is not answered (refused)"],
    ] as const) {
      const done = await asking([asked, rest], () => status);
      assert.equal(done.wrong, wrong);
      assert.ok(done.ms > 5_000 && done.ms <= 7_000, String(done.ms));
      assert.ok(!done.paths.includes("/rest"));
    }
  });

  it("is what serves alone: a service's checks, or where the load balancer asks it", () => {
    const checks = [{ path: "/", status: 200, maxMs: 1_000 }];
    const [web, api] = [shape.services["web"], shape.services["api"]];
    assert.ok(web && api);
    const services = { web: { ...web, checks }, api };
    const live = { live: "blue" } as const;
    const release = (of: object) => ({ format: 1, revision: 1, services: of }) as ReleaseDocument;
    assert.deepEqual(askedOfServing({ services }, release({})), []);
    assert.deepEqual(askedOfServing({ services }, release({ web: live, api: {} })), checks);
    assert.deepEqual(askedOfServing({ services }, release({ web: live, api: live })), [
      ...checks,
      { path: api.healthCheckPath },
    ]);
  });
});
