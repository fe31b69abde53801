import assert from "node:assert/strict";
import fc from "fast-check";
import { loginsOf, merge, render, sectionsOf } from "../../../automation/organization/profiles.ts";

const outputs = {
  organizationId: "o-1",
  managementAccountId: "123456789012",
  accountIds: { production: "111122223333", sandbox: "444455556666" },
  units: {},
  access: [
    { account: "sandbox", group: "developers", permissionSet: "operate" },
    { account: "production", group: "developers", permissionSet: "look" },
    { account: "production", group: "testers", permissionSet: "look" },
    { account: "management", group: "finance", permissionSet: "bills" },
  ],
  memberships: { ben: ["developers", "testers"], eve: ["finance"], zoe: [] },
  identityCenter: {
    ...{ instanceArn: "arn:aws:sso:::instance/ssoins-1", identityStoreId: "d-1", region: "us-east-1" },
    startUrl: "https://d-1.awsapps.com/start",
  },
};
const sections = (person: string) => sectionsOf(outputs, loginsOf(outputs, person), "us-east-1");

describe("a person's profiles", () => {
  it("are one for each account and permission set, whatever group gives it", () => {
    assert.equal(
      render(sections("ben")),
      `[sso-session switchyard]
sso_start_url = https://d-1.awsapps.com/start
sso_region = us-east-1
sso_registration_scopes = sso:account:access

[profile production-look]
sso_session = switchyard
sso_account_id = 111122223333
sso_role_name = look
region = us-east-1

[profile sandbox-operate]
sso_session = switchyard
sso_account_id = 444455556666
sso_role_name = operate
region = us-east-1`,
    );
    assert.match(
      render(sections("eve")),
      /\[profile management-bills\]\nsso_session = switchyard\nsso_account_id = 123456789012/,
    );
    assert.equal(sections("zoe").length, 1);
  });
});

describe("merging them into a file", () => {
  const own = `# mine
[default]
region = eu-west-1

[profile work]   ; of another session
sso_session = acme
sso_account_id=999999999999
[sso-session acme]
sso_start_url = https://acme.awsapps.com/start
`;

  it("writes an empty file, and nothing the second time", () => {
    const { text, added } = merge("", sections("ben"));
    assert.equal(text, `${render(sections("ben"))}\n`);
    assert.equal(added.length, 3);
    assert.deepEqual(merge(text, sections("ben")), { text, added: [], changed: [], removed: [], taken: [] });
  });

  it("leaves every other entry as it is, byte by byte", () => {
    const { text } = merge(own, sections("ben"));
    assert.ok(text.startsWith(own));
    const later = `${text}\n[profile last]\nregion = us-west-2`;
    const { text: moved, added, removed } = merge(later, sections("eve"));
    assert.ok(moved.startsWith(own) && moved.includes("\n[profile last]\nregion = us-west-2"));
    assert.deepEqual(
      [added, removed],
      [["profile management-bills"], ["profile production-look", "profile sandbox-operate"]],
    );
  });

  it("keeps one's own keys in our profiles, and corrects ours", () => {
    const before =
      "[profile production-look]\noutput = json\nsso_session = switchyard\nsso_account_id = 1\nregion = eu-west-1\n\n[default]\n";
    const { text, changed } = merge(before, sections("ben"));
    assert.deepEqual(changed, ["profile production-look"]);
    assert.ok(
      text.startsWith(
        "[profile production-look]\noutput = json\nsso_session = switchyard\nsso_account_id = 111122223333\nregion = us-east-1\nsso_role_name = look\n\n[default]\n",
      ),
      text,
    );
  });

  it("names profiles of our names that are somebody else's", () => {
    const { taken } = merge("[profile production-look]\nrole_arn = x\n", sections("ben"));
    assert.deepEqual(taken, ["profile production-look"]);
  });

  it("never changes a line of others, whatever they are", () => {
    const line = fc.stringMatching(/^[a-z_]{1,8} ?= ?[a-z0-9 ;#]{0,12}$/);
    const section = fc.tuple(
      fc.stringMatching(/^(profile [a-f]{1,6}|default|sso-session [a-f]{2,5}|services x)$/),
      fc.array(line, { maxLength: 4 }),
      fc.constantFrom("\n", "\n\n", "\n# a note\n"),
    );
    fc.assert(
      fc.property(fc.array(section, { maxLength: 6 }), fc.constantFrom("ben", "eve", "zoe"), (parts, person) => {
        const others = parts.map(([name, keys, end]) => `[${name}]\n${keys.join("\n")}${end}`).join("");
        const once = merge(others, sections(person));
        assert.ok(once.text.startsWith(others));
        const { text, added, changed, removed } = merge(once.text, sections(person));
        assert.deepEqual([text, added, changed, removed], [once.text, [], [], []]);
      }),
    );
  });
});
