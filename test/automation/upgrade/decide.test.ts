import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Asked,
  answer,
  back,
  forward,
  isOver,
  keptFromDestroy,
  keptOf,
  next,
  refusedMs,
  rowsLost,
  type Step,
  settle,
  standing,
  told,
  type Upgrade,
  type Way,
} from "../../../automation/upgrade/decide.ts";

const begun: Upgrade = {
  beside: "next",
  version: "v2",
  snapshot: "before",
  way: "forward",
  begunAt: 0,
  keepForMs: 100,
  done: {},
};
const names = { zoneId: "Z0123456789", hosts: ["www.example.com"] };
const sharing: Upgrade = { ...begun, names };
const doneOf = (steps: readonly Step[]) => Object.fromEntries(steps.map((step, i) => [step, i + 1]));
const at = (way: Way, ...steps: readonly Step[]): Upgrade => ({ ...sharing, way, done: doneOf(steps) });
const again: Asked = { way: "forward", beside: "next", version: "v2" };

/** Does what is decided until the end. */
function through(upgrade: Upgrade): { steps: readonly Step[]; end: Upgrade } {
  const steps: Step[] = [];
  for (let now = upgrade; ; ) {
    const decided = next(now);
    if (decided.kind === "end") return { steps, end: now };
    steps.push(decided.step);
    now = { ...now, done: { ...now.done, [decided.step]: 100 + steps.length } };
  }
}

