import assert from "node:assert/strict";
import { countsLine } from "../../../automation/render/counts.ts";
import { nameOf } from "../../../automation/stacks/changes.ts";
import { plainOutputs } from "../../../automation/stacks/open.ts";
import {
  hasBegun,
  inTheMidst,
  type Plan,
  refuseViolations,
  updateFailed,
  type Violation,
} from "../../../automation/stacks/update.ts";
import { SwitchyardError } from "../../../programs/errors.ts";

const urn = (name: string) => `urn:pulumi:production::switchyard::aws:rds/instance:Instance::${name}`;

function planWith(...violations: readonly Partial<Violation>[]): Plan {
  const whole = violations.map((v) => ({
    policy: "p",
    pack: "switchyard",
    urn: urn("db"),
    message: "m",
    level: "mandatory",
    ...v,
  }));
  return { stack: "production", counts: {}, changes: [], hash: "", violations: whole };
}

describe("violations", () => {
  it("that only advise do not stop an update", () => {
    refuseViolations(planWith());
    refuseViolations(planWith({ level: "advisory" }, { level: "disabled" }));
  });

  it("that are mandatory name each rule and resource once, and the first one's fix", () => {
    const plan = planWith(
      { level: "advisory", policy: "other" },
      { policy: "rds-encrypted", message: "Encrypt it\nmore" },
      { policy: "rds-encrypted" },
      { policy: "rds-private", urn: urn("db2") },
    );
    assert.throws(
      () => refuseViolations(plan),
      (e) =>
        e instanceof SwitchyardError &&
        e.code === "policy-violation" &&
        e.message ===
          "stack production: 2 mandatory rules are broken: rds-encrypted on db, rds-private on db2. Encrypt it",
    );
  });

  it("of this pack come with the rule's own fix", () => {
    const message =
      "Databases are encrypted\nstorageEncrypted is not true\nFix: Set storageEncrypted.\nSee: https://example.com";
    assert.throws(
      () => refuseViolations(planWith({ policy: "rds-encrypted", message })),
      /on db\. Set storageEncrypted\.?$/,
    );
  });

  it("of the stack as a whole say what is wrong with it", () => {
    const message = "A month costs no more\nit costs $3.00\nFix: Make it smaller.\nSee: https://example.com";
    const plan = planWith({ policy: "cost-within-maximum", message, urn: "" });
    assert.throws(
      () => refuseViolations(plan),
      /is broken: cost-within-maximum \(it costs \$3\.00\)\. Make it smaller/,
    );
    assert.throws(() => refuseViolations(planWith({ policy: "p", message: "No\nmore", urn: "" })), /broken: p \(No\)/);
  });

  it("are named up to five", () => {
    const many = planWith(...Array.from({ length: 7 }, (_, i) => ({ policy: `p${i}` })));
    assert.throws(() => refuseViolations(many), /7 mandatory rules are broken: (p\d on db, ){4}p4 on db, …/);
    assert.throws(() => refuseViolations(planWith({})), /1 mandatory rule is broken: p on db\. M/);
  });
});

describe("a failed update", () => {
  it("says the first real error, in one line", () => {
    const error = updateFailed(
      "production",
      "the update failed",
      ["first\n  of them", "second"],
      new Error("code: 255"),
    );
    assert.equal(error.code, "update-failed");
    assert.equal(
      error.message,
      "stack production: the update failed: first of them. Correct the cause and run the command again: it continues from what exists",
    );
    assert.ok(error.cause instanceof Error);
  });

  it("finds it in the command's output when no event told it", () => {
    const output = " code: 255\n stdout: Previewing\nerror: no such thing\nerror: another";
    assert.match(updateFailed("s", "the preview failed", [], new Error(output)).message, /failed: no such thing\. /);
    assert.match(updateFailed("s", "x", [], "\n\n something odd \n").message, /x: something odd/);
    assert.match(updateFailed("s", "x", [], "").message, /no reason given/);
  });

  it("is cut to a readable length", () => {
    assert.ok(updateFailed("s", "x", ["e".repeat(10_000)], "").message.length < 800);
  });

  it("because the credentials are of another account says whose to use, and nothing of the transport", () => {
    const said = "Unhandled exception: Error: 2 UNKNOWN: AWS account ID not allowed: 123456789012";
    const { what, fix } = updateFailed("s", "the preview failed", [said], "");
    assert.equal(what, "the preview failed: AWS account ID not allowed: 123456789012");
    assert.match(fix, /^use credentials of the stack's account/);
    assert.match(updateFailed("s", "x", ["Error: 2 apples are missing"], "").what, /x: Error: 2 apples/);
  });

  it("because another update runs is a held lease", () => {
    for (const text of [
      "error: [409] Conflict: Another update is currently in progress.",
      "the stack is currently locked by 1 lock(s)",
    ]) {
      const error = updateFailed("s", "x", [], new Error(text));
      assert.equal(error.code, "lease-held");
      assert.match(error.message, /another update of this stack is running\. Wait/);
    }
  });

  it("that is explained already stays as it is", () => {
    const error = new SwitchyardError("invalid-config", { what: "w", where: "k", fix: "f" });
    assert.equal(updateFailed("s", "x", ["d"], error), error);
  });
});

describe("what a stack says", () => {
  it("counts in words, in one order, without zeroes", () => {
    assert.equal(countsLine({ same: 3, create: 12, update: 0, delete: 1 }), "12 created, 1 deleted, 3 unchanged");
    assert.equal(countsLine({}), "no resources");
    assert.equal(countsLine({ discard: 2 }), "no resources");
  });

  it("is shown without its secrets", () => {
    assert.deepEqual(
      plainOutputs({ url: { value: "http://x", secret: false }, password: { value: "p", secret: true } }),
      { url: "http://x" },
    );
  });

  it("names resources by the last part of their URN", () => {
    assert.equal(nameOf(urn("db")), "db");
    assert.equal(nameOf(""), "");
  });
});

describe("an update that failed", () => {
  const violation = (when?: string) => {
    try {
      refuseViolations(
        { stack: "production", violations: [{ policy: "p", urn: "", message: "No", level: "mandatory" } as Violation] },
        when,
      );
    } catch (error) {
      return error;
    }
    return undefined;
  };
  const of = (code: "update-failed" | "disruptive-change") =>
    new SwitchyardError(code, { what: "it", where: "there", fix: "so" });
  for (const [what, error, begun] of [
    ["for what AWS refused", of("update-failed"), true],
    ["for a rule that a resource broke as it was made", violation(inTheMidst), true],
    ["for a rule that its plan broke", violation(), false],
    ["for what it would disrupt", of("disruptive-change"), false],
    ["for a fault of its own", new Error("it"), false],
  ] as const)
    it(`${what} ${begun ? "may have" : "has not"} begun`, () => assert.equal(hasBegun(error), begun));
});
