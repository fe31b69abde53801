import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { mutations } from "../../../automation/deploy/decide/mutations.ts";
import { elsewhere, killedAt } from "./killing.ts";

const tests = join(import.meta.dirname, "../..");

describe("kills of drivers", () => {
  it("are tried at every kind of write there is, each in a suite that there is", () => {
    const killed = [...Object.values(killedAt).flat(), ...Object.keys(elsewhere)];
    assert.deepEqual(killed.sort(), Object.keys(mutations).sort());
    for (const suite of [...Object.keys(killedAt).map((name) => `faults/${name}`), ...Object.values(elsewhere)])
      assert.ok(existsSync(join(tests, suite)), suite);
  });
});
