import assert from "node:assert/strict";
import * as fc from "fast-check";
import {
  chanceOfErrors,
  offWeight,
  type Shifted,
  worseThanBefore,
} from "../../../../automation/deploy/decide/compare.ts";
import type { Figures } from "../../../../automation/deploy/decide/model.ts";
import { randomOf } from "../../../support/world/time.ts";
import { colour, service, stopped } from "../fixtures.ts";

const shifted: Shifted = { service: "web", from: "blue", to: "green", percent: 10, sticky: false };

function figures(change: Partial<Figures> = {}): Figures {
  return { requests: 900, settled: 0, errors: 0, periods: 5, latencyMs: 40, unhealthy: 0, ...change };
}

const few = { requests: 100 };

function said(
  green: Partial<Figures>,
  blue: Partial<Figures> = {},
  more: Partial<Shifted> = {},
  tasks = service({ green: colour() }),
): string {
  const found = worseThanBefore(
    { ...shifted, ...more },
    { blue: figures(blue), green: figures({ ...few, ...green }) },
    tasks,
  );
  return found ?? "";
}

describe("the new colour compared with the old one", () => {
  const fine: [string, Partial<Figures>, Partial<Figures>?, Partial<Shifted>?][] = [
    ["both without a fault", {}],
    ["both equally bad", { errors: 20 }, { errors: 180 }],
    ["the old one worse", { errors: 0, latencyMs: 40 }, { errors: 300, latencyMs: 900 }],
    ["two errors among a hundred, which may be chance", { errors: 2 }, { errors: 3 }],
    ["more errors, but hardly any", { requests: 100_000, errors: 900 }, { requests: 900_000, errors: 90 }],
    ["too few requests of the new one", { requests: 19, errors: 19, latencyMs: 9_000 }],
    ["no traffic on the old one", { errors: 100, latencyMs: 9_000 }, { requests: 0, latencyMs: undefined } as never],
    ["slower by little", { latencyMs: 139 }],
    ["slower by much, but by no great part", { latencyMs: 1400 }, { latencyMs: 1000 }],
    ["slow in too few periods", { latencyMs: 900, periods: 2 }],
    ["a target of forty unhealthy", { unhealthy: 1 }, {}, {}],
    ["traffic by the weights", { settled: 110 }, { settled: 890 }],
    ["traffic by cookies", { settled: 400 }, { settled: 600 }, { sticky: true }],
    ["too few requests to judge shares by", { settled: 100 }, { settled: 140 }],
  ];
  for (const [name, green, blue, more] of fine)
    it(`finds nothing: ${name}`, () => {
      const forty = { desired: 40 };
      assert.equal(said(green, blue, more, service({ green: colour(forty), blue: colour(forty) })), "");
    });

  const bad: [string, Partial<Figures>, Partial<Figures>, RegExp][] = [
    ["errors where there were none", { errors: 8 }, {}, /^web green against blue: 5xx on 8 of 100 requests.*0 of 900$/],
    ["more errors than the old one's", { errors: 30 }, { errors: 90 }, /5xx on 30 of 100/],
    ["few requests, all of them errors", { requests: 20, errors: 20 }, { requests: 20 }, /5xx on 20 of 20/],
    ["slower", { latencyMs: 141 }, {}, /answers take 141 ms, where it was 40 ms/],
    ["an unhealthy target of two", { unhealthy: 1 }, {}, /1 of 2 targets unhealthy, where it was 0 of 2/],
    [
      "more traffic than its weight",
      { settled: 200 },
      { settled: 800 },
      /do.* not follow the weights: 200 of 1000.*10%/,
    ],
    ["no traffic at all", { settled: 0 }, { settled: 1000 }, /not follow the weights: 0 of 1000/],
  ];
  for (const [name, green, blue, text] of bad) it(`finds ${name}`, () => assert.match(said(green, blue), text));

  it("judges targets also where the old colour has no traffic", () => {
    assert.match(said({ unhealthy: 2 }, { requests: 0 }), /2 of 2 targets unhealthy/);
    assert.equal(said({ unhealthy: 1 }, { unhealthy: 1 }), "");
    assert.equal(said({}, {}, {}, service({ green: colour(stopped) })), "");
  });

  const count = fc.integer({ min: 0, max: 5_000 });
  const counted = fc.tuple(count, count).map(([a, b]) => ({ requests: Math.max(a, b), errors: Math.min(a, b) }));

  it("never finds errors or latency where the new colour's are no worse", () => {
    fc.assert(
      fc.property(counted, counted, fc.double({ min: 0, max: 1e4, noNaN: true }), (a, b, ms) => {
        const [better, worse] = a.errors * b.requests <= b.errors * a.requests ? [a, b] : [b, a];
        const found = said({ ...better, latencyMs: ms }, { ...worse, latencyMs: ms });
        assert.equal(found, "");
      }),
    );
  });
  it("finds no less with more errors on the new colour", () => {
    fc.assert(
      fc.property(counted, counted, (now, before) => {
        fc.pre(now.errors < now.requests);
        const more = { ...now, errors: now.errors + 1 };
        assert.ok(chanceOfErrors(more, before) <= chanceOfErrors(now, before) * (1 + 1e-6) + 1e-9);
      }),
    );
  });
  it("takes for certain what any share of chance allows, and counts exactly in small numbers", () => {
    assert.equal(chanceOfErrors({ requests: 10, errors: 0 }, { requests: 10, errors: 5 }), 1);
    assert.equal(chanceOfErrors({ requests: 3468, errors: 0 }, { requests: 4740, errors: 1203 }), 1);
    // The lady tasting tea, as Fisher has it: 1 in 70 for all, 17 in 70 for three or more.
    const tea = (right: number) =>
      chanceOfErrors({ requests: 4, errors: right }, { requests: 4, errors: 4 - right }).toFixed(6);
    assert.equal(tea(4), (1 / 70).toFixed(6));
    assert.equal(tea(3), (17 / 70).toFixed(6));
  });
  it("hardly ever sends a version back that is as good as the old one", () => {
    // A fixed sequence of numbers: the result is the same on every run.
    const random = randomOf(1);
    const draw = (n: number, p: number) => Array.from({ length: n }, random).filter((r) => r < p).length;
    let breaches = 0;
    for (let i = 0; i < 2_000; i++)
      if (said({ requests: 50, errors: draw(50, 0.05) }, { requests: 450, errors: draw(450, 0.05) }) !== "") breaches++;
    assert.ok(breaches <= 1, `${breaches} of 2000`);
  });
  it("allows a share what chance does, at every weight", () => {
    for (const percent of [1, 10, 50, 90, 99]) {
      assert.equal(offWeight(percent * 100, (100 - percent) * 100, percent), undefined);
      assert.equal(offWeight(percent * 3, (100 - percent) * 3, percent), undefined);
    }
    assert.equal(offWeight(10_000, 0, 100), undefined);
    assert.match(offWeight(9_700, 300, 100) ?? "", /9700 of 10000 requests at 100%/);
  });
});
