import assert from "node:assert/strict";
import fc from "fast-check";
import { expandAssignments } from "../../programs/components/organization/expand.ts";
import { accountsWithin, isInItself, outsideIn, pathUp } from "../../programs/components/organization/units.ts";
import { type ConfigValues, organizationConfig } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { didYouMean, nearest } from "../../programs/nearest.ts";
import { organizationValues } from "./fixtures.ts";

const read = (values: ConfigValues) => organizationConfig("organization", values);

/** The repository's own values with one changed; undefined takes it away. */
function changed(path: string, value: unknown): ConfigValues {
  const values = structuredClone(organizationValues());
  const steps = path.split("/");
  const last = steps.pop() ?? "";
  let at = values as Record<string, unknown>;
  for (const step of steps) {
    at[step] ??= {};
    at = at[step] as Record<string, unknown>;
  }
  if (value === undefined) delete at[last];
  else at[last] = value;
  return values;
}

const policies = (many: number, statement: object = { actions: ["s3:PutObject"] }) =>
  Object.fromEntries(Array.from({ length: many }, (_, i) => [`p${i}`, { units: ["live"], statements: [statement] }]));
/** A policy of exactly so many characters. */
function ofSize(characters: number) {
  const empty = { document: { Version: "2012-10-17", Statement: [{ Effect: "Deny", Action: "", Resource: "*" }] } };
  const [statement] = empty.document.Statement;
  if (statement) statement.Action = "a".repeat(characters - JSON.stringify(empty.document).length);
  return empty;
}

