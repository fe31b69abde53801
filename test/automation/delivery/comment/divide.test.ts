import assert from "node:assert/strict";
import fc from "fast-check";
import { chainActions, isMarked, markerOf } from "../../../../automation/delivery/comment/chain.ts";
import { divide, type Piece } from "../../../../automation/delivery/comment/divide.ts";

const line = fc.string({ minLength: 0, maxLength: 30 }).map((text) => text.replace(/[\n<>]/g, " "));
const piece: fc.Arbitrary<Piece> = fc
  .record({ id: fc.nat(), lines: fc.array(line, { minLength: 1, maxLength: 20 }) })
  .map(({ id, lines }) => ({ open: [`<${id}>`], lines, close: [`</${id}>`] }));

describe("a report divided between comments", () => {
  it("loses no line, keeps their order, and closes in each part what it opened there", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), fc.integer({ min: 70, max: 400 }), (pieces, characters) => {
        const { parts, left } = divide(pieces, { characters, parts: 1000 });
        assert.equal(left, 0);
        const lines = parts.flatMap((part) => {
          assert.ok(part.length <= characters, `${part.length} > ${characters}`);
          const own = part.slice(0, -1).split("\n");
          let open: string | undefined;
          for (const one of own)
            if (/^<\d+>$/.test(one)) {
              assert.equal(open, undefined);
              open = one.slice(1);
            } else if (/^<\/\d+>$/.test(one)) {
              assert.equal(open, one.slice(2));
              open = undefined;
            }
          assert.equal(open, undefined);
          return own.filter((one) => !/^<\/?\d+>$/.test(one));
        });
        assert.deepEqual(
          lines,
          pieces.flatMap((one) => one.lines),
        );
      }),
    );
  });

  it("tells of the lines that did not fit into as many parts as there may be", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), fc.integer({ min: 1, max: 3 }), (pieces, most) => {
        const { parts, left } = divide(pieces, { characters: 100, parts: most });
        assert.ok(parts.length <= most);
        const shown = parts.flatMap((part) => part.slice(0, -1).split("\n")).filter((one) => !/^<\/?\d+>$/.test(one));
        assert.equal(shown.length + left, pieces.flatMap(({ lines }) => lines).length);
      }),
    );
  });

  it("leaves out a line that no part has room for, and says so", () => {
    const long = { open: ["<1>"], lines: ["x".repeat(200)], close: ["</1>"] };
    assert.equal(divide([long], { characters: 100, parts: 5 }).left, 1);
  });
});

describe("comments updated in place", () => {
  it("say what they shall afterwards, with as few writes as that takes", () => {
    const body = fc.constantFrom("a", "b", "c");
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat()), fc.array(body), fc.infiniteStream(body), (ids, wanted, bodies) => {
        const existing = ids.map((id) => ({ id, body: bodies.next().value as string }));
        const actions = chainActions(existing, wanted);
        const after = new Map(existing.map(({ id, body: text }) => [id, text]));
        for (const action of actions)
          if (action.kind === "delete") after.delete(action.id);
          else if (action.kind === "update") after.set(action.id, action.body);
          else after.set(Math.max(0, ...after.keys()) + 1, action.body);
        const said = [...after].sort(([a], [b]) => a - b).map(([, text]) => text);
        assert.deepEqual(said, wanted);
        const now = [...after].map(([id, text]) => ({ id, body: text }));
        assert.deepEqual(chainActions(now, wanted), []);
        assert.ok(actions.length <= Math.max(ids.length, wanted.length));
      }),
    );
  });

  it("are told by a marker at their beginning", () => {
    assert.ok(isMarked("plan", `${markerOf("plan")}\n## Plan`));
    assert.ok(!isMarked("plan", `Look: ${markerOf("plan")}`));
    assert.ok(!isMarked("plan", `${markerOf("preview")}\n`));
  });
});
