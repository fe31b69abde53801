import assert from "node:assert/strict";
import { cookieOf, isOwnHost, isOwnOrigin, isSame, secret } from "../../../automation/console/access.ts";
import { argumentsOf, readAction, refuseOther, subjectOf } from "../../../automation/console/actions.ts";
import type { EnvironmentView } from "../../../automation/console/views/environment.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import { environment, flight } from "./views.ts";

describe("who may use the console", () => {
  it("has a secret of its own each time, and compares it whole", () => {
    const one = secret();
    assert.notEqual(one, secret());
    assert.match(one, /^[\w-]{43}$/);
    assert.deepEqual(
      [one, `${one}x`, one.slice(1), "", undefined].map((given) => isSame(given, one)),
      [true, false, false, false, false],
    );
  });

  for (const [header, value] of [
    ["a=1; b=2", "2"],
    ["b=2", "2"],
    ["xb=1; b=a=b", "a=b"],
    ["bb=1", undefined],
    ["b", undefined],
    [undefined, undefined],
  ] as const)
    it(`finds ${value ?? "no value"} in the cookies ${JSON.stringify(header)}`, () => {
      assert.equal(cookieOf(header, "b"), value);
    });

  for (const [host, own] of [
    ["127.0.0.1:7000", true],
    ["localhost:7000", true],
    ["127.0.0.1:7001", false],
    ["127.0.0.1", false],
    ["evil.example:7000", false],
    ["localhost.evil.example:7000", false],
    [undefined, false],
  ] as const)
    it(`${own ? "answers to" : "refuses"} the name ${host}`, () => assert.equal(isOwnHost(host, 7000), own));

  for (const [origin, site, own] of [
    ["http://127.0.0.1:7000", "same-origin", true],
    ["http://localhost:7000", undefined, true],
    ["http://127.0.0.1:7000", "cross-site", false],
    ["http://127.0.0.1:7000", "same-site", false],
    ["http://127.0.0.1:7001", "same-origin", false],
    ["https://evil.example", undefined, false],
    ["null", undefined, false],
    [undefined, undefined, false],
  ] as const)
    it(`${own ? "takes" : "refuses"} an action from ${origin} (${site})`, () =>
      assert.equal(isOwnOrigin(origin, site, 7000), own));
});

describe("an action from the page", () => {
  const inFlight = environment({ flight: flight({ approvable: true }) });
  const cases: readonly [Parameters<typeof subjectOf>[0], EnvironmentView, string | undefined][] = [
    ["promote", inFlight, "v2"],
    ["promote", environment({ flight: flight() }), undefined],
    ["promote", environment(), undefined],
    ["abort", environment({ flight: flight() }), "v2"],
    ["abort", environment(), undefined],
    ["rollback", environment(), "v1"],
    ["rollback", inFlight, undefined],
    ["rollback", environment({ services: [] }), undefined],
  ];
  for (const [kind, view, subject] of cases)
    it(`${kind} is of ${subject ?? "nothing"} where ${view.flight ? "a deploy is in flight" : "nothing is"}`, () => {
      assert.equal(subjectOf(kind, view), subject);
    });

  it("is refused where the version is not the one that was confirmed", () => {
    const action = { stack: "production", kind: "rollback", version: "v0" } as const;
    assert.throws(() => refuseOther(action, environment()), /confirmed for v0, and now it is v1/);
    refuseOther({ ...action, version: "v1" }, environment());
  });

  it("is the command of that name, which names the version it promotes", () => {
    const of = (kind: "promote" | "abort") => argumentsOf({ stack: "production", kind, version: "v2 (api)" });
    assert.deepEqual(of("promote"), ["promote", "production", "--tag", "v2"]);
    assert.deepEqual(of("abort"), ["abort", "production"]);
  });

  for (const [given, where] of [
    [undefined, "action"],
    ["abort", "action"],
    [{ kind: "destroy", version: "v1" }, "kind"],
    [{ kind: "abort" }, "version"],
    [{ kind: "abort", version: "" }, "version"],
    [{ kind: "abort", version: "v".repeat(201) }, "version"],
    [{ kind: "abort", version: "v1", stack: "other" }, "action"],
  ] as const)
    it(`refuses ${JSON.stringify(given)?.slice(0, 60)}, naming ${where}`, () => {
      assert.throws(
        () => readAction("production", given),
        (error) => error instanceof SwitchyardError && error.message.startsWith(`${where}: `),
      );
    });
});
