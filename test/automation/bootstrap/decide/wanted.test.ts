import assert from "node:assert/strict";
import { type Given, wantedOf } from "../../../../automation/bootstrap/decide/wanted.ts";
import { organizationConfig, pipelineConfig, registryConfig } from "../../../../programs/config.ts";
import { SwitchyardError } from "../../../../programs/errors.ts";

const given = (pipeline: object = {}, more: Partial<Given> = {}): Given => ({
  caller: { account: "123456789012", arn: "arn:aws:iam::123456789012:user/ann" },
  region: "eu-west-1",
  pipeline: pipelineConfig("pipeline", { ...pipeline }),
  organization: organizationConfig("organization", {}),
  registry: registryConfig("registry", {
    publicRepositories: { base: { description: "Base" } },
    github: { repository: "acme/switchyard" },
  }),
  tag: "v1",
  passphraseGiven: true,
  ...more,
});

describe("what a bootstrap is to make", () => {
  const buckets: readonly (readonly [what: string, given: Given, bucket: string])[] = [
    ["named after account and region", given(), "switchyard-state-123456789012-eu-west-1"],
    ["the configuration's", given({ stateBucket: "acme-state" }), "acme-state"],
    ["the flag's", given({}, { stateBucket: "acme-state" }), "acme-state"],
    ["the backend's", given({}, { backendUrl: "s3://acme-state?region=eu-west-1" }), "acme-state"],
    ["all of them", given({ stateBucket: "acme" }, { stateBucket: "acme", backendUrl: "s3://acme" }), "acme"],
  ];
  for (const [what, one, bucket] of buckets)
    it(`keeps state in a bucket: ${what}`, () => {
      const wanted = wantedOf(one);
      assert.deepEqual([wanted.stateBucket, wanted.backendUrl], [bucket, `s3://${bucket}`]);
    });

  const refused: readonly (readonly [given: () => Given, code: string, says: RegExp])[] = [
    [() => given({ account: "210987654321" }), "invalid-config", /^switchyard:account: the pipeline stack belongs in/],
    [() => given({ stateBucket: "acme" }, { stateBucket: "other" }), "invalid-flag", /^--state-bucket: it says other/],
    [
      () => given({ stateBucket: "acme" }, { backendUrl: "s3://other" }),
      "invalid-flag",
      /PULUMI_BACKEND_URL says other/,
    ],
    [() => given({}, { backendUrl: "file:///tmp" }), "invalid-config", /^PULUMI_BACKEND_URL: "file:\/\/\/tmp" is not/],
    [() => given({}, { backendUrl: "https://api.pulumi.com" }), "invalid-config", /^PULUMI_BACKEND_URL/],
    [
      () => given({ github: { repository: "acme/switchyard" } }, { repository: "acme/other" }),
      "invalid-flag",
      /^--repository: it says acme\/other, and switchyard:github says acme\/switchyard/,
    ],
  ];
  for (const [make, code, says] of refused)
    it(`refuses ${says.source}`, () => {
      assert.throws(
        () => wantedOf(make()),
        (error) => error instanceof SwitchyardError && error.code === code && says.test(error.message),
      );
    });

  it("takes the repository of the flag, of the configuration, or none", () => {
    const named = { repository: "acme/switchyard", stacks: ["production"] };
    assert.deepEqual(wantedOf(given({}, { repository: "acme/switchyard" })).github, named);
    assert.deepEqual(wantedOf(given({ github: named }, { repository: "acme/switchyard" })).github, named);
    assert.equal(wantedOf(given()).github, undefined);
  });
});
