import assert from "node:assert/strict";
import { knownName } from "../../automation/known-name.ts";
import { SwitchyardError } from "../../programs/errors.ts";

describe("a name that must be known", () => {
  it("is among those there are, or the nearest is named", () => {
    const names = ["web", "api", "documents"];
    assert.equal(knownName("--service", "api", names), "api");
    const table: [name: string, fix: RegExp][] = [
      ["apii", /there is no service apii\. Did you mean api\? services here: web, api, documents/],
      ["wbe", /Did you mean web\?/],
      ["document", /Did you mean documents\?/],
      ["documetns", /Did you mean documents\?/],
      ["wen", /Did you mean web\?/],
      ["backend", /Services here: web, api, documents$/],
    ];
    for (const [name, fix] of table) {
      assert.throws(
        () => knownName("--service", name, names),
        (e) => e instanceof SwitchyardError && e.code === "invalid-flag" && e.where === "--service",
      );
      assert.throws(() => knownName("--service", name, names), fix);
    }
    assert.throws(() => knownName("--service", "api", []), /services here: none/i);
  });
});
