import assert from "node:assert/strict";
import { judge } from "../../../automation/guard/guard.ts";
import type { View } from "../../../automation/guard/verdict.ts";
import type { PlannedChange } from "../../../automation/stacks/changes.ts";
import type { Setup } from "../../../programs/release.ts";
import { deployed, setup } from "../deploy/fixtures.ts";
import { change, inService, view } from "./fixtures.ts";

const registry = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
const secret = (name: string) => `arn:aws:secretsmanager:us-east-1:123456789012:secret:switchyard/production/${name}`;
const repository = (name: string) => `arn:aws:ecr:us-east-1:123456789012:repository/${name}`;
const [own, user, url] = [
  secret("web-AbCdEf"),
  secret("platform/database-user-AbCdEf"),
  secret("platform/database-url-AbCdEf"),
];

const pull = (...Resource: readonly string[]) => ({ Effect: "Allow", Action: ["ecr:BatchGetImage"], Resource });
const log = { Effect: "Allow", Action: ["logs:PutLogEvents"], Resource: "arn:aws:logs:::log-group:web:*" };
const read = (...Resource: readonly string[]) => [
  { Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource },
  { Effect: "Allow", Action: "kms:Decrypt", Resource: "arn:aws:kms:::key/1" },
];

/** web's releases, each of the secrets it starts with; undefined where none was recorded. */
function seen(...releases: readonly (Setup["secrets"] | undefined)[]): View {
  const [blue, green] = releases.map((secrets, index) => ({
    ...deployed(`v${index + 1}`),
    digest: `${registry}/web@sha256:${String(index).repeat(64)}`,
    ...(secrets && { setup: { ...setup("/"), secrets } }),
  }));
  assert.ok(blue);
  return { ...view, release: { ...view.release, services: { web: { live: "blue", blue, ...(green && { green }) } } } };
}

function effectOf(planned: PlannedChange, of: View): string {
  return judge([planned], of)[0]?.why ?? "harmless";
}

const deletes = (type: string, name = "web") =>
  change(type, name, { op: "delete", before: { fromPort: 5432, toPort: 5432 }, within: inService("web") });

const policy = (statements: readonly object[]) => JSON.stringify({ Version: "2012-10-17", Statement: statements });
const role = (before: readonly object[], after: readonly object[]) =>
  change("aws:iam/rolePolicy:RolePolicy", "web-execution", {
    properties: ["policy"],
    before: { policy: policy(before) },
    after: { policy: policy(after) },
    within: inService("web"),
  });

describe("what recorded releases start with", () => {
  const secretTypes = ["aws:secretsmanager/secret:Secret", "aws:secretsmanager/secretVersion:SecretVersion"];

  for (const type of secretTypes) {
    it(`keeps a service's ${type.split(":").at(-1)} for as long as one of them names it`, () => {
      const gone = deletes(type);
      for (const kept of [seen(["service"]), seen([], ["service", "database"]), seen([], undefined)])
        assert.notEqual(effectOf(gone, kept), "harmless");
      for (const none of [seen([]), seen([], ["database"])]) assert.equal(effectOf(gone, none), "harmless");
    });

    it(`keeps the ${type.split(":").at(-1)} of an environment's own, whatever services start with`, () => {
      assert.notEqual(effectOf({ ...deletes(type), within: [] }, seen([])), "harmless");
    });
  }

  it("keeps the way to the database for as long as one of them needs it", () => {
    const type = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule";
    const gone = deletes(type, "web-database");
    for (const kept of [seen(["database"]), seen([], ["database"]), seen(undefined)])
      assert.equal(effectOf(gone, kept), "closes port 5432 to or from web");
    assert.equal(effectOf(gone, seen([], ["service"])), "harmless");
    assert.notEqual(effectOf(deletes(type, "web-web-443"), seen([])), "harmless");
  });

  /** What leaves the role's policy, what web's releases start with, and whether that may leave. */
  const shrinking: readonly (readonly [string, readonly object[], readonly object[], View, boolean])[] = [
    ["its secret", read(own, user, url), read(user, url), seen(["database"]), true],
    ["a secret one names", read(own, user, url), read(user, url), seen(["database"], ["service"]), false],
    ["every secret", read(own), [], seen([], []), true],
    ["every secret but for one release", read(own), [], seen([], ["service"]), false],
    ["the database's", read(own, user, url), read(own), seen(["service"]), true],
    ["the database's, which one needs", read(own, user, url), read(own), seen(["service"], ["database"]), false],
    [
      "a repository of no release",
      [pull(repository("web"), repository("old"))],
      [pull(repository("web"))],
      seen([]),
      true,
    ],
    [
      "a release's repository",
      [pull(repository("web"), repository("old"))],
      [pull(repository("old"))],
      seen([]),
      false,
    ],
    [
      "another region's repository of the same name",
      [pull(repository("web"), repository("web").replace("us-east-1", "eu-west-1"))],
      [pull(repository("web"))],
      seen([]),
      true,
    ],
    ["another service's secret", read(secret("api-AbCdEf")), [], seen([]), false],
    ["the right to write logs", [log], [], seen([]), false],
    ["a resource but not its statement's denial", [{ ...log, Effect: "Deny" }], [], seen([]), false],
  ];
  for (const [what, before, after, of, may] of shrinking)
    it(`${may ? "lets" : "does not let"} a role lose ${what}`, () => {
      assert.equal(effectOf(role(before, after), of) === "harmless", may);
    });

  it("is not all that runs while a deploy is in flight", () => {
    const of = { ...seen([]), inFlight: "deploy v2" };
    for (const type of secretTypes) assert.notEqual(effectOf(deletes(type), of), "harmless");
    assert.notEqual(effectOf(role(read(own), []), of), "harmless");
  });
});
