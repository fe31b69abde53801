import assert from "node:assert/strict";
import { type ConfigValues, organizationConfig } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { organization } from "../../programs/organization.ts";
import { organizationValues } from "./fixtures.ts";
import { type OrganizationWorld, run, type World } from "./mocks.ts";
import { statements } from "./runs.ts";

const account = "aws:organizations/account:Account";
const assignment = "aws:ssoadmin/accountAssignment:AccountAssignment";

const runOrganization = (change: ConfigValues = {}, there: OrganizationWorld = {}, world: World = {}) =>
  run("organization", { organization: there, ...world }, () =>
    organization(organizationConfig("organization", { ...organizationValues(), ...change })),
  );

async function refusal(...args: Parameters<typeof runOrganization>): Promise<SwitchyardError> {
  const error = await runOrganization(...args).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof SwitchyardError, String(error));
  assert.doesNotMatch(error.message, /\n/);
  return error;
}

const existing = (name: string, more: object = {}) => ({
  ...{ id: "210987654321", name, email: `aws+${name}@example.com`, state: "ACTIVE" },
  ...more,
});
const ofThisStack = { tags: { "managed-by": "switchyard", stack: "organization" } };

describe("organization program", () => {
  it("has protected accounts, which nothing but the command closes", async () => {
    const { resources } = await runOrganization();
    assert.equal(resources.all(account).length, 4);
    for (const { protect, inputs } of resources.all(account))
      assert.deepEqual([protect, inputs["closeOnDeletion"]], [true, undefined]);
  });

  it("gives groups alone what is assigned, and an account its unit's", async () => {
    const { resources } = await runOrganization();
    const names = resources.all(assignment).map(({ name }) => name);
    assert.deepEqual(names.filter((name) => /^(sandbox|management)\//.test(name)).sort(), [
      "management/administrators/break-glass",
      "management/administrators/operate",
      "management/finance/bills",
      "sandbox/administrators/break-glass",
      "sandbox/administrators/operate",
      "sandbox/developers/look",
      "sandbox/developers/operate",
    ]);
    for (const { inputs } of resources.all(assignment)) assert.equal(inputs["principalType"], "GROUP");
  });

  it("logs every account where nobody deletes it, and in another account", async () => {
    const { resources } = await runOrganization();
    const { inputs, protect } = resources.one("aws:cloudtrail/trail:Trail");
    for (const key of ["isMultiRegionTrail", "isOrganizationTrail", "enableLogFileValidation", "enableLogging"])
      assert.equal(inputs[key], true, key);
    assert.equal(protect, true);
    const policy = statements(resources.one("aws:s3/bucketPolicy:BucketPolicy").inputs["policy"]);
    const deny = policy.find((one) => (one as { Sid?: string }).Sid === "NobodyDeletes");
    assert.deepEqual(
      [deny?.Principal, deny?.Action],
      ["*", ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:DeleteBucket"]],
    );
    const provider = resources.one("pulumi:providers:aws", "organization-archive").inputs;
    assert.match(String(provider["assumeRoles"]), /role\/OrganizationAccountAccessRole/);
  });

  it("takes away the logins of an account that is to be closed, and its protection, and nothing else", async () => {
    const accounts = organizationValues()["accounts"] as Record<string, object>;
    const there = { accounts: [existing("sandbox")] };
    const change = { accounts: { ...accounts, sandbox: { ...accounts["sandbox"], decommission: true } } };
    const { resources } = await runOrganization(change, there);
    const { protect, inputs } = resources.one(account, "sandbox");
    assert.deepEqual([protect, (inputs["tags"] as Record<string, string>)["decommission"]], [false, "true"]);
    assert.deepEqual(
      resources.all(assignment).filter(({ name }) => name.startsWith("sandbox/")),
      [],
    );
    assert.equal(resources.one("aws:budgets/budget:Budget", "sandbox").inputs["limitAmount"], "100.0");
    const closed = await runOrganization(change, { accounts: [existing("sandbox", { state: "SUSPENDED" })] });
    assert.deepEqual(
      closed.resources.all(account).filter(({ name }) => name === "sandbox"),
      [],
    );
    assert.ok(!("sandbox" in closed.outputs.accountIds));
  });

  it("refuses that the entry of an account is gone, and leaves accounts made by hand alone", async () => {
    const error = await refusal({}, { accounts: [existing("gone", ofThisStack)] });
    assert.equal(error.code, "protected");
    assert.match(error.message, /gone \(210987654321\) .* no entry .* decommission: true .* account close/);
    await runOrganization({}, { accounts: [existing("by-hand")] });
    await runOrganization({}, { accounts: [existing("other", { tags: { ...ofThisStack.tags, stack: "theirs" } })] });
    await runOrganization({}, { accounts: [existing("gone", { ...ofThisStack, state: "SUSPENDED" })] });
  });

  it("counts closed accounts in the quota", async () => {
    const accounts = Array.from({ length: 6 }, (_, i) => existing(`closed-${i}`, { state: "SUSPENDED" }));
    const error = await refusal({}, { accounts });
    assert.match(error.message, /4 new and 6 existing accounts, closed ones and the management account counted, .* 10/);
    await runOrganization({ accountQuota: "11" }, { accounts });
  });

  describe("an account's address", () => {
    it("is not the management account's", async () => {
      const accounts = organizationValues()["accounts"] as object;
      const same = { accounts: { ...accounts, again: { email: "AWS@example.com", unit: "trial" } } };
      const error = await refusal(same);
      assert.match(error.message, /switchyard:accounts\.again\.email: the management account has the same address/);
    });
  });

  describe("says what has to be done by hand, in its order", () => {
    it("where there is no organization", async () => {
      const error = await refusal({}, {}, { managementAccount: null });
      assert.equal(error.code, "not-set-up");
      assert.match(error.message, /1\. .*create-organization.*2\. .*mail.*3\. .*Identity Center.*Enable/);
    });
    it("where Identity Center is not enabled", async () => {
      const error = await refusal({}, { identityCenter: false });
      assert.equal(error.code, "not-set-up");
      assert.match(
        error.message,
        /not enabled in us-east-1\. 1\. sign in .*2\. choose the region us-east-1.*3\. .*Enable/,
      );
    });
    it("where a type of policy is off", async () => {
      const error = await refusal({}, { policyTypes: ["SERVICE_CONTROL_POLICY"] });
      assert.match(error.message, /RESOURCE_CONTROL_POLICY .*enable-policy-type --root-id r-1 --policy-type RESOURCE/);
      await runOrganization({ resourceControlPolicies: {} }, { policyTypes: ["SERVICE_CONTROL_POLICY"] });
    });
    it("where it is another account's", async () => {
      const error = await refusal({}, {}, { managementAccount: "999999999999" });
      assert.match(error.message, /applied in 123456789012, and 999999999999 is the management account/);
    });
  });

  describe("of an identity provider", () => {
    const external = {
      identity: "external",
      people: { ann: {}, ben: {} },
      groups: { administrators: {}, developers: {}, finance: {} },
    };
    const groups = { administrators: ["ann"], developers: ["ann", "ben", "zoe"], finance: [] };

    it("looks people and groups up, and writes none", async () => {
      const { resources, outputs } = await runOrganization(external, { groups });
      assert.deepEqual(
        resources.types().filter((type) => type.startsWith("aws:identitystore")),
        [],
      );
      assert.deepEqual(outputs.memberships, { ann: ["administrators", "developers"], ben: ["developers"] });
      assert.equal(resources.one(assignment, "sandbox/developers/look").inputs["principalId"], "developers-group");
    });

    it("names who is not there", async () => {
      const error = await refusal(external, { groups: { ...groups, developers: ["ann", "bem"] } });
      assert.match(error.message, /switchyard:people\.ben: .*Did you mean bem\?/);
      const { developers: _, ...others } = groups;
      assert.match((await refusal(external, { groups: others })).message, /switchyard:groups\.developers: /);
    });
  });

  describe("of logins alone, in the delegated administrator", () => {
    const { people, groups, permissionSets, units, accounts } = organizationValues();
    const none = { serviceControlPolicies: {}, resourceControlPolicies: {}, delegatedAdministrators: [] };
    const logins = {
      ...{ people, groups, permissionSets, units, accounts, ...none, administers: "logins" },
      ...{ trail: undefined, budget: undefined },
      assignments: [{ group: "developers", permissionSets: ["look"], units: ["live"] }],
    };
    const there = { accounts: ["log-archive", "tooling", "production", "sandbox"].map((name) => existing(name)) };

    it("finds accounts by their addresses and makes none", async () => {
      const { resources } = await runOrganization(logins, there, { managementAccount: "999999999999" });
      assert.deepEqual(
        resources.types().filter((type) => type.startsWith("aws:organizations")),
        [],
      );
      assert.equal(resources.one(assignment).inputs["targetId"], "210987654321");
    });

    it("is refused in the management account, and where an account is missing", async () => {
      assert.match((await refusal(logins, there)).message, /in the management account/);
      const error = await refusal(logins, { accounts: [] }, { managementAccount: "999999999999" });
      assert.match(error.message, /switchyard:accounts\.log-archive: .*no account with the address/);
    });
  });
});