describe("an upgrade", () => {
  it("refuses writes before it copies, and takes them only where they are noted and everything is compared", () => {
    const { steps } = through(sharing);
    const precedes = (one: Step, other: Step) =>
      assert.ok(steps.indexOf(one) < steps.indexOf(other), `${one} ${other}`);
    precedes("freeze", "refuse");
    for (const step of ["count", "snapshot", "restore", "files"] as const) precedes("refuse", step);
    for (const step of ["restore", "files", "compare", "contract", "close"] as const) precedes(step, "open");
    precedes("compare", "contract");
    precedes("contract", "close");
    precedes("hold", "refuse");
    precedes("close", "names");
    precedes("names", "open");
    assert.deepEqual(next(at("forward", ...forward)), { kind: "end", outcome: "upgraded" });
  });

  it("leaves names alone where the environments have none in common, and asks nothing of one begun by an earlier driver", () => {
    const { steps } = through(begun);
    const ofNames: readonly Step[] = ["hold", "names", "states"];
    assert.deepEqual(
      steps,
      forward.filter((step) => !ofNames.includes(step)),
    );
    assert.deepEqual(next({ ...begun, done: doneOf(steps) }), { kind: "end", outcome: "upgraded" });
    assert.deepEqual(through({ ...begun, way: "back", done: doneOf(steps) }).steps, ["shut", "allow", "thaw"]);
  });

  it("goes on after whatever was done, and does nothing twice", () => {
    for (let n = 0; n <= forward.length; n++)
      assert.deepEqual(through(at("forward", ...forward.slice(0, n))).steps, forward.slice(n));
  });

  for (const [title, steps, expected] of [
    ["before anything", [], ["allow", "thaw"]],
    ["when the copy cannot have been written to", forward.slice(0, forward.indexOf("close")), ["allow", "thaw"]],
    ["when names may have been led to the copy", forward.slice(0, forward.indexOf("names")), back],
    ["when the copy may have been opened", forward.slice(0, forward.indexOf("open")), back],
    ["when it was opened", forward, back],
  ] as const)
    it(`goes back ${title}`, () => {
      const went = through(at("back", ...steps));
      assert.deepEqual(went.steps, expected);
      assert.deepEqual(next(went.end), { kind: "end", outcome: "back" });
    });

  const over = [at("back", ...back, "close"), at("settle", ...forward, ...settle)];
  const table: readonly [string, Upgrade | undefined, Asked, RegExp | Way | "begin"][] = [
    ["one where there is none", undefined, again, "begin"],
    ["one after one that went back", over[0], again, "begin"],
    ["one after one that is settled", over[1], again, "begin"],
    ["the same again", at("forward", "freeze"), again, "forward"],
    ["the same again when it is done", at("forward", ...forward), again, "forward"],
    ["another version meanwhile", at("forward", "freeze"), { ...again, version: "v3" }, /is upgraded to v2/],
    ["another stack meanwhile", at("forward", "freeze"), { ...again, beside: "other" }, /beside it in next/],
    ["the way there on the way back", at("back", "freeze"), again, /is going back/],
    ["the way there while it is settled", at("settle", ...forward), again, /is being settled/],
    ["the way back with nothing to go back from", undefined, { way: "back" }, /is not upgraded/],
    ["the way back twice", over[0], { way: "back" }, /is not upgraded/],
    ["the way back after the end", over[1], { way: "back" }, /no way back any more/],
    ["the way back while it is settled", at("settle", ...forward), { way: "back" }, /is being settled/],
    ["the way back midway", at("forward", "freeze", "refuse"), { way: "back" }, "back"],
    ["the way back again", at("back", "freeze"), { way: "back" }, "back"],
    ["the end too early", at("forward", "freeze"), { way: "settle" }, /is under way/],
    ["the end", at("forward", ...forward), { way: "settle" }, "settle"],
    ["the end again", at("settle", ...forward), { way: "settle" }, "settle"],
    ["the end of nothing", undefined, { way: "settle" }, /is not upgraded/],
  ];
  for (const [title, before, asked, expected] of table)
    it(`asked for ${title}: ${expected}`, () => {
      const answered = answer("production", before, asked);
      if (expected instanceof RegExp) {
        assert.equal(answered.kind, "refuse");
        assert.match(answered.kind === "refuse" ? answered.what : "", expected);
      } else if (expected === "begin") assert.equal(answered.kind, "begin");
      else assert.equal(answered.kind === "go" && answered.upgrade.way, expected);
    });

  it("keeps the one that is replaced longer, when it is asked for again with another time", () => {
    const before = at("forward", ...forward);
    for (const [asked, kept] of [
      [again, 100],
      [{ ...again, keepForMs: 500 }, 500],
    ] as const) {
      const answered = answer("production", before, asked);
      assert.equal(answered.kind === "go" && answered.upgrade.keepForMs, kept);
    }
  });

  it("never takes writes in two places, whatever is asked, cut short, or lost", () => {
    const asks: readonly Asked[] = [again, { way: "back" }, { way: "settle" }];
    // Each event: a command; how many steps it does before it is killed; whether the last one's record was lost.
    const events = fc.array(fc.tuple(fc.constantFrom(...asks), fc.nat(12), fc.boolean(), fc.boolean()));
    fc.assert(
      fc.property(events, (commands) => {
        let recorded: Upgrade | undefined;
        const open = { old: true, new: false };
        let leads = "old";
        let written = false;
        for (const [asked, steps, lost, writes] of commands) {
          const answered = answer("production", recorded, asked);
          if (answered.kind === "refuse") continue;
          if (answered.kind === "begin") [open.new, written] = [false, false];
          let now: Upgrade = answered.kind === "begin" ? sharing : answered.upgrade;
          recorded = now;
          for (let n = 0; n < steps; n++) {
            const decided = next(now);
            if (decided.kind === "end") break;
            const { step } = decided;
            if (step === "shut" && written) {
              recorded = { ...now, way: "forward" };
              break;
            }
            if (step === "refuse") open.old = false;
            if (step === "allow") open.old = true;
            if (step === "open") open.new = true;
            if (step === "shut") open.new = false;
            if (step === "names") leads = "new";
            if (step === "names-back") leads = "old";
            // Users are where writes are taken, from then on.
            if (step === "open") assert.equal(leads, "new");
            if (step === "allow") assert.equal(leads, "old");
            assert.ok(!(open.old && open.new), `${step} of ${JSON.stringify(now)}`);
            now = { ...now, done: { ...now.done, [step]: 1 } };
            if (!(lost && n === steps - 1)) recorded = now;
          }
          if (writes && open.new) written = true;
          if (recorded !== undefined && isOver(recorded) && recorded.way === "settle") return;
        }
      }),
    );
  });
});

