import assert from "node:assert/strict";
import { Driver } from "./driver.ts";

describe("a command of the suites", () => {
  const ending = (code: number) => new Driver(["status"], process.env, ["sh", "-c", `echo it broke; exit ${code}`]);

  it("fails the test that runs it when it ends as a fault of our own, whatever was to be looked at", async () => {
    await assert.rejects(ending(70).exitCode(), /switchyard status failed by its own fault\nit broke/);
    await assert.rejects(ending(70).shows("never"), /failed by its own fault/);
    await assert.rejects(ending(70).succeeds(), /failed by its own fault/);
  });

  it("is free to end with every other code", async () => {
    assert.equal(await ending(5).exitCode(), 5);
    await ending(0).succeeds();
  });
});
