import assert from "node:assert/strict";
import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import fc from "fast-check";
import { leadsLine, namesOfBoth, toldOf, weigh } from "../../../automation/upgrade/names.ts";
import { domain } from "../../../programs/domain.ts";

const host = "www.example.com";
const record = (SetIdentifier?: string, Weight?: number, Name = `${host}.`): ResourceRecordSet => ({
  ...{
    Name,
    Type: "A",
    AliasTarget: { DNSName: `${SetIdentifier}.elb`, HostedZoneId: "Z1", EvaluateTargetHealth: false },
  },
  ...(SetIdentifier !== undefined && { SetIdentifier, Weight }),
});
const ends = { to: "next", from: "production" };
const weightsOf = (records: readonly ResourceRecordSet[]) =>
  records.map(({ SetIdentifier, Weight }) => `${SetIdentifier} ${Weight}`);

describe("the names two environments have in common", () => {
  const config = (...shared: readonly string[]) =>
    domain.parse({ name: `own-${shared.length}.example.com`, zoneId: "Z0123456789", shared });

  it("are those that are shared in both", () => {
    assert.deepEqual(namesOfBoth(config(host, "a.example.com"), config("b.example.com", host)), {
      zoneId: "Z0123456789",
      hosts: [host],
    });
    for (const [one, other] of [
      [config(host), config("a.example.com")],
      [config(host), undefined],
      [undefined, config(host)],
    ] as const)
      assert.equal(namesOfBoth(one, other), undefined);
  });

  const table: readonly [string, readonly ResourceRecordSet[], readonly string[], RegExp | undefined][] = [
    ["both", [record("production", 255), record("next", 0)], ["production 0", "next 255"], undefined],
    ["both as they are to be", [record("production", 0), record("next", 255)], ["production 0", "next 255"], undefined],
    ["none with a weight", [record("production", 0), record("next", 0)], ["production 0", "next 255"], undefined],
    ["the one it leads to", [record("next", 3)], ["next 255"], undefined],
    ["the one it leads from", [record("production", 255)], ["production 0"], /no record of next's yet/],
    ["none", [], [], /no record of next's yet/],
    [
      "another that leads away",
      [record("next", 0), record("production", 255), record("third", 1)],
      ["next 255", "production 0"],
      /leads to third as well/,
    ],
    [
      "another that leads nowhere",
      [record("next", 0), record("production", 255), record("third", 0)],
      ["next 255", "production 0"],
      undefined,
    ],
    ["a plain one", [record()], [], /no record of next's yet/],
  ];
  for (const [title, records, expected, problem] of table)
    it(`lead to one alone, of records of ${title}`, () => {
      const weighed = weigh(new Map([[host, records]]), ends);
      assert.deepEqual(weightsOf(weighed.records), expected);
      assert.match(weighed.problems[0] ?? "", problem ?? /^$/);
    });

  it("lead to one alone after any weights, and back, with nothing else of a record changed", () => {
    const weight = fc.integer({ min: 0, max: 255 });
    const hosts = fc.uniqueArray(fc.constantFrom("a", "b", "c"), { minLength: 1 });
    fc.assert(
      fc.property(hosts, weight, weight, fc.array(fc.boolean(), { minLength: 1 }), (names, one, other, ways) => {
        let found = new Map(
          names.map((name) => [name, [record("production", one, name), record("next", other, name)]]),
        );
        for (const forward of ways) {
          const asked = forward ? ends : { to: ends.from, from: ends.to };
          const { records, problems } = weigh(found, asked);
          assert.deepEqual(problems, []);
          const before = [...found.values()].flat();
          for (const [at, { Weight, ...rest }] of records.entries()) {
            const { Weight: _, ...was } = before[at] ?? {};
            assert.deepEqual(rest, was);
            assert.equal(Weight, rest.SetIdentifier === asked.to ? 255 : 0);
          }
          found = new Map(names.map((name) => [name, records.filter(({ Name }) => Name === name)]));
          assert.deepEqual(weigh(found, asked).records, records);
        }
      }),
    );
  });

  it("are told with who has them, and a weight of a hand's is told", () => {
    const found = new Map([[host, [record("production", 0), record("next", 255)]]]);
    assert.deepEqual(toldOf("production", found, 0), { lines: [`${host}: production 0, next 255`], byHand: [] });
    assert.match(
      toldOf("production", found, 255).byHand[0]?.why ?? "",
      /has the weight 0 here, and the ledger says 255/,
    );
    assert.match(toldOf("third", found, 255).byHand[0]?.why ?? "", /no record of this environment/);
    assert.equal(leadsLine(host, []), `${host}: no record`);
    assert.equal(leadsLine(host, [record()]), `${host}: not shared`);
  });
});
