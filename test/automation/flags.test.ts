import assert from "node:assert/strict";
import fc from "fast-check";
import { duration } from "../../automation/durations.ts";
import { checkFlags, percent, stackName, tag, whole } from "../../automation/flags.ts";
import { SwitchyardError } from "../../programs/errors.ts";

function refused(work: () => unknown, where: string): void {
  assert.throws(work, (e) => e instanceof SwitchyardError && e.code === "invalid-flag" && e.where === where);
}

describe("flags", () => {
  it("durations are a number and a unit", () => {
    const table = { "250ms": 250, "30s": 30_000, "1.5m": 90_000, "2h": 7_200_000, "1d": 86_400_000, "0s": 0 };
    for (const [text, ms] of Object.entries(table)) assert.equal(duration("--bake", text), ms);
    for (const text of ["", "5", "m", "-5m", "5 m", "5m3s", "1e3s", ".5h", "5M", "Infinitys"])
      refused(() => duration("--bake", text), "--bake");
  });

  it("durations end where a date or a person's patience does", () => {
    assert.equal(duration("--keep-warm", "7d"), 7 * 86_400_000);
    for (const text of ["8d", "169h", "1e9d", `${"9".repeat(400)}d`, "٣٠s", "３０s", "NaNs"])
      refused(() => duration("--keep-warm", text), "--keep-warm");
    for (const flag of ["bake", "every"]) refused(() => checkFlags({ [flag]: "25h" }), `--${flag}`);
    refused(() => checkFlags({ wait: "8d" }), "--wait");
  });

  it("names are names", () => {
    for (const approver of ["ann", "Ann O'Neil", "renovate[bot]"]) assert.equal(checkFlags({ approver }), true);
    for (const approver of ["", " ", "a\nb", "a\u202eb", "a".repeat(101)])
      refused(() => checkFlags({ approver }), "--approver");
    for (const service of ["Api", "a/b", "a".repeat(13)]) refused(() => checkFlags({ service }), "--service");
    for (const service of [["api", "Api"], ["a/b"]]) refused(() => checkFlags({ service }), "--service");
    assert.equal(checkFlags({ service: ["api", "web"] }), true);
    for (const release of ["", "a b", "../x"]) refused(() => checkFlags({ release }), "<release>");
  });

  it("what a job checks out is a branch of the repository, or a whole commit", () => {
    for (const ref of ["main", "release/1.x", "fix-12", "a".repeat(40), "abc123"])
      assert.equal(checkFlags({ ref }), true);
    for (const ref of [
      "",
      "a b",
      "-x",
      "a..b",
      "x.lock",
      "main~1",
      "origin/main",
      "refs/tags/v1",
      "abcdef1",
      "b".repeat(39),
    ])
      refused(() => checkFlags({ ref }), "--ref");
  });

  it("shares are whole percentages from 1 to 99", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 99 }),
        (n) => percent("--step", `${n}%`) === n && percent("--step", `${n}`) === n,
      ),
    );
    for (const text of ["", "0", "0%", "100%", "1.5%", "-1%", "ten", "10%%", " 10%"])
      refused(() => percent("--canary", text), "--canary");
  });

  it("tags are what registries take", () => {
    for (const text of ["v1", "1.0", "_x", "a".repeat(128), "v1.2.3-rc_1"]) assert.equal(tag(text), text);
    for (const text of ["", "-v1", ".v1", "a/b", "a:b", "v 1", "a".repeat(129), "v1\n", "v1@sha256"])
      refused(() => tag(text), "--tag");
  });

  it("stack names begin every resource's name", () => {
    for (const text of ["production", "pr-12", "ab", "a".repeat(20)]) assert.equal(stackName(text), text);
    for (const text of ["", "a", "Prod", "1a", "a-", "-a", "a_b", "a".repeat(21), "../x", "prod\n"])
      refused(() => stackName(text), "<stack>");
  });

  it("numbers are whole and in range", () => {
    assert.equal(whole("--port", 0, 0, 65_535), 0);
    for (const value of [Number.NaN, -1, 1.5, 65_536, "8080"])
      refused(() => whole("--port", value, 0, 65_535), "--port");
  });

  it("are all checked before a command is called", () => {
    assert.equal(checkFlags({ _: ["a", "b"], stack: "production", tag: "v1", config: ["a=1", "b=2"] }), true);
    assert.equal(checkFlags({ strategy: "linear", step: "5%", every: "1m" }), true);
    assert.equal(checkFlags({ bake: "1m" }), true);
    refused(() => checkFlags({ report: "" }), "--report");
    refused(() => checkFlags({ strategy: "canary", every: "1m" }), "--every");
    refused(() => checkFlags({ step: "5%", bake: "1m" }), "--step");
    refused(() => checkFlags({ strategy: "all-at-once", bake: "1m" }), "--bake");
    refused(() => checkFlags({ bake: "1m", every: "1m" }), "--every");
  });
});
