import assert from "node:assert/strict";
import { badCopies } from "../fixtures/bad-copies/all.ts";
import { useBadCopies } from "./support/bad-copies.ts";

/** One of each kind; test/faults has them all. */
const handful = [
  "the database open to the internet",
  "a master password in code",
  "weight to a third target group",
  "no aud in the trust of GitHub",
];

describe("a fault in the real program, on the engine", function () {
  this.timeout(120_000);
  const { refused } = useBadCopies();

  for (const name of handful) {
    it(`${name}: refused before any write to AWS`, async () => {
      const copy = badCopies.find(({ fault }) => fault === name);
      assert.ok(copy);
      await refused(copy);
    });
  }
});
