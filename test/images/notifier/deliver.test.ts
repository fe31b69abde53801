import assert from "node:assert/strict";
import { Busy, type Claims } from "../../../images/notifier/src/claims.ts";
import { deliverAll, type Places } from "../../../images/notifier/src/deliver.ts";
import type { Links } from "../../../images/notifier/src/links.ts";
import { readMessage } from "../../../images/notifier/src/message.ts";
import { isOlder, subjectsOf } from "../../../images/notifier/src/newest.ts";
import { wordsOf } from "../../../images/notifier/src/words.ts";

const body = JSON.stringify({
  ...{ kind: "approval", stack: "production", actor: "ada", pullRequest: "7", token: "t" },
  ...{ commit: "0123456789abcdef0123456789abcdef01234567" },
  execution: "arn:aws:states:us-east-1:123456789012:execution:switchyard-plan-apply:production-1-1",
});

const quiet = () => undefined;

/** Claims in memory, and places that note what they are told and refuse while they are named in `down`. */
function world(down: Set<string> = new Set()) {
  const kept = new Map<string, { said: readonly string[]; taken: boolean }>();
  const claims: Claims = {
    take: async (key) => {
      const found = kept.get(key);
      if (found?.taken) throw new Busy("somebody is at it");
      kept.set(key, { said: found?.said ?? [], taken: true });
      return found?.said ?? [];
    },
    leave: async (key, said) => void kept.set(key, { said, taken: false }),
    isTaken: async (key) => kept.has(key),
  };
  const told: string[] = [];
  const place = (name: string) => async () => {
    if (down.has(name)) throw new Error("it is down");
    told.push(name);
  };
  const links: Links = { find: async () => undefined };
  const places: Places = { slack: place("slack"), comment: place("comment"), status: place("status") };
  return { claims, links, places, told, kept };
}

