import assert from "node:assert/strict";
import { rmSync, statSync } from "node:fs";
import { ensureHome } from "../../automation/home.ts";

describe("a home directory", () => {
  const none = () => {
    throw new Error("ENOENT: no such file or directory, uv_os_homedir");
  };

  it("is left alone where there is one", () => {
    const env: NodeJS.ProcessEnv = { HOME: "/home/anna" };
    ensureHome(env, () => "/home/anna");
    assert.deepEqual(env, { HOME: "/home/anna" });
  });

  it("is made where none is known, for nobody else to look into", () => {
    for (const find of [none, () => ""]) {
      const env: NodeJS.ProcessEnv = {};
      ensureHome(env, find);
      const home = env["HOME"] ?? "";
      assert.equal(statSync(home).mode & 0o777, 0o700);
      rmSync(home, { recursive: true });
    }
  });
});
