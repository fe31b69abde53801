import assert from "node:assert/strict";
import { type LeftOver, leftOvers, type Tagged } from "../../../automation/teardown/left-over.ts";

const account = "123456789012";
const tags = { project: "switchyard", stack: "production" };

describe("what is left after everything was destroyed", () => {
  const cases: readonly (readonly [Tagged, LeftOver["kind"], RegExp])[] = [
    [{ arn: `arn:aws:iam::${account}:role/web`, tags }, "stray", /the state of production does not have it/],
    [{ arn: `arn:aws:iam::${account}:role/web`, tags: { project: "switchyard" } }, "stray", /tagged by hand/],
    [
      { arn: `arn:aws:kms:us-east-1:${account}:key/1`, tags, deletedOn: "2026-12-28T10:00:00.000Z" },
      "ending",
      /AWS deletes it on 2026-12-28/,
    ],
    [{ arn: `arn:aws:kms:us-east-1:${account}:key/1`, tags }, "stray", /production/],
    [{ arn: `arn:aws:organizations::${account}:account/o-1/210987654321`, tags }, "kept", /account close/],
    [{ arn: `arn:aws:organizations::${account}:ou/o-1/ou-1`, tags }, "stray", /production/],
    [{ arn: `arn:aws:ecs:us-east-1:${account}:task-definition/web:7`, tags }, "kept", /task definition/],
    [{ arn: `arn:aws:ecs:us-east-1:${account}:cluster/web`, tags }, "stray", /production/],
    [{ arn: `arn:aws:rds:us-east-1:${account}:snapshot:last`, tags }, "kept", /last copy/],
    [{ arn: `arn:aws:rds:us-east-1:${account}:db:production`, tags }, "stray", /production/],
    [{ arn: "arn:aws:s3:::example-state", tags }, "kept", /the stacks' state/],
    [{ arn: "arn:aws:s3:::example-state-2", tags }, "stray", /production/],
  ];
  for (const [found, kind, why] of cases)
    it(`is ${kind}: ${found.arn}${found.deletedOn === undefined ? "" : " that ends"}`, () => {
      const [one, ...more] = leftOvers([found], ["example-state"]);
      assert.deepEqual(more, []);
      assert.equal(one?.kind, kind);
      assert.match(one?.why ?? "", why);
    });

  it("is named once, in order, however often AWS names it", () => {
    const found = ["b", "a", "b"].map((name) => ({ arn: `arn:aws:iam::${account}:role/${name}`, tags }));
    assert.deepEqual(
      leftOvers(found).map(({ arn, stack }) => [arn.at(-1), stack]),
      [
        ["a", "production"],
        ["b", "production"],
      ],
    );
  });
});
