import assert from "node:assert/strict";
import { readMessage } from "../../../images/notifier/src/message.ts";
import { wordsOf } from "../../../images/notifier/src/words.ts";
import { artifactKey } from "../../../programs/components/runner/artifacts.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";
const arn = "arn:aws:states:us-east-1:123456789012:execution:switchyard-plan-apply:production-0123456789-1";
const of = { stack: "production", commit, actor: "ada" };
const asked = { ...of, kind: "approval", execution: arn, pullRequest: "7", token: "t-secret" };

const event = (status: string, more: object = {}, machine = "plan-apply", input: object = {}) =>
  JSON.stringify({
    source: "aws.states",
    detail: {
      ...{ executionArn: arn.replace("plan-apply:", `${machine}:`), status, ...more },
      input: JSON.stringify({ ...of, pullRequest: 7, ...input }),
    },
  });
const digest = `sha256:${"a".repeat(64)}`;
const pushed = (detail: object = {}, more: object = {}) =>
  JSON.stringify({
    ...{ id: "e-1", source: "aws.ecr", ...more },
    detail: {
      ...{ "action-type": "PUSH", result: "SUCCESS", "repository-name": "switchyard/api" },
      ...{ "image-digest": digest, "image-tag": "v1", ...detail },
    },
  });
const runbook = "https://github.com/acme/platform/blob/main/docs/runner.md";
const alarm = (
  value: string,
  before: string,
  configuration: object = { description: `Late. What to do: ${runbook}` },
) =>
  JSON.stringify({
    ...{ id: "e-2", source: "aws.cloudwatch" },
    detail: { alarmName: "switchyard-runner-x", state: { value }, previousState: { value: before }, configuration },
  });
const wordsFor = (body: string) => wordsOf(readMessage(body));

