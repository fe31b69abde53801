import assert from "node:assert/strict";
import fc from "fast-check";
import {
  boundTo,
  chooseByWeight,
  chooseGroup,
  encodeBinding,
  forwardOf,
  readCookie,
  setCookies,
} from "../../../../sandbox/cloud/alb/forward.ts";

const weights = fc.array(fc.integer({ min: 0, max: 999 }), { minLength: 1, maxLength: 5 });
const groupsOf = (list: number[]) => list.map((weight, i) => ({ arn: `group-${i}`, weight }));

describe("weighted forwarding", () => {
  it("gives each group exactly its share of an even spread", () => {
    fc.assert(
      fc.property(weights, (list) => {
        const total = list.reduce((sum, weight) => sum + weight, 0);
        fc.pre(total > 0 && total <= 1500);
        const seen = new Map<string, number>();
        for (let i = 0; i < total; i++) {
          const arn = chooseByWeight(groupsOf(list), (i + 0.5) / total) ?? "";
          seen.set(arn, (seen.get(arn) ?? 0) + 1);
        }
        list.forEach((weight, i) => {
          assert.equal(seen.get(`group-${i}`) ?? 0, weight);
        });
      }),
    );
  });

  it("never chooses weight 0, and nothing when every weight is 0", () => {
    fc.assert(
      fc.property(weights, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (list, random) => {
        const chosen = chooseByWeight(groupsOf(list), random);
        if (list.every((weight) => weight === 0)) assert.equal(chosen, undefined);
        else assert.ok((list[Number(chosen?.split("-")[1])] ?? 0) > 0);
      }),
    );
  });

  it("reads both forms of a forward action", () => {
    assert.deepEqual(forwardOf({ Type: "forward", TargetGroupArn: "a" }), { groups: [{ arn: "a", weight: 1 }] });
    const config = {
      TargetGroups: [{ TargetGroupArn: "a", Weight: 3 }, { TargetGroupArn: "b" }],
      TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 60 },
    };
    assert.deepEqual(forwardOf({ Type: "forward", TargetGroupArn: "a", ForwardConfig: config }), {
      groups: [
        { arn: "a", weight: 3 },
        { arn: "b", weight: 1 },
      ],
      stickySeconds: 60,
    });
  });

  const groups = [
    { arn: "blue", weight: 0 },
    { arn: "green", weight: 100 },
  ];
  const cookie = encodeBinding({ to: "blue", until: 1000 });
  const cases: [string, Parameters<typeof chooseGroup>, string][] = [
    ["a bound client stays against the weights", [{ groups, stickySeconds: 60 }, cookie, 999, 0.5], "blue"],
    ["an expired cookie is forgotten", [{ groups, stickySeconds: 60 }, cookie, 1000, 0.5], "green"],
    ["a cookie means nothing without stickiness", [{ groups }, cookie, 999, 0.5], "green"],
    [
      "a group the action no longer names is left",
      [{ groups: groups.slice(1), stickySeconds: 60 }, cookie, 999, 0.5],
      "green",
    ],
    ["a forged cookie is ignored", [{ groups, stickySeconds: 60 }, "blue.99999", 999, 0.5], "green"],
    ["a broken cookie is ignored", [{ groups, stickySeconds: 60 }, "nonsense", 999, 0.5], "green"],
  ];
  for (const [name, input, expected] of cases) {
    it(name, () => assert.equal(chooseGroup(...input), expected));
  }

  it("binds to one of several candidates until the given moment", () => {
    assert.equal(boundTo(encodeBinding({ to: "b", until: 10.4 }), ["a", "b"], 9), "b");
    assert.equal(boundTo(undefined, ["a"], 0), undefined);
  });

  it("sends the cookie and its cross-origin twin, and reads one among others", () => {
    const [own = "", twin = ""] = setCookies("AWSALBTG", { to: "blue", until: 1_000_500 });
    assert.match(own, /^AWSALBTG=[\w-]{22}\.1000500; Expires=Thu, 01 Jan 1970 00:16:41 GMT; Path=\/$/);
    assert.match(twin, /^AWSALBTGCORS=.*SameSite=None; Secure$/);
    assert.equal(readCookie(`a=1; ${own}`, "AWSALBTG"), own.slice(9, own.indexOf(";")));
    assert.equal(readCookie("AWSALBTGCORS=x", "AWSALBTG"), undefined);
  });
});