describe("the notifier", () => {
  const records = (...bodies: readonly string[]) =>
    bodies.map((each, index) => ({ messageId: `m${index}`, body: each }));

  it("says a message once, however often it comes", async () => {
    const { claims, links, places, told } = world();
    for (let times = 0; times < 3; times += 1)
      assert.deepEqual(await deliverAll(records(body, body), claims, links, places, quiet), { batchItemFailures: [] });
    assert.deepEqual(told, ["slack", "comment", "status"]);
  });

  it("logs what it said, and what it could not say, with the execution's trace", async () => {
    const trace = "1-5759e988-bd862e3fe1be46a994272793";
    const logged: unknown[] = [];
    const { claims, links, places } = world(new Set(["comment"]));
    const traced = JSON.stringify({ ...JSON.parse(body), trace });
    await deliverAll(records(traced), claims, links, places, (level, _, fields) =>
      logged.push([level, fields?.["trace"]]),
    );
    await deliverAll(records(traced), claims, links, world().places, (level, _, fields) =>
      logged.push([level, fields?.["trace"]]),
    );
    assert.deepEqual(logged, [
      ["error", trace],
      ["info", trace],
    ]);
  });

  it("asks for a message again that could not be said everywhere, and then says it only where it was not", async () => {
    const down = new Set(["comment"]);
    const { claims, links, places, told } = world(down);
    assert.deepEqual(await deliverAll(records(body), claims, links, places, quiet), {
      batchItemFailures: [{ itemIdentifier: "m0" }],
    });
    assert.deepEqual(told, ["slack", "status"]);
    down.clear();
    assert.deepEqual(await deliverAll(records(body), claims, links, places, quiet), { batchItemFailures: [] });
    assert.deepEqual(told, ["slack", "status", "comment"]);
  });

  it("lets one that nobody can read not stop the others", async () => {
    const { claims, links, places, told } = world();
    const { batchItemFailures } = await deliverAll(records("{", body), claims, links, places, quiet);
    assert.deepEqual(batchItemFailures, [{ itemIdentifier: "m0" }]);
    assert.deepEqual(told, ["slack", "comment", "status"]);
  });

  it("leaves alone what another invocation is at, and has it come again", async () => {
    const { claims, links, places, told } = world();
    await claims.take("production-1-1/approval", 0);
    const { batchItemFailures } = await deliverAll(records(body), claims, links, places, quiet);
    assert.deepEqual([batchItemFailures.length, told], [1, []]);
  });

  for (const ending of ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"])
    it(`lets an end of ${ending} stand that has overtaken what could not be said before it`, async () => {
      const down = new Set(["comment", "status", "slack"]);
      const { claims, links, places, told } = world(down);
      const before = [body, JSON.stringify({ ...JSON.parse(body), kind: "frozen" })];
      const { batchItemFailures } = await deliverAll(records(...before), claims, links, places, quiet);
      assert.deepEqual([batchItemFailures.length, told], [2, []]);
      down.clear();
      const { execution: executionArn, ...rest } = JSON.parse(body);
      const input = JSON.stringify({ ...rest, pullRequest: 7 });
      const end = JSON.stringify({ source: "aws.states", detail: { status: ending, executionArn, input } });
      const said = await deliverAll(records(end, ...before), claims, links, places, quiet);
      assert.deepEqual(said, { batchItemFailures: [] });
      // The end everywhere; that the stack is frozen is for people to hear late as well; nobody is asked any more.
      assert.deepEqual(told, ["slack", "comment", "status", "slack"]);
    });

  const commit = JSON.parse(body).commit as string;
  /** How an attempt of one start ended, each a minute after the one before. */
  const end = (attempt: number, status: string, more: object = {}) =>
    JSON.stringify({
      source: "aws.states",
      detail: {
        executionArn: `arn:aws:states:us-east-1:123456789012:execution:switchyard-merge:production-1-${attempt}`,
        ...{ status, error: status, startDate: 1_700_000_000_000 + attempt * 60_000 },
        input: JSON.stringify({ stack: "production", commit, actor: "ada", pullRequest: 7, ...more }),
      },
    });
  const heard = () => {
    const said: string[] = [];
    const { claims, links, kept } = world();
    const places: Places = {
      slack: async (words) => void said.push(`slack ${/as (\w+)|has (\w+)/.exec(words)?.slice(1).join("")}`),
      comment: async ({ pullRequest }) => void said.push(`comment ${pullRequest}`),
      status: async ({ status }) => void said.push(`status ${status.state}`),
    };
    return { said, claims, links, places, kept };
  };

  for (const [what, order, expected] of [
    [
      "in their order",
      [end(1, "ABORTED"), end(2, "SUCCEEDED")],
      ["slack ABORTED", "comment 7", "status failure", "slack succeeded", "comment 7", "status success"],
    ],
    [
      "the other way round, the newer one's comment and status standing",
      [end(2, "SUCCEEDED"), end(1, "ABORTED")],
      ["slack succeeded", "comment 7", "status success", "slack ABORTED"],
    ],
    [
      "the other way round, of other commits: each has its status, the pull request the newer one's comment",
      [end(2, "SUCCEEDED"), end(1, "ABORTED", { commit: commit.replace("0", "1") })],
      ["slack succeeded", "comment 7", "status success", "slack ABORTED", "status failure"],
    ],
    [
      "the other way round, of other stacks",
      [end(2, "SUCCEEDED"), end(1, "ABORTED", { stack: "pipeline" })],
      ["slack succeeded", "comment 7", "status success", "slack ABORTED", "comment 7", "status failure"],
    ],
  ] as const)
    it(`says the ends of two attempts ${what}`, async () => {
      const { said, claims, links, places } = heard();
      for (const each of order)
        assert.deepEqual(await deliverAll(records(each), claims, links, places, quiet), { batchItemFailures: [] });
      assert.deepEqual(said, expected);
    });

  it("says an attempt's end again that could not be said, unless a newer one's was meanwhile", async () => {
    const down = new Set(["status", "comment"]);
    const { claims, links, places, told } = world(down);
    const say = (...bodies: readonly string[]) => deliverAll(records(...bodies), claims, links, places, quiet);
    assert.equal((await say(end(1, "ABORTED"))).batchItemFailures.length, 1);
    down.clear();
    await say(end(2, "SUCCEEDED"));
    assert.deepEqual(await say(end(1, "ABORTED")), { batchItemFailures: [] });
    assert.deepEqual(told, ["slack", "slack", "comment", "status"]);
  });

  it("waits its turn where another invocation is at the same place, and has the message come again after a while", async () => {
    const { said, claims, links, places, kept } = heard();
    const [{ key } = { key: "" }] = subjectsOf(readMessage(end(1, "ABORTED")), wordsOf(readMessage(end(1, "ABORTED"))));
    await claims.take(key, 0);
    let pauses = 0;
    const never = async () => {
      pauses += 1;
    };
    const failed = await deliverAll(records(end(1, "ABORTED")), claims, links, places, quiet, never);
    assert.deepEqual([failed.batchItemFailures.length, pauses, said], [1, 4, []]);
    const freed = async () => void kept.delete(key);
    await deliverAll(records(end(1, "ABORTED")), claims, links, places, quiet, freed);
    assert.deepEqual(said, ["slack ABORTED", "comment 7", "status failure"]);
  });

  it("takes an execution for older than another that began later, and not than itself or one of its moment", () => {
    const [first, second] = [
      { execution: "a-1", started: 1 },
      { execution: "a-2", started: 2 },
    ];
    assert.deepEqual([isOlder(first, second), isOlder(second, first), isOlder(first, undefined)], [true, false, false]);
    assert.equal(isOlder({ ...second, started: 1 }, second), false);
    assert.equal(isOlder({ ...second, started: 1 }, first), false);
  });

  it("compares nothing that a machine of an earlier version tells, nor what is of no commit and no pull request", () => {
    const subjects = (of: string) => subjectsOf(readMessage(of), wordsOf(readMessage(of))).map(({ place }) => place);
    assert.deepEqual(subjects(body), []);
    assert.deepEqual(subjects(JSON.stringify({ ...JSON.parse(body), started: "2026-01-01T00:00:00.000Z" })), [
      "comment",
      "status",
    ]);
    assert.deepEqual(subjects(end(1, "FAILED", { commit: "main", pullRequest: 0 })), []);
    assert.deepEqual(subjects(JSON.stringify({ ...JSON.parse(body), started: "yesterday" })), []);
  });

  it("says nothing where there is no such place", async () => {
    const { claims, links, places, told } = world();
    const { slack: _, ...others } = places;
    await deliverAll(records(body), claims, links, others, quiet);
    assert.deepEqual(told, ["comment", "status"]);
  });

  it("says what there is to say without a link where none can be had, and logs why", async () => {
    const { claims, places, told } = world();
    const links: Links = { find: () => Promise.reject(new Error("S3 does not answer")) };
    const logged: string[] = [];
    await deliverAll(records(body), claims, links, places, (_, line) => logged.push(line));
    assert.deepEqual(told, ["slack", "comment", "status"]);
    assert.match(logged.join("\n"), /no link.*S3 does not answer/);
  });
});