/** One error each: where it is, and how to correct it. */
const refused: readonly (readonly [path: string, value: unknown, where: RegExp, fix: RegExp])[] = [
  ["accounts/staging", {}, /accounts\.staging\.email: is missing/, /an e-mail address/],
  ["accounts/staging", { email: "nobody" }, /accounts\.staging\.email: "nobody" is not allowed/, /e-mail address/],
  [
    "accounts/staging",
    { email: "AWS+sandbox@example.com" },
    /accounts\.staging\.email: sandbox has the same address/,
    /its own/,
  ],
  [
    "accounts/staging",
    { email: "s@example.com", name: "sandbox" },
    /accounts\.staging\.name: sandbox has the same name/,
    /own/,
  ],
  [
    "accounts/staging",
    { email: "s@example.com", unit: "trail" },
    /accounts\.staging\.unit: there is no unit "trail"/,
    /Did you mean trial\?/,
  ],
  ["accounts/staging", { email: "s@example.com", region: "x" }, /accounts\.staging\.region: is not a key/, /remove it/],
  ["accounts/Staging", { email: "s@example.com" }, /accounts\.Staging: is not a name/, /lower-case/],
  [
    "accounts/management",
    { email: "s@example.com" },
    /accounts\.management: the management account has no entry/,
    /another name/,
  ],
  ["accounts/sandbox/tags", { stack: "x" }, /accounts\.sandbox\.tags\.stack: is not a name/, /other than project/],
  ["accounts/sandbox/decommission", "yes", /decommission: "yes" is not allowed/, /true or false/],
  ["accounts/sandbox/budget/monthlyUsd", 0, /monthlyUsd: 0 is not allowed/, /1 to/],
  ["accounts/sandbox/budget/emails", [], /budget\.emails/, /1 to 10 e-mail/],
  ["accounts/sandbox/budget/alertPercents", [1, 2, 3, 4, 5], /alertPercents/, /1 to 4/],
  ["accounts/sandbox/budget/alertPercents", [80, 80], /alertPercents: a percentage is there twice/, /Leave one/],
  ["accounts/sandbox/contacts", { legal: {} }, /contacts\.legal: is not a key/, /remove/],
  ["contacts/security/phone", "call me", /contacts\.security\.phone: "call me"/, /telephone/],
  ["accountQuota", "4", /accounts: 4 accounts and the management account are more than AWS allows, 4/, /accountQuota/],
  ["accountQuota", "many", /accountQuota: "many"/, /whole number/],
  ["units/live/parent", "wrkloads", /units\.live\.parent: there is no unit "wrkloads"/, /Did you mean workloads\?/],
  [
    "units/workloads/parent",
    "live",
    /the unit is in itself: .*live in workloads|workloads in live/,
    /Break the circle/,
  ],
  ["units/workloads/parent", "workloads", /the unit is in itself: workloads in workloads/, /Break/],
  ["units/root", {}, /units\.root: root is a name of AWS's own/, /another name/],
  [
    "units/second",
    { parent: "workloads", name: "live" },
    /units\.second: live has the same name in the same unit/,
    /another name/,
  ],
  [
    "units",
    Object.fromEntries(["a", "b", "c", "d", "e", "f"].map((n, i, all) => [n, i === 0 ? {} : { parent: all[i - 1] }])),
    /units\.f\.parent: it is 6 units deep/,
    /Move it up/,
  ],
  [
    "serviceControlPolicies",
    policies(5),
    /serviceControlPolicies: 5 policies \(p0.*\) are attached to unit live, and FullAWSAccess/,
    /Join some/,
  ],
  ["resourceControlPolicies", policies(6), /6 policies .* and RCPFullAWSAccess/, /Join some/],
  ["serviceControlPolicies/big", ofSize(5121), /big: it has 5121 characters/, /Shorten/],
  ["serviceControlPolicies/odd", {}, /odd: it needs either document or statements/, /one of the two/],
  [
    "serviceControlPolicies/odd",
    { statements: [{ effect: "Deny" }] },
    /odd\.statements\.0: it needs either actions or notActions/,
    /one of/,
  ],
  [
    "serviceControlPolicies/odd",
    { statements: [{ actions: ["*"], effect: "Refuse" }] },
    /effect: "Refuse"/,
    /one of Allow, Deny/,
  ],
  [
    "serviceControlPolicies/odd",
    { statements: [{ actions: ["*"] }], units: ["lve"] },
    /units\.0: there is no unit "lve"/,
    /Did you mean live\?/,
  ],
  [
    "serviceControlPolicies/odd",
    { statements: [{ actions: ["*"] }], accounts: ["management"] },
    /accounts\.0: no such policy binds the management account/,
    /Leave it out/,
  ],
  [
    "serviceControlPolicies/odd",
    { document: { Version: "2008-10-17", Statement: [{}] } },
    /document\.Version: "2008-10-17"/,
    /2012-10-17/,
  ],
  [
    "resourceControlPolicies/odd",
    { statements: [{ actions: ["s3:*"], effect: "Allow" }] },
    /can only deny/,
    /Set it to Deny/,
  ],
  [
    "resourceControlPolicies/our-regions",
    { statements: [{ actions: ["s3:*"] }] },
    /our-regions: another policy has the same name/,
    /another name/,
  ],
  ["people/ann/email", undefined, /people\.ann\.email: is missing/, /makes nobody without it/],
  ["people/ben/email", "ANN@example.com", /people\.ben\.email: ann has the same address/, /their own/],
  ["people/ben/groups", ["developer"], /groups\.0: there is no group "developer"/, /Did you mean developers\?/],
  ["people/ben/groups", ["developers", "developers"], /groups\.1: it is there twice/, /Leave one/],
  [
    "people/two words",
    { email: "t@example.com", givenName: "T", familyName: "W" },
    /people\.two words/,
    /without spaces/,
  ],
  ["identity", "external", /people\.ann\.email: belongs to the identity provider/, /change it there/],
  ["identity", "elsewhere", /identity: "elsewhere"/, /managed, external/],
  ["permissionSets/none", {}, /permissionSets\.none: it allows nothing/, /managedPolicies or an inlinePolicy/],
  [
    "permissionSets/none",
    { inlinePolicy: { statements: [{ actions: ["s3:GetObject"] }] } },
    /permissionSets\.none: it allows nothing/,
    /effect: Allow/,
  ],
  ["repositories", {}, /repositories: is not a key/, /Pulumi\.organization\.yaml shows every key/],
  ["permissionSets/look/sessionHours", 13, /sessionHours: 13/, /1 to 12/],
  ["permissionSets/look/relayState", "http://x", /relayState: "http:\/\/x"/, /https/],
  ["permissionSets/look/managedPolicies", ["arn:aws:iam::123456789012:policy/own"], /managedPolicies\.0/, /of AWS's/],
  [
    "permissionSets/look/managedPolicies",
    ["ReadOnlyAccess", "ReadOnlyAcess"],
    /permissionSets\.look\.managedPolicies\.1: AWS has no policy ReadOnlyAcess/,
    /^Did you mean ReadOnlyAccess( or \w+){0,2}\? .*switchyard:newerManagedPolicies/,
  ],
  [
    "permissionSets/look/managedPolicies",
    ["arn:aws:iam::aws:policy/billing"],
    /managedPolicies\.0: AWS has no policy billing/,
    /^Did you mean job-function\/Billing\? /,
  ],
  [
    "permissionSets/look/managedPolicies",
    ["aws-service-role/AWSSupportServiceRolePolicy"],
    /managedPolicies\.0: AWS has no policy .* that can be attached/,
    /newerManagedPolicies/,
  ],
  [
    "permissionSets/look/permissionsBoundary",
    { managedPolicy: "PowerUser" },
    /permissionsBoundary\.managedPolicy: AWS has no policy PowerUser/,
    /PowerUserAccess|newer/,
  ],
  ["newerManagedPolicies", "Newcomer", /newerManagedPolicies: /, /a list of policies/],
  ["permissionSets/look/permissionsBoundary", {}, /permissionsBoundary: it needs either/, /one of the two/],
  [
    "permissionSets/look/inlinePolicy",
    { statements: [{ actions: ["a".repeat(33_000)] }] },
    /inlinePolicy: it has \d+ bytes/,
    /Shorten/,
  ],
  [
    "assignments",
    [{ group: "developer", permissionSets: ["look"], units: ["live"] }],
    /assignments\.0\.group: there is no group/,
    /developers\?/,
  ],
  [
    "assignments",
    [{ group: "developers", permissionSets: ["lok"], units: ["live"] }],
    /permissionSets\.0: there is no permission set "lok"/,
    /look\?/,
  ],
  [
    "assignments",
    [{ group: "developers", permissionSets: ["look"], accounts: ["sandbx"] }],
    /accounts\.0: there is no account/,
    /sandbox\?/,
  ],
  [
    "assignments",
    [{ group: "developers", permissionSets: ["look"] }],
    /assignments\.0: it is for no account/,
    /units or accounts/,
  ],
  ["assignments", { group: "developers" }, /assignments: has a value/, /a list of assignments/],
  [
    "administers",
    "logins",
    /serviceControlPolicies: a stack that administers logins has no right to it/,
    /management account/,
  ],
  ["trail/account", "log-archve", /trail\.account: there is no account/, /log-archive\?/],
  [
    "accounts/log-archive/decommission",
    true,
    /trail\.account: log-archive is to be decommissioned, and the trail's bucket/,
    /another account first/,
  ],
  [
    "accounts/tooling/decommission",
    true,
    /tooling is to be decommissioned, and it is a delegated/,
    /another account first/,
  ],
  [
    "delegatedAdministrators",
    [{ account: "management", service: "sso.amazonaws.com" }],
    /cannot be a delegated administrator/,
    /another account/,
  ],
  [
    "delegatedAdministrators",
    [{ account: "tooling", service: "guardduty" }],
    /service: "guardduty"/,
    /service principal/,
  ],
];

describe("an organization's configuration", () => {
  it("is the repository's own", () => assert.equal(Object.keys(read(organizationValues()).accounts).length, 4));

  for (const [path, value, where, fix] of refused)
    it(`refuses ${path} = ${JSON.stringify(value)?.slice(0, 80)}`, () =>
      assert.throws(
        () => read(changed(path, value)),
        (error) => {
          assert.ok(error instanceof SwitchyardError && error.code === "invalid-config", String(error));
          assert.match(`${error.where}: ${error.what}`, where);
          assert.match(error.fix, fix);
          assert.doesNotMatch(error.message, /\n/);
          return true;
        },
      ));

  it("takes what is just within AWS's limits", () => {
    assert.ok(read(changed("serviceControlPolicies", policies(4))));
    assert.ok(read(changed("serviceControlPolicies/big", ofSize(5120))));
    assert.ok(read(changed("accountQuota", "5")));
    assert.ok(read({ accounts: {} }));
    const newer = { managedPolicies: ["Newcomer"], permissionsBoundary: { managedPolicy: "job-function/Newcomer" } };
    const newcomers = changed("permissionSets/look", newer);
    assert.ok(read({ ...newcomers, newerManagedPolicies: ["Newcomer", "job-function/Newcomer"] }));
    // What other partitions have is not known.
    assert.ok(read(changed("permissionSets/look/managedPolicies", ["arn:aws-cn:iam::aws:policy/ReadOnly"])));
  });

  it("of logins alone assigns nobody to the management account", () => {
    const { people, groups, permissionSets, units, accounts } = organizationValues();
    const logins = { administers: "logins", people, groups, permissionSets, units, accounts };
    const assigned = (...names: string[]) => ({
      ...logins,
      assignments: [{ group: "developers", permissionSets: ["look"], accounts: names }],
    });
    assert.ok(read(assigned("sandbox")));
    assert.throws(
      () => read(assigned("sandbox", "management")),
      /delegated administrator cannot assign anybody to the management/,
    );
  });

  it("of an external identity has people by their names alone", () => {
    const values = {
      ...organizationValues(),
      identity: "external",
      people: { ann: {} },
      groups: { developers: {}, administrators: {}, finance: {} },
    };
    assert.ok(read(values));
  });
});

describe("the tree of units", () => {
  const tree = fc
    .array(fc.option(fc.nat(30)), { maxLength: 30 })
    .map((parents) =>
      Object.fromEntries(
        parents.map((parent, i) => [`u${i}`, parent === null ? {} : { parent: `u${parent % (i + 1)}` }]),
      ),
    );

  it("has no way that does not end, and names what is in itself", () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom("a", "b", "c", "d"),
          fc.record({ parent: fc.constantFrom("a", "b", "c", "d", "root") }),
        ),
        (units) => {
          for (const name of Object.keys(units)) {
            const path = pathUp(units, name);
            assert.equal(new Set(path).size, path.length);
          }
          const circle = Object.keys(units).some((name) => isInItself(units, name));
          const ends = Object.keys(units).every((name) => {
            let at: string | undefined = name;
            for (let steps = 0; at !== undefined && steps < 10; steps += 1) at = units[at]?.parent;
            return at === undefined;
          });
          assert.equal(circle, !ends);
        },
      ),
    );
  });

  it("is made from the outside in", () => {
    fc.assert(
      fc.property(tree, (units) => {
        fc.pre(Object.keys(units).every((name) => !isInItself(units, name)));
        const order = outsideIn(units);
        for (const [index, name] of order.entries()) {
          const { parent } = units[name] as { parent?: string };
          if (parent !== undefined) assert.ok(order.indexOf(parent) < index);
        }
      }),
    );
  });

  it("has each account in its unit, in those above it, and in the root", () => {
    const units = { a: {}, b: { parent: "a" }, c: { parent: "root" } };
    const within = accountsWithin(units, { one: { unit: "b" }, two: { unit: "c" }, three: {} });
    assert.deepEqual(Object.fromEntries(within), { root: ["one", "two", "three"], a: ["one"], b: ["one"], c: ["two"] });
  });
});

