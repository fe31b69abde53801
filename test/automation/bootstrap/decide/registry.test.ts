import assert from "node:assert/strict";
import {
  type RegistrySeen,
  registryHindrance,
  registryKeys,
} from "../../../../automation/bootstrap/decide/registry.ts";

describe("the registry of public images, seen from the management account", () => {
  const role = (account: string) => `arn:aws:iam::${account}:role/OrganizationAccountAccessRole`;
  const none: RegistrySeen = { applied: false, accountIds: { production: "111111111111" } };
  const byEntry: RegistrySeen = { ...none, accountIds: { ...none.accountIds, registry: "222222222222" } };

  const open: readonly (readonly [what: string, seen: RegistrySeen, keys: object])[] = [
    [
      "of an entry of the organization",
      byEntry,
      { "switchyard:account": "222222222222", "switchyard:assumeRole": role("222222222222") },
    ],
    [
      "of the account its file names, which the organization has made",
      { ...byEntry, account: "111111111111" },
      { "switchyard:account": "111111111111", "switchyard:assumeRole": role("111111111111") },
    ],
    ["by the role its file names", { ...none, account: "333333333333", assumeRole: role("333333333333") }, {}],
  ];
  for (const [what, seen, keys] of open)
    it(`is applied from here: ${what}`, () => {
      assert.equal(registryHindrance(seen), undefined);
      assert.deepEqual(registryKeys(seen), keys);
    });

  it("waits for an account of its own, and holds nothing up", () => {
    const state = registryHindrance(none);
    assert.ok(state?.kind === "by-hand" && !state.required);
    assert.match(state.steps.join("\n"), /an entry `registry`/);
    assert.deepEqual(registryKeys(none), {});
  });

  it("is left to credentials of its own in an account of nobody here", () => {
    const foreign: RegistrySeen = { ...none, account: "333333333333" };
    const state = registryHindrance(foreign);
    assert.ok(state?.kind === "by-hand");
    assert.match(state.steps.join("\n"), /with credentials of 333333333333: `switchyard up registry`/);
    assert.equal(registryHindrance({ ...foreign, applied: true })?.kind, "done");
  });
});
