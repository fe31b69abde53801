import assert from "node:assert/strict";
import { request } from "node:http";
import type { Action } from "../../../automation/console/actions.ts";
import type { Served } from "../../../automation/console/server.ts";
import { serve } from "../../../automation/console/server.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import { answers, environment, feedOf, served } from "./views.ts";

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

describe("the console's server", () => {
  let console_: Served;
  let cookie: string;
  let csrf: string;
  let acted: Action[];

  const ask = (
    path: string,
    headers: Record<string, string> = {},
    method = "GET",
    body?: string,
    port = console_.port,
  ) =>
    new Promise<Answer>((resolve, reject) => {
      const sent = request({ host: "127.0.0.1", port, path, method, headers }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      });
      sent.on("error", reject);
      sent.end(body);
    });
  const get = (path: string) => ask(path, { cookie });
  const own = () => ({
    cookie,
    origin: `http://127.0.0.1:${console_.port}`,
    "sec-fetch-site": "same-origin",
    "x-switchyard-csrf": csrf,
    "content-type": "application/json",
  });
  const post = (path: string, body: unknown, headers: Record<string, string> = own()) =>
    ask(path, headers, "POST", typeof body === "string" ? body : JSON.stringify(body));

  beforeEach(async () => {
    acted = [];
    const act = async (action: Action) => {
      acted.push(action);
      return { ended: true };
    };
    const one = await served(new Map([["production", environment()]]), { act });
    console_ = one;
    const opened = await ask(new URL(one.url).pathname + new URL(one.url).search);
    cookie = String(opened.headers["set-cookie"]).split(";")[0] ?? "";
    const known = new Promise<void>((resolve) => one.feed.subscribe(({ kind }) => kind === "environment" && resolve()));
    await known;
    csrf = /"csrf":"([^"]+)"/.exec((await get("/")).body)?.[1] ?? "";
  });
  afterEach(() => console_.close());

  it("opens by its link once, with a cookie that no script and no other site can use", async () => {
    const fresh = await serve({ ...answers, feed: feedOf(new Map()) }, 0);
    try {
      const { pathname, search } = new URL(fresh.url);
      const first = await ask(pathname + search, {}, "GET", undefined, fresh.port);
      assert.deepEqual([first.status, first.headers["location"]], [303, "/"]);
      assert.match(
        String(first.headers["set-cookie"]),
        /^switchyard-console-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
      );
      const second = await ask(pathname + search, {}, "GET", undefined, fresh.port);
      assert.equal(second.status, 403);
      assert.match(second.body, /opens once/);
    } finally {
      await fresh.close();
    }
  });

  for (const path of [
    "/",
    "/console.js",
    "/events",
    "/api/previews",
    "/api/production/releases",
    "/?token=wrong",
    "/?token=a&token=b",
  ])
    it(`shows nothing of ${path} to whoever has no link`, async () => assert.equal((await ask(path)).status, 403));

  it("listens on the loopback address alone, and answers to its own name alone", async () => {
    assert.equal((await ask("/", { cookie, host: `evil.example:${console_.port}` })).status, 421);
    assert.equal((await ask("/", { cookie, host: `localhost:${console_.port}` })).status, 200);
  });

  it("lets the page load nothing from elsewhere, run nothing inline and stand in no frame", async () => {
    const { headers, body } = await get("/");
    const policy = String(headers["content-security-policy"]);
    for (const rule of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"])
      assert.ok(policy.includes(rule), rule);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    assert.doesNotMatch(body, /(src|href)="(https?:)?\/\//);
    assert.equal(headers["x-powered-by"], undefined);
  });

  it("has what is known in the page itself, whatever it says", async () => {
    const views = new Map([["x", environment({ stack: "x", troubles: ["</script><script>alert(1)</script> $& $'"] })]]);
    const one = await served(views);
    try {
      await new Promise<void>((resolve) => one.feed.subscribe(({ kind }) => kind === "environment" && resolve()));
      const { search } = new URL(one.url);
      const opened = await ask(`/${search}`, {}, "GET", undefined, one.port);
      const { body } = await ask(
        "/",
        { cookie: String(opened.headers["set-cookie"]).split(";")[0] ?? "" },
        "GET",
        undefined,
        one.port,
      );
      const [, json = ""] = /<script id="begin"[^>]*>(.*?)<\/script>/s.exec(body) ?? [];
      assert.deepEqual(JSON.parse(json).environments[0].troubles, ["</script><script>alert(1)</script> $& $'"]);
      assert.equal(body.match(/<script/g)?.length, 2);
    } finally {
      await one.close();
    }
  });

  it("answers what the page asks for", async () => {
    for (const [path, shown] of [
      ["/api/production/releases?limit=2", /"operation":"1"/],
      ["/api/production/releases/1", /canary 10 %/],
      ["/api/production/figures", /periodMs/],
      ["/api/production/audit", /its hash is another/],
      ["/api/previews", /pr-1/],
      ["/api/executions", /plan-pr-1/],
      ["/console.css", /--paper/],
    ] as const) {
      const { status, body } = await get(path);
      assert.equal(status, 200, path);
      assert.match(body, shown);
    }
    assert.match((await post("/api/production/check", {})).body, /changed by hand/);
  });

  for (const [path, status] of [
    ["/api/other/releases", 404],
    ["/api/..%2f..%2fetc/releases", 404],
    ["/api/%00/audit", 404],
    ["/api/%E0%A4%A/audit", 400],
    ["/..%2f..%2fserver.ts", 404],
    ["/server.ts", 404],
    ["/nothing", 404],
  ] as const)
    it(`answers ${status} to ${path}`, async () => assert.equal((await get(path)).status, status));

  for (const limit of ["0", "-1", "x", "1e9", "2.5", ""])
    it(`takes a limit of "${limit}" for one it has`, async () =>
      assert.equal((await get(`/api/production/releases?limit=${limit}`)).status, 200));

  it("does what its own page confirms", async () => {
    const { status } = await post("/api/production/act", { kind: "rollback", version: "v1" });
    assert.equal(status, 200);
    assert.deepEqual(acted, [{ stack: "production", kind: "rollback", version: "v1" }]);
  });

  const refusals: readonly [string, number, (headers: ReturnType<typeof own>) => Record<string, string>, unknown?][] = [
    ["without the page's word", 403, ({ "x-switchyard-csrf": _, ...rest }) => rest],
    ["with another word", 403, (headers) => ({ ...headers, "x-switchyard-csrf": "x" })],
    ["without an origin", 403, ({ origin: _, ...rest }) => rest],
    ["from another site", 403, (headers) => ({ ...headers, origin: "https://evil.example" })],
    ["across sites", 403, (headers) => ({ ...headers, "sec-fetch-site": "cross-site" })],
    ["without the cookie", 403, ({ cookie: _, ...rest }) => rest],
    ["as a form", 400, (headers) => ({ ...headers, "content-type": "application/x-www-form-urlencoded" })],
    ["that is no JSON", 400, (headers) => headers, "{"],
    ["of another kind", 400, (headers) => headers, { kind: "destroy", version: "v1" }],
    ["that names no version", 400, (headers) => headers, { kind: "abort" }],
    ["that is too long", 413, (headers) => headers, { kind: "abort", version: "v".repeat(9000) }],
  ];
  for (const [what, status, change, body = { kind: "abort", version: "v1" }] of refusals)
    it(`refuses an action ${what}`, async () => {
      const answer = await post("/api/production/act", body, change(own()));
      assert.equal(answer.status, status);
      assert.deepEqual(acted, []);
    });

  it("does nothing where it was not started to", async () => {
    const one = await served(new Map([["production", environment()]]));
    try {
      await new Promise<void>((resolve) => one.feed.subscribe(({ kind }) => kind === "environment" && resolve()));
      const opened = await ask(`/${new URL(one.url).search}`, {}, "GET", undefined, one.port);
      const mine = String(opened.headers["set-cookie"]).split(";")[0] ?? "";
      const { body } = await ask("/", { cookie: mine }, "GET", undefined, one.port);
      const headers = {
        ...{ cookie: mine, origin: `http://127.0.0.1:${one.port}`, "content-type": "application/json" },
        "x-switchyard-csrf": /"csrf":"([^"]+)"/.exec(body)?.[1] ?? "",
      };
      const action = JSON.stringify({ kind: "abort", version: "v1" });
      const refused = await ask("/api/production/act", headers, "POST", action, one.port);
      assert.equal(refused.status, 403);
      assert.match(refused.body, /--allow-actions/);
    } finally {
      await one.close();
    }
  });

  it("says in one line why something could not be read", async () => {
    const broken = async () => {
      throw new SwitchyardError("credentials", {
        what: "they have expired",
        where: "dynamodb.Query",
        fix: "log in again",
      });
    };
    const one = await served(new Map([["production", environment()]]), { previews: broken });
    try {
      const opened = await ask(`/${new URL(one.url).search}`, {}, "GET", undefined, one.port);
      const mine = String(opened.headers["set-cookie"]).split(";")[0] ?? "";
      const { status, body } = await ask("/api/previews", { cookie: mine }, "GET", undefined, one.port);
      assert.deepEqual([status, JSON.parse(body).error], [409, "dynamodb.Query: they have expired. Log in again"]);
    } finally {
      await one.close();
    }
  });

  it("refuses a port that something listens on", async () => {
    await assert.rejects(
      serve({ ...answers, feed: feedOf(new Map()) }, console_.port),
      /--port: something else listens there/,
    );
  });
});