describe("what an upgrade tells", () => {
  it("is each step with its time, in the order they were done", () => {
    const upgrade = at("back", "freeze", "refuse", "allow");
    assert.deepEqual(
      told(upgrade).map(({ step, at }) => [step, at]),
      [
        ["freeze", 1],
        ["refuse", 2],
        ["allow", 3],
      ],
    );
    for (const step of [...forward, ...back, ...settle])
      assert.ok((told(at("forward", step))[0]?.why.length ?? 0) > 10, step);
  });

  it("is how long nothing could be written: until the one that is kept takes writes, or until now", () => {
    const since = (way: Way, done: Upgrade["done"]) => refusedMs({ way, done }, 50);
    assert.equal(since("forward", {}), 0);
    assert.equal(since("forward", { refuse: 10 }), 40);
    assert.equal(since("forward", { refuse: 10, open: 25 }), 15);
    assert.equal(since("settle", { refuse: 10, open: 25 }), 15);
    assert.equal(since("back", { refuse: 10, open: 25 }), 40);
    assert.equal(since("back", { refuse: 10, open: 25, allow: 30 }), 20);
  });

  it("is the tables that lost rows, not those that migrations took away or filled", () => {
    const before = { a: "5", b: "90071992547409930", c: "1" };
    assert.deepEqual(rowsLost(before, { a: "6", b: "90071992547409930", d: "0" }), []);
    assert.deepEqual(rowsLost(before, { a: "5", b: "90071992547409929", c: "1" }), [
      "b has 90071992547409929 rows, and had 90071992547409930",
    ]);
  });
});

describe("the environment that an upgrade has replaced", () => {
  const opened = forward.indexOf("open") + 1;
  const upgraded = at("forward", ...forward);

  it("is kept from the opening of the other for as long as was said, and is due then", () => {
    assert.deepEqual(keptOf(upgraded, opened + 99), { until: opened + 100, due: false });
    assert.deepEqual(keptOf(upgraded, opened + 100), { until: opened + 100, due: true });
  });

  const table: readonly [string, Upgrade, RegExp | undefined, RegExp | undefined][] = [
    [
      "before the other has opened",
      at("forward", "freeze"),
      /is under way$/,
      /upgrade production --to v2 --beside next/,
    ],
    ["while it is kept", upgraded, /next has taken over with v2; this one is kept until 1970/, /--settle/],
    ["on the way back", at("back", ...forward), /is going back from next/, /--back/],
    ["while it is settled", at("settle", ...forward), /is being settled/, /--settle/],
    ["gone back", at("back", ...back, "close"), undefined, undefined],
    ["settled", at("settle", ...forward, ...settle), undefined, undefined],
  ];
  for (const [title, upgrade, stands, fix] of table)
    it(`${title}: ${stands ? "is told of and not destroyed" : "is as any other"}`, () => {
      const kept = keptFromDestroy("production", upgrade, 5);
      assert.equal(kept === undefined, stands === undefined);
      if (stands === undefined || fix === undefined) return assert.equal(standing(upgrade, 5), undefined);
      assert.match(standing(upgrade, 5) ?? "", stands);
      assert.match(kept?.fix ?? "", fix);
    });

  it("is said to be due when its time is over", () => {
    assert.match(standing(upgraded, 1_000) ?? "", /was to be kept until 1970.*: settle and destroy it/);
    assert.equal(keptFromDestroy("production", undefined, 0), undefined);
  });
});
