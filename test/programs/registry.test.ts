import assert from "node:assert/strict";
import { readDocument } from "@switchyard/iam/document.ts";
import { trustsToken } from "@switchyard/iam/web-identity.ts";
import { registryConfig } from "../../programs/config.ts";
import { registry } from "../../programs/registry.ts";
import { run, type World } from "./mocks.ts";
import { statements } from "./runs.ts";

const values = {
  publicRepositories: { base: { description: "Node" }, minimal: { description: "Certificates" } },
  github: { repository: "acme/switchyard", ownerId: "17", repositoryId: "4242" },
};

describe("registry program", () => {
  const runRegistry = (change: Record<string, unknown> = {}, world: World = {}) =>
    run("registry", world, () => registry(registryConfig("registry", { ...values, ...change })));

  it("has the repositories with what their pages say", async () => {
    const { resources, outputs } = await runRegistry();
    const { inputs, protect } = resources.one("aws:ecrpublic/repository:Repository", "base");
    assert.equal(protect, true);
    assert.equal(inputs["repositoryName"], "base");
    assert.deepEqual(inputs["catalogData"], {
      description: "Node",
      aboutText: "",
      usageText: "",
      architectures: ["x86-64", "ARM 64"],
      operatingSystems: ["Linux"],
    });
    assert.deepEqual(Object.keys(outputs.repositoryUris), ["base", "minimal"]);
  });

  it("has a role that pushes to those and nothing else, from one environment of one repository", async () => {
    const { resources } = await runRegistry();
    const { inputs } = resources.one("aws:iam/role:Role");
    const provider = "arn:aws:iam:us-east-1:123456789012:registry-push-github";
    const opens = (sub: string, aud: string | undefined = "sts.amazonaws.com") =>
      trustsToken(readDocument(inputs["assumeRolePolicy"]), provider, {
        issuer: "token.actions.githubusercontent.com",
        sub,
        aud,
      });
    const own = "repo:acme@17/switchyard@4242";
    assert.equal(opens(`${own}:environment:public-images`), true);
    for (const sub of [
      `${own}:pull_request`,
      `${own}:ref:refs/heads/feature`,
      `${own}:environment:images`,
      "repo:acme@17/other@4243:environment:public-images",
      "repo:acme/switchyard:environment:public-images",
      "repo:mallory@1/switchyard@2:ref:refs/tags/v1",
    ])
      assert.equal(opens(sub), false, sub);
    const policy = resources.one("aws:iam/policy:Policy", "registry-push-images");
    const [login, push, ...rest] = statements(policy.inputs["policy"]);
    assert.deepEqual(login?.Action, ["ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken"]);
    assert.deepEqual(push?.Resource, [
      "arn:aws:ecr-public::123456789012:repository/base",
      "arn:aws:ecr-public::123456789012:repository/minimal",
    ]);
    assert.deepEqual(rest, []);
    assert.doesNotMatch(JSON.stringify(push), /Delete|Policy|Catalog|Create/);
  });

  for (const [what, world, says] of [
    ["the management account", { managementAccount: "123456789012" }, /switchyard:account.*management account/],
    ["an account of no organization", { managementAccount: null }, /switchyard:account.*no organization/],
    ["another region", { region: "eu-west-1" }, /aws:region.*us-east-1/],
  ] as const)
    it(`refuses ${what} before it makes anything`, async () => {
      await assert.rejects(runRegistry({}, world), { code: "invalid-config", message: says });
    });

  for (const [what, change, says] of [
    ["no repository", { publicRepositories: {} }, /switchyard:publicRepositories/],
    ["a name ECR does not take", { publicRepositories: { Base: { description: "x" } } }, /publicRepositories/],
    ["no description", { publicRepositories: { base: {} } }, /publicRepositories\.base\.description/],
    [
      "another architecture",
      { publicRepositories: { base: { description: "x", architectures: ["arm64"] } } },
      /architectures/,
    ],
    ["no repository of GitHub", { github: undefined }, /switchyard:github/],
    ["stacks, which are the pipeline's", { github: { ...values.github, stacks: ["production"] } }, /github\.stacks/],
  ] as const)
    it(`refuses ${what}, naming the key`, () => {
      assert.throws(() => registryConfig("registry", { ...values, ...change }), {
        code: "invalid-config",
        message: says,
      });
    });
});
