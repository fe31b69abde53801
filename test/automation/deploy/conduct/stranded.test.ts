import assert from "node:assert/strict";
import { lastSeen, stranded } from "../../../../automation/deploy/conduct/stranded.ts";
import { SwitchyardError } from "../../../../programs/errors.ts";
import { observed, resultEvent, stepEvent, waitEvent } from "../../render/fixture.ts";
import { goal } from "../fixtures.ts";

describe("what a run leaves that cannot go on", () => {
  const expired = new SwitchyardError("credentials", { what: "they have expired", where: "elb.ModifyRule", fix: "x" });
  const weights = { blue: 90, green: 10 };
  const shift = stepEvent("shift", "web 10%", observed(0, {}), {
    writes: [{ kind: "set-weights", service: "web", rule: "production", weights }],
  });

  it("is what was last read, and what was written since", () => {
    const first = lastSeen(undefined, shift);
    assert.equal(first?.services["web"]?.weights.green, 0);
    assert.equal(lastSeen(first, resultEvent(shift, "refused"))?.services["web"]?.weights.green, 0);
    const written = lastSeen(first, resultEvent(shift));
    assert.deepEqual(written?.services["web"]?.weights, weights);
    assert.deepEqual(lastSeen(written, { kind: "retry", problem: "Timeout" }), written);
    const waiting = lastSeen(written, waitEvent("bake", "web at 20%", 0, observed(20, {})));
    assert.equal(waiting?.services["web"]?.weights.green, 20);
  });

  it("is said with how it goes on, when the credentials ended", () => {
    const error = stranded(expired, "production", goal(), observed(10, {}));
    assert.ok(error instanceof SwitchyardError && error.code === "credentials");
    assert.equal(
      error.message,
      `deploy ${goal().version} of production: they have expired; nothing was undone, traffic stays at web blue 90 green 10, and nobody watches it until the next run. Get new credentials, and run the same command again: it goes on from there; \`switchyard abort production\` undoes it`,
    );
    assert.equal(error.cause, expired);
    assert.match(String(stranded(expired, "production", goal(), undefined)), /no traffic was moved/);
  });

  it("is no matter of any other failure", () => {
    const lost = new SwitchyardError("lease-lost", { what: "a", where: "b", fix: "c" });
    for (const error of [lost, new Error("x"), undefined])
      assert.equal(stranded(error, "production", goal(), observed(10, {})), error);
  });
});
