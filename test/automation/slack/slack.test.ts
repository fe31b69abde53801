import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { text as textOf } from "node:stream/consumers";
import { planComment } from "../../../automation/delivery/comment/parts.ts";
import type { StackReport } from "../../../automation/delivery/comment/stack-report.ts";
import { tellSlack } from "../../../automation/slack/send.ts";
import { frozenText, mergeText, planText } from "../../../automation/slack/words.ts";
import { listen } from "../../images/processes.ts";

const change = (op: string, name: string) => ({
  ...{
    op,
    urn: `urn:pulumi:s::switchyard::aws:ecr/repository:Repository::${name}`,
    type: "aws:ecr/repository:Repository",
  },
  properties: [],
});
const report = (stack: string, ...ops: readonly string[]) =>
  ({
    stack,
    planned: { stack, hash: "h", changes: ops.map((op, i) => change(op, `n${i}`)), violations: [] },
    judged: { findings: [], routes: [] },
    migrations: [],
  }) as unknown as StackReport;

describe("what Slack is told", () => {
  const reports = [report("pipeline", "create", "create", "delete"), report("production", "update")];

  it("of a plan has the numbers of the comment on the pull request", () => {
    const { whole } = planComment({ head: "a".repeat(40), stacks: reports, removed: [] }, "x");
    const [, counts = ""] = /^## Plan: (.*) in 2 stacks$/m.exec(whole) ?? [];
    assert.equal(counts, "2 created, 1 updated, 1 deleted");
    const text = planText({ number: 7, title: "Change", reports, url: "https://github.com/a/b/pull/7" });
    assert.ok(text.includes(`*Plan: ${counts}*`), text);
    assert.match(text, /^<https:\/\/github\.com\/a\/b\/pull\/7\|Pull request 7>: Change$/m);
    assert.match(text, /^✅ `pipeline`: 2 created, 1 deleted$/m);
  });

  it("of a stack without a plan says that it blocks", () => {
    const failed = { ...report("images"), failure: "no", planned: undefined } as unknown as StackReport;
    assert.match(
      planText({ number: 7, title: "x", reports: [failed] }),
      /^⛔ `images`: no changes; there is no plan$/m,
    );
  });

  it("mentions nobody, and links nowhere, by what others wrote", () => {
    const pull = { number: 7, title: "<!channel> & <https://x|y>", url: "https://x/|<!here>" };
    for (const text of [
      planText({ ...pull, reports }),
      mergeText(pull, "<!channel>"),
      frozenText("production", { by: "<@U1>", why: "<!here>", run: "laptop" }),
    ])
      assert.doesNotMatch(text, /<[!@#]|<https/);
  });

  it("is never cut in the middle of a line", () => {
    const many = Array.from({ length: 400 }, (_, i) => report(`stack-${i}`, "create"));
    const text = planText({ number: 7, title: "x", reports: many });
    assert.ok(text.length <= 4_000);
    const lines = text.split("\n");
    assert.equal(lines.at(-1), `… and ${402 - (lines.length - 1)} lines more`);
    assert.match(lines.at(-2) ?? "", /^✅ `stack-\d+`: 1 created$/);
  });

  it("of a frozen stack says by whom, why, and what ends it", () => {
    const text = frozenText("production", {
      by: "ann",
      why: "no way back",
      run: "https://github.com/a/b/actions/runs/1",
    });
    assert.match(
      text,
      /`production` is frozen\*, by ann: no way back \(<https:.*\|run>\)\n.*`switchyard unfreeze production`/,
    );
  });
});

describe("Slack", () => {
  /** A stand-in that answers with these, one after another, the last again and again. */
  async function slack(...answers: readonly number[]) {
    const said: unknown[] = [];
    const told: string[] = [];
    const server = await listen(async (request: IncomingMessage, response) => {
      said.push({ method: request.method, path: request.url, ...(JSON.parse(await textOf(request)) as object) });
      const status = answers[Math.min(said.length, answers.length) - 1] ?? 200;
      response.writeHead(status).end(status === 200 ? "ok" : "no_service");
    });
    const env = { SLACK_WEBHOOK_URL: `http://${server.host}/services/T0/B0/secret` };
    const tell = (text: string) => tellSlack(text, 0, (line) => told.push(line), env);
    return { said, told, tell, close: () => server.close() };
  }

  it("is told by a post to the address", async () => {
    const { said, told, tell, close } = await slack(200);
    await tell("hello");
    await close();
    assert.deepEqual(said, [{ method: "POST", path: "/services/T0/B0/secret", text: "hello", unfurl_links: false }]);
    assert.deepEqual(told, []);
  });

  it("is told again when it failed, and given up on without a fault of ours", async () => {
    const flaky = await slack(500, 503, 200);
    await flaky.tell("hello");
    await flaky.close();
    assert.equal(flaky.said.length, 3);
    assert.deepEqual(flaky.told, []);
    for (const [status, times] of [
      [500, 3],
      [404, 1],
      [429, 1],
    ] as const) {
      const down = await slack(status);
      await down.tell("hello");
      await down.close();
      assert.deepEqual([down.said.length, down.told], [times, [`not said on Slack: it answered ${status}`]]);
    }
  });

  it("is told nothing where no address is set, and never at one that is none; the address is not shown", async () => {
    const tried = async (url: string | undefined) => {
      const told: string[] = [];
      await tellSlack("hello", 0, (line) => told.push(line), { SLACK_WEBHOOK_URL: url });
      return told;
    };
    assert.deepEqual([await tried(undefined), await tried("")], [[], []]);
    for (const url of ["secret", "http://example.com/secret", "file:///secret"])
      assert.deepEqual(await tried(url), ["not said on Slack: SLACK_WEBHOOK_URL is not an https address"]);
    const server = await listen((_, response) => response.end());
    await server.close();
    assert.deepEqual(await tried(`http://${server.host}/secret`), [
      "not said on Slack: it could not be reached (ECONNREFUSED)",
    ]);
  });
});
