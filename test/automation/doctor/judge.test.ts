import assert from "node:assert/strict";
import { type Facts, judge, type Line, refuseProblems } from "../../../automation/doctor/judge.ts";
import { errorCatalogue } from "../../../programs/error-catalogue.ts";
import { SwitchyardError } from "../../../programs/errors.ts";

const healthy: Facts = {
  node: "v24.21.0",
  pulumi: { value: "3.276.1" },
  wantedPulumi: "3.276.0",
  caller: { value: { account: "123456789012", arn: "arn:aws:iam::123456789012:user/ann" } },
  wantedAccount: "123456789012",
  region: { value: "us-east-1" },
  clockSkewMs: 0,
  quotas: [{ name: "VPCs", used: { value: 1 }, most: { value: 5 }, raise: "Service Quotas, vpc L-F678F1CE" }],
  state: { value: { backend: "s3://acme", bucket: { versioned: true, isPrivate: true }, secrets: "cloud" } },
  leases: { value: [{ stack: "production" }] },
  identityCenter: { value: "arn:aws:sso:::instance/ssoins-1" },
  subjects: { value: { repository: "acme/switchyard", configured: "ids", actual: "ids" } },
  docker: { value: "28.0" },
  buildx: { value: "v0.20" },
};

const line = (facts: Facts, check: string): Line => {
  const found = judge(facts).find((each) => each.check === check);
  assert.ok(found, check);
  return found;
};

const held = (isDead: boolean) => ({
  value: [{ stack: "production", held: { holder: "ann@laptop", purpose: "deploy v2", isDead } }],
});

/** What is not as it should be → the line that says so. */
const sick: readonly (readonly [facts: Partial<Facts>, check: string, verdict: Line["verdict"], says: RegExp])[] = [
  [{ node: "v22.3.0" }, "node", "problem", /24 is needed/],
  [{ pulumi: { value: "3.200.0" } }, "pulumi", "problem", /3\.200\.0, and the SDK is 3\.276\.0/],
  [{ pulumi: { value: "embedded" } }, "pulumi", "ok", /embedded/],
  [{ pulumi: { error: "there is none" } }, "pulumi", "problem", /there is none/],
  [{ caller: { error: "they have expired" } }, "credentials", "problem", /expired/],
  [{ wantedAccount: "210987654321" }, "credentials", "problem", /the pipeline is of 210987654321/],
  [{ wantedAccount: undefined }, "credentials", "ok", /user\/ann in 123456789012/],
  [{ region: { error: "none is set" } }, "region", "problem", /none is set/],
  [{ clockSkewMs: -90_000 }, "clock", "problem", /-90 s/],
  [{ clockSkewMs: 30_000 }, "clock", "ok", /30 s/],
  [{ clockSkewMs: undefined }, "clock", "unknown", /did not answer/],
  [
    { quotas: [{ name: "VPCs", used: { value: 4 }, most: { value: 5 }, raise: "there" }] },
    "quota: VPCs",
    "problem",
    /4 of 5/,
  ],
  [
    { quotas: [{ name: "VPCs", used: { value: 4 }, most: { error: "denied" }, raise: "there" }] },
    "quota: VPCs",
    "unknown",
    /4 in use.*denied/,
  ],
  [
    { quotas: [{ name: "VPCs", used: { error: "denied" }, most: { value: 5 }, raise: "there" }] },
    "quota: VPCs",
    "unknown",
    /denied/,
  ],
  [
    { state: { value: { backend: "s3://acme", bucket: { versioned: false, isPrivate: false } } } },
    "state",
    "problem",
    /not versioned, not closed to the public/,
  ],
  [{ state: { error: "the bucket acme is absent" } }, "state", "problem", /absent/],
  [{ leases: held(false) }, "lease: production", "ok", /ann@laptop: deploy v2/],
  [{ leases: held(true) }, "lease: production", "problem", /which is gone/],
  [{ leases: { error: "denied" } }, "lease", "unknown", /denied/],
  [{ identityCenter: { value: undefined } }, "identity center", "problem", /not enabled/],
  [{ identityCenter: { error: "denied" } }, "identity center", "unknown", /denied/],
  [{ subjects: { value: undefined } }, "oidc subject", "unknown", /names no repository/],
  [
    { subjects: { value: { repository: "acme/switchyard", configured: "names", actual: "ids" } } },
    "oidc subject",
    "problem",
    /names alone, and GitHub's tokens have with ids: no role opens/,
  ],
  [
    { subjects: { value: { repository: "acme/switchyard", configured: "names" } } },
    "oidc subject",
    "unknown",
    /cannot be asked/,
  ],
  [{ docker: { error: "no daemon" } }, "docker", "problem", /no daemon/],
  [{ buildx: { error: "no such command" } }, "buildx", "problem", /no such command/],
];

describe("what a doctor says", () => {
  it("finds nothing wrong where nothing is", () => {
    const lines = judge(healthy);
    assert.deepEqual(
      lines.filter(({ verdict }) => verdict !== "ok"),
      [],
    );
    refuseProblems(lines);
  });

  for (const [facts, check, verdict, says] of sick)
    it(`${check}: ${verdict}, ${says.source}`, () => {
      const found = line({ ...healthy, ...facts }, check);
      assert.equal(found.verdict, verdict);
      assert.match(found.says, says);
      assert.equal(found.fix !== undefined, verdict === "problem");
    });

  it("ends in an error that names the first problem with its fix, and how many more there are", () => {
    const lines = judge({ ...healthy, node: "v22.3.0", docker: { error: "no daemon" } });
    assert.throws(
      () => refuseProblems(lines),
      (error) =>
        error instanceof SwitchyardError &&
        errorCatalogue[error.code].exitCode === 20 &&
        /^node: v22\.3\.0.*, and 1 more\. Run it as/.test(error.message),
    );
  });
});
