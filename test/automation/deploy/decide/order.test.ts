import assert from "node:assert/strict";
import fc from "fast-check";
import type { Placed } from "../../../../automation/deploy/decide/model.ts";
import { contested, orderOf, type Passage } from "../../../../automation/deploy/decide/order.ts";
import { covers } from "../../../../programs/routes.ts";

const at = (takes: string, priority: number): Placed => ({ takes, priority });
const passage = (service: string, from: Placed, to = from): Passage => ({ service, from, to });

type Case = readonly [what: string, passages: readonly Passage[], order: string];
const web = passage("web", at("/", 1900));

const cases: readonly Case[] = [
  [
    "a new service takes a part of another's path",
    [web, passage("docs", at("closed", 1100), at("/docs", 1100))],
    "any",
  ],
  [
    "nothing is answered yet",
    [passage("web", at("closed", 1900), at("/", 1900)), passage("api", at("closed", 1100), at("/api", 1100))],
    "any",
  ],
  ["a service moves", [web, passage("api", at("/api", 1100), at("/v2", 1100))], "any"],
  ["a service becomes the part of another's path", [web, passage("api", at("/", 1100), at("/api", 1100))], "any"],
  [
    "a service takes over another's part: it has to come before it when it does",
    [web, passage("api", at("/api", 1100)), passage("new", at("closed", 1200), at("/api/v2", 1050))],
    "any",
  ],
  [
    "what was a part is asked after the rest: it has to be open first",
    [passage("web", at("/web", 1200), at("/", 1200)), passage("docs", at("/docs", 1300), at("/docs", 1100))],
    "first",
  ],
  [
    "what took everything becomes a part: the rest stays behind it until then",
    [passage("web", at("/", 1200), at("/web", 1200)), passage("docs", at("/docs", 1100), at("/docs", 1300))],
    "last",
  ],
  [
    "two change places",
    [passage("web", at("/a", 1100), at("/b", 1100)), passage("api", at("/b", 1200), at("/a", 1200))],
    "/a",
  ],
];

/** Every state there is: any of the rules with its new path, and the priorities old or new. */
function mayMeet(passages: readonly Passage[], order: "first" | "last", path: string): boolean {
  const owner = (isNew: (i: number) => boolean, priorities: "from" | "to") =>
    passages
      .map((p, i) => ({
        service: p.service,
        takes: (isNew(i) ? p.to : p.from).takes ?? "",
        priority: p[priorities].priority,
      }))
      .filter(({ takes }) => takes !== "closed" && covers(takes, path))
      .sort((a, b) => a.priority - b.priority)[0]?.service;
  const wanted = [owner(() => false, "from"), owner(() => true, "to")];
  if (wanted[0] === undefined) return true;
  const during = order === "first" ? "to" : "from";
  const states = Array.from({ length: 2 ** passages.length }, (_, n) => owner((i) => (n >> i) % 2 === 1, during));
  return [...states, ...wanted].every((met) => wanted.includes(met));
}

const paths = ["/", "/a", "/a/b", "/a/b/c", "/d", "closed"];
const samples = ["/", "/a", "/a/x", "/a/b", "/a/b/x", "/a/b/c", "/a/b/c/x", "/d", "/d/x", "/x"];
const anyPassages = fc
  .record({
    takes: fc.array(fc.tuple(fc.constantFrom(...paths), fc.constantFrom(...paths)), { minLength: 1, maxLength: 4 }),
    seeds: fc.tuple(
      fc.shuffledSubarray([1, 2, 3, 4], { minLength: 4 }),
      fc.shuffledSubarray([1, 2, 3, 4], { minLength: 4 }),
    ),
  })
  .map(({ takes, seeds: [old, now] }) =>
    takes.map(([from, to], i) => passage(`s${i}`, at(from, old[i] ?? 0), at(to, now[i] ?? 0))),
  );

describe("the order in which rules are written", () => {
  for (const [what, passages, expected] of cases)
    it(`is ${expected} where ${what}`, () => {
      const found = orderOf(passages);
      assert.equal("order" in found ? found.order : found.lost, expected);
    });

  it("is one in which every request that was answered is so by who did, or who is to, and is found where there is one", () => {
    fc.assert(
      fc.property(anyPassages, (passages) => {
        const holds = (order: "first" | "last") => samples.every((path) => mayMeet(passages, order, path));
        const found = orderOf(passages);
        const expected = { first: holds("first"), last: holds("last") };
        const said = "order" in found ? found.order : "none";
        assert.deepEqual(expected, { first: ["any", "first"].includes(said), last: ["any", "last"].includes(said) });
      }),
      { numRuns: 2000 },
    );
  });

  it("gives no place away that another rule keeps", () => {
    const api = passage("api", at("/api", 1100));
    assert.equal(contested([web, api]), undefined);
    assert.equal(
      contested([passage("web", at("/", 1900), at("/", 1100)), passage("api", at("/api", 1100), at("/api", 1900))]),
      undefined,
    );
    assert.deepEqual(contested([passage("web", at("/", 1900), at("/", 1100)), api]), {
      ...{ service: "web", priority: 1100, holder: "api" },
    });
  });
});