describe("what the notifier says", () => {
  it("of a question for approval: everywhere, with the command that answers, and never the token", () => {
    const told = readMessage(JSON.stringify(asked));
    assert.equal(told.key, "production-0123456789-1/approval");
    const { slack, comment, status } = wordsOf(told);
    assert.match(
      slack ?? "",
      /plan-apply of production at 0123456789 waits for approval; started by ada\n`npx switchyard runner approve production-0123456789-1`/,
    );
    assert.equal(comment?.pullRequest, 7);
    assert.match(
      comment?.body ?? "",
      /^<!-- switchyard:runner -->\n.*waits for approval(.*\n)*npx switchyard runner approve /,
    );
    assert.deepEqual([status?.commit, status?.status.state], [commit, "pending"]);
    assert.equal(status?.status.context, "switchyard/runner/plan-apply/production");
    assert.doesNotMatch(JSON.stringify({ told, slack, comment, status }), /t-secret/);
  });

  it("of what a job has left: a signed link on Slack and where strangers cannot read, elsewhere its name alone", () => {
    const key = artifactKey("report", "production-0123456789-1", "Plan");
    const url = `https://artifacts.s3.us-east-1.amazonaws.com/${key}?X-Amz-Signature=t-secret&x-id=GetObject`;
    const link = { kind: "report", job: "Plan", key, url } as const;
    const { slack, comment, status } = wordsOf(readMessage(JSON.stringify(asked)), link);
    assert.ok(slack?.endsWith(`\n<${url}|Report of Plan> (for 6 hours at most)`), slack);
    assert.ok(comment?.linked?.includes(`[Report of Plan](${url}) (for 6 hours at most)`), comment?.linked);
    assert.ok(comment?.body.includes(`Report of Plan: \`${key}\``), comment?.body);
    assert.doesNotMatch(JSON.stringify({ body: comment?.body, status }), /t-secret/);
    assert.equal(wordsFor(JSON.stringify(asked)).comment?.linked, undefined);
  });

  for (const [what, body, state, says, slack] of [
    ["a success that was waited for", event("SUCCEEDED"), "success", /has succeeded/, true],
    ["a success of every day", event("SUCCEEDED", {}, "run"), "success", /has succeeded/, false],
    [
      "a failure",
      event("FAILED", { error: "WentBack", cause: "it failed" }),
      "failure",
      /ended as WentBack&#58;|ended as WentBack: it failed/,
      true,
    ],
    [
      "a cause that is a job",
      event("FAILED", { error: "X", cause: '{"Container":{}}' }),
      "failure",
      /see the job's log/,
      true,
    ],
    ["one that was stopped without a word", event("ABORTED"), "failure", /ended as ABORTED: see the job's log/, true],
    ["a freeze", JSON.stringify({ ...asked, kind: "frozen" }), "error", /production is frozen/, true],
  ] as const)
    it(`of ${what}: ${slack ? "" : "not on Slack, "}as ${state} of the commit`, () => {
      const words = wordsFor(body);
      assert.equal(words.status?.status.state, state);
      assert.match(words.comment?.body ?? "", says);
      assert.equal(words.slack !== undefined, slack);
    });

  it("of a branch's run without a pull request: nothing at GitHub", () => {
    const { comment, status, slack } = wordsFor(event("FAILED", {}, "run", { commit: "main", pullRequest: 0 }));
    assert.deepEqual([comment, status], [undefined, undefined]);
    assert.match(slack ?? "", /run of production at main ended as FAILED/);
  });

  it("of others' words: text, without mentions, links or mark-up", () => {
    const actor = "<!channel> @all [x](http://y) `z`";
    const { slack, comment } = wordsFor(JSON.stringify({ ...asked, actor }));
    assert.doesNotMatch(slack ?? "", /<!channel>/);
    assert.doesNotMatch(comment?.body ?? "", /@all|\[x\]|`z`/);
  });

  for (const [what, body, key, slack] of [
    ["an image that was pushed", pushed(), "pushed/e-1", `📦 switchyard/api:v1 was pushed: ${digest}`],
    [
      "a part of an image of several architectures, which has no tag",
      pushed({ "image-tag": undefined }),
      "pushed/e-1",
      undefined,
    ],
    [
      "an alarm that goes off",
      alarm("ALARM", "OK"),
      "alarm/e-2",
      `🚨 switchyard-runner-x is in alarm: Late. What to do: ${runbook}`,
    ],
    [
      "one that is over",
      alarm("OK", "ALARM"),
      "alarm/e-2",
      `👌 switchyard-runner-x is over: Late. What to do: ${runbook}`,
    ],
    ["one that is made", alarm("OK", "INSUFFICIENT_DATA"), "alarm/e-2", undefined],
  ] as const)
    it(`of ${what}: ${slack === undefined ? "nothing" : "on Slack alone"}`, () => {
      assert.equal(readMessage(body).key, key);
      assert.deepEqual(wordsFor(body), slack === undefined ? {} : { slack });
    });

  for (const [what, body, says] of [
    ["a deleted image", pushed({ "action-type": "DELETE" }), /^action-type: /],
    ["a push that failed", pushed({ result: "FAILURE" }), /^result: /],
    ["an image by no digest", pushed({ "image-digest": "t-secret" }), /^image-digest: /],
    ["an event by no id of EventBridge's", pushed({}, { id: "../t-secret" }), /^id: /],
    ["an alarm without data", alarm("INSUFFICIENT_DATA", "OK"), /^value: /],
    ["an alarm that leads nowhere", alarm("ALARM", "OK", {}), /^description: it is missing$/],
    ["no JSON", "{token: t-secret", /^the message: it is no JSON object$/],
    ["a list", "[]", /^the message/],
    ["another kind", JSON.stringify({ ...asked, kind: "t-secret" }), /^kind: /],
    ["no execution of the runner's", JSON.stringify({ ...asked, execution: "t-secret" }), /^execution: /],
    ["no stack", JSON.stringify({ ...asked, stack: "" }), /^stack: it is missing$/],
    ["half a pull request", JSON.stringify({ ...asked, pullRequest: "7.5" }), /^pullRequest: /],
    ["an event without its detail", '{"source":"aws.states"}', /^detail: /],
    [
      "an event of an unreadable input",
      '{"source":"aws.states","detail":{"status":"FAILED","input":"{"}}',
      /^detail.input: /,
    ],
  ] as const)
    it(`of ${what}: nothing, and why names the member and not its content`, () => {
      assert.throws(() => readMessage(body), { message: says });
      assert.throws(
        () => readMessage(body),
        ({ message }: Error) => !message.includes("t-secret"),
      );
    });
});