describe("assignments", () => {
  it("reach an account that is added to a unit, and no other", () => {
    const before = expandAssignments(read(organizationValues()));
    const after = expandAssignments(read(changed("accounts/staging", { email: "s@example.com", unit: "trial" })));
    assert.deepEqual(
      after
        .filter((one) => !before.some((other) => JSON.stringify(other) === JSON.stringify(one)))
        .map((one) => Object.values(one).join(" ")),
      [
        "staging administrators break-glass",
        "staging administrators operate",
        "staging developers look",
        "staging developers operate",
      ],
    );
  });

  it("leave an account that is to be decommissioned", () => {
    const access = expandAssignments(read(changed("accounts/sandbox/decommission", true)));
    assert.deepEqual(
      access.filter(({ account }) => account === "sandbox"),
      [],
    );
  });
});

describe("a name that is not known", () => {
  it("is held to the nearest one, and to none that is far", () => {
    assert.equal(nearest("prodction", ["production", "sandbox"]), "production");
    assert.equal(nearest("trail", ["trial", "security"]), "trial");
    assert.equal(nearest("Sandbox", ["sandbox"]), "sandbox");
    assert.equal(nearest("finance", ["production", "sandbox"]), undefined);
    assert.match(didYouMean("x", ["one", "two"], "unit"), /one, two/);
    assert.match(didYouMean("x", [], "unit"), /no unit yet/);
  });
});
