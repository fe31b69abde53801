import assert from "node:assert/strict";
import type { Aws } from "../../../../automation/aws/clients.ts";
import { comingNames, refuseTakenNames, takenBy } from "../../../../automation/deploy/observe/taken-names.ts";
import { change } from "../../guard/fixtures.ts";

const type = "aws:route53/record:Record";
const zone = { zoneId: "Z0123456789", name: "www.example.com" };
const made = (weight: number) =>
  change(type, "next-www.example.com", {
    op: "create",
    after: { ...zone, setIdentifier: "next", weightedRoutingPolicies: [{ weight }] },
  });

describe("a record of a shared name that is made", () => {
  it("is one with an identifier, and nothing else that is made or changed", () => {
    assert.deepEqual(comingNames([made(255)]), [
      { zoneId: "Z0123456789", host: "www.example.com", identifier: "next", weight: 255 },
    ]);
    const others = [
      change(type, "plain", { op: "create", after: zone }),
      { ...made(255), op: "update" },
      { ...made(255), type: "aws:acm/certificate:Certificate" },
    ];
    assert.deepEqual(comingNames(others), []);
  });

  const table: readonly [
    string,
    number,
    readonly { SetIdentifier?: string; Weight?: number }[],
    object | string | undefined,
  ][] = [
    ["where there is none", 255, [], undefined],
    ["where another leads", 255, [{ SetIdentifier: "production", Weight: 255 }], { by: "production" }],
    ["where another leads in part", 255, [{ SetIdentifier: "production", Weight: 1 }], { by: "production" }],
    ["without a weight where another leads", 0, [{ SetIdentifier: "production", Weight: 255 }], undefined],
    ["where another leads nowhere", 255, [{ SetIdentifier: "production", Weight: 0 }], undefined],
    ["where it is already", 255, [{ SetIdentifier: "next", Weight: 255 }], undefined],
    ["where there is a plain one", 0, [{}], "plain"],
  ];
  for (const [title, weight, records, expected] of table)
    it(`${expected === undefined ? "takes nothing" : "is refused"} ${title}`, () =>
      assert.deepEqual(takenBy({ identifier: "next", weight }, records), expected));

  it("is refused with the way out, and where nothing is made nobody is asked", async () => {
    let asked = 0;
    const send = async () => {
      asked += 1;
      return {
        ResourceRecordSets: [{ Name: "www.example.com.", Type: "A", SetIdentifier: "production", Weight: 255 }],
      };
    };
    const aws = { client: async () => ({ send }) } as unknown as Aws;
    await assert.rejects(refuseTakenNames(aws, { stack: "next", changes: [made(255)] }), {
      code: "name-taken",
      message: /www\.example\.com leads to production.*upgrade production --to <tag> --beside next/s,
    });
    await refuseTakenNames(aws, { stack: "next", changes: [made(0)] });
    assert.equal(asked, 2);
    await refuseTakenNames(aws, { stack: "next", changes: [] });
    assert.equal(asked, 2);
  });
});
