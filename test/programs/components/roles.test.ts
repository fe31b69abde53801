import assert from "node:assert/strict";
import { readDocument } from "@switchyard/iam/document.ts";
import { type TokenClaims, trustsToken } from "@switchyard/iam/web-identity.ts";
import { sweepPreviews } from "../../../programs/components/roles/documents/workflows.ts";
import { subjectOf } from "../../../programs/components/roles/subject.ts";
import { type PipelineConfig, pipelineConfig, runnerConfig } from "../../../programs/config.ts";
import { pipeline } from "../../../programs/pipeline.ts";
import { runner } from "../../../programs/runner.ts";
import { runnerValues } from "../fixtures.ts";
import { type Resources, run } from "../mocks.ts";
import { statements } from "../runs.ts";

const issuer = "token.actions.githubusercontent.com";
const provider = "arn:aws:iam:us-east-1:123456789012:pipeline-github";
const forms = {
  name: { repository: "acme/switchyard" },
  id: { repository: "acme/switchyard", ownerId: "17", repositoryId: "4242" },
};

async function rolesWith(github: object, more: object = {}): Promise<Resources> {
  const values = { github: { stacks: ["production", "staging"], ...github }, ...more };
  return (await run("pipeline", {}, () => pipeline(pipelineConfig("pipeline", values)))).resources;
}

/** The roles a token opens. */
function opened(resources: Resources, claims: Omit<TokenClaims, "issuer">): readonly string[] {
  return resources
    .all("aws:iam/role:Role")
    .filter(({ inputs }) => trustsToken(readDocument(inputs["assumeRolePolicy"]), provider, { issuer, ...claims }))
    .map(({ inputs }) => String(inputs["name"]));
}

const contexts = {
  pull_request: "switchyard-plan",
  "environment:images": "switchyard-images",
  "environment:preview": "switchyard-preview",
  "environment:platform": "switchyard-platform",
  "environment:production": "switchyard-deploy-production",
  "environment:staging": "switchyard-deploy-staging",
  "environment:approval": "switchyard-approve",
  "environment:sweep": "switchyard-sweep",
  "environment:drift": "switchyard-drift",
  "environment:seal": "switchyard-seal",
};

const account = { partition: "aws", region: "us-east-1", id: "123456789012" };

describe("the subject of a workflow's token", () => {
  for (const [name, github, context, subject] of [
    ["name form", forms.name, "pull_request", "repo:acme/switchyard:pull_request"],
    ["ID form", forms.id, "pull_request", "repo:acme@17/switchyard@4242:pull_request"],
    ["name form", forms.name, { environment: "production" }, "repo:acme/switchyard:environment:production"],
    ["ID form", forms.id, { environment: "production" }, "repo:acme@17/switchyard@4242:environment:production"],
    ["a colon", forms.name, { environment: "eu:1" }, "repo:acme/switchyard:environment:eu%3A1"],
  ] as const)
    it(`${name}: ${subject}`, () => assert.equal(subjectOf(github, context), subject));
});

describe("workflow roles", () => {
  for (const [form, github] of Object.entries(forms)) {
    const own = form === "name" ? "repo:acme/switchyard" : "repo:acme@17/switchyard@4242";
    const other = form === "name" ? forms.id : forms.name;
    const aud = "sts.amazonaws.com";

    it(`${form} form: each context of the repository opens the one role that is its own`, async () => {
      const resources = await rolesWith(github);
      for (const [context, role] of Object.entries(contexts))
        assert.deepEqual(opened(resources, { aud, sub: `${own}:${context}` }), [role]);
      assert.equal(resources.all("aws:iam/role:Role").length, Object.keys(contexts).length);
    });

    it(`${form} form: no other token opens any`, async () => {
      const resources = await rolesWith(github);
      const refused: Record<string, Omit<TokenClaims, "issuer">> = {
        "another repository's tag": { aud, sub: `${own.replace(/switchyard/, "other")}:ref:refs/tags/v1` },
        "another repository's environment": {
          aud,
          sub: `${own.replace(/switchyard/, "other")}:environment:production`,
        },
        "another owner's": { aud, sub: `${own.replace("acme", "acme-inc")}:environment:production` },
        "a fork's pull request": { aud, sub: `${own.replace("acme", "mallory")}:pull_request` },
        "a tag of its own": { aud, sub: `${own}:ref:refs/tags/v1` },
        "a branch of its own": { aud, sub: `${own}:ref:refs/heads/main` },
        "an environment of another name": { aud, sub: `${own}:environment:production-eu` },
        "an environment of another case": { aud, sub: `${own}:environment:Production` },
        "the renamed repository": { aud, sub: `${own.replace("switchyard", "railyard")}:environment:production` },
        "the other form": { aud, sub: subjectOf(other, { environment: "production" }) },
        "a repository of the same name and another id": {
          aud,
          sub: "repo:acme@17/switchyard@4243:environment:production",
        },
        "no aud": { sub: `${own}:environment:production` },
        "another aud": { aud: "https://github.com/acme", sub: `${own}:environment:production` },
        "no sub": { aud },
        "a sub with a star": { aud, sub: `${own}:*` },
      };
      for (const [what, claims] of Object.entries(refused)) assert.deepEqual(opened(resources, claims), [], what);
    });
  }

  it("take no token of another issuer", async () => {
    const resources = await rolesWith(forms.name);
    const claims = {
      issuer: "gitlab.com",
      aud: "sts.amazonaws.com",
      sub: "repo:acme/switchyard:environment:production",
    };
    for (const { inputs } of resources.all("aws:iam/role:Role"))
      assert.equal(trustsToken(readDocument(inputs["assumeRolePolicy"]), provider, claims), false);
  });

  it("have a boundary, and sessions no longer than their workflow", async () => {
    const roles = (await rolesWith(forms.id)).all("aws:iam/role:Role");
    const seconds = Object.fromEntries(roles.map(({ name, inputs }) => [name, inputs["maxSessionDuration"]]));
    assert.deepEqual(seconds, {
      "pipeline-plan": 3600,
      "pipeline-images": 3600,
      "pipeline-preview": 7200,
      "pipeline-platform": 3600,
      "pipeline-approve": 3600,
      "pipeline-sweep": 3600,
      "pipeline-drift": 3600,
      "pipeline-seal": 3600,
      "pipeline-deploy-production": 14_400,
      "pipeline-deploy-staging": 14_400,
    });
    for (const { inputs } of roles) assert.match(String(inputs["permissionsBoundary"]), /:switchyard-workflow$/);
  });

  it("keep within what IAM takes, with the most stacks of the longest names", async () => {
    const chosen = { planOrganization: true, previewImages: true, runner: true };
    const stacks = Array.from({ length: 5 }, (_, i) => `stack-of-a-long-name${i}`.slice(-20));
    const policies = (await rolesWith({ ...forms.id, ...chosen, stacks }, { stateBucket: "b".repeat(63) })).all(
      "aws:iam/policy:Policy",
    );
    for (const { name, inputs } of policies) {
      const length = String(inputs["policy"]).replace(/\s/g, "").length;
      assert.ok(length <= 6144, `${name} has ${length} characters`);
    }
  });

  it("of a deploy write the ledger and the state of their own stack only", async () => {
    const resources = await rolesWith(forms.id, { stateBucket: "acme-state" });
    const { inputs } = resources.one("aws:iam/policy:Policy", "pipeline-deploy-staging-release");
    const writing = statements(inputs["policy"]).filter(({ Action }) =>
      /Put|Write|Update|DeleteObject/.test(`${Action}`),
    );
    assert.ok(writing.length >= 3);
    for (const statement of writing) assert.doesNotMatch(JSON.stringify(statement), /production/);
  });

  it("of previews may do what a deploy may, on previews alone", async () => {
    const policies = (await rolesWith(forms.id)).all("aws:iam/policy:Policy");
    const actionsOf = (role: string) =>
      policies
        .filter(({ name }) => name.startsWith(`pipeline-${role}-`))
        .flatMap(({ inputs }) => statements(inputs["policy"]).flatMap(({ Action }) => Action))
        .sort();
    assert.ok(actionsOf("preview").length > 100);
    const finding = new Set(sweepPreviews({ account, stacks: [] }).flatMap(({ Action }) => Action));
    assert.deepEqual(
      actionsOf("preview").filter((action) => !finding.has(action)),
      actionsOf("deploy-staging").filter((action) => !finding.has(action)),
    );
    for (const { name, inputs } of policies)
      if (name.startsWith("pipeline-preview-"))
        assert.doesNotMatch(String(inputs["policy"]), /production|staging/, name);
  });

  it("of previews push images only where that is configured", async () => {
    const pushes = async (github: object) =>
      (await rolesWith({ ...forms.id, ...github }))
        .all("aws:iam/policy:Policy")
        .filter(
          ({ name, inputs }) => name.startsWith("pipeline-preview-") && /ecr:PutImage"/.test(String(inputs["policy"])),
        ).length;
    assert.deepEqual(
      [await pushes({}), await pushes({ previewImages: false }), await pushes({ previewImages: true })],
      [0, 0, 1],
    );
  });

  /** What each role may do, by its name; and what the boundary of all has. */
  const actionsOf = async (github: object) => {
    const policies = (await rolesWith({ ...forms.id, ...github }, { stateBucket: "acme-state" })).all(
      "aws:iam/policy:Policy",
    );
    return (name: RegExp) =>
      policies
        .filter((policy) => name.test(policy.name))
        .flatMap(({ inputs }) => statements(inputs["policy"]))
        .map(({ Action, Resource }) => ({ actions: [Action].flat().map(String), resources: JSON.stringify(Resource) }));
  };
  const plan = /^pipeline-plan-/;
  const boundary = /^switchyard-workflow$/;

  it("of pull requests plan the organization only where that is configured, and read it alone", async () => {
    const ofOrganization = (found: readonly { actions: readonly string[] }[]) =>
      found.flatMap(({ actions }) => actions.filter((action) => /^(organizations|sso|identitystore):/.test(action)));
    const usual = await actionsOf({});
    const more = await actionsOf({ planOrganization: true });
    for (const name of [plan, boundary]) {
      assert.deepEqual(ofOrganization(usual(name)), []);
      assert.ok(ofOrganization(more(name)).length > 5);
      for (const action of ofOrganization(more(name))) assert.match(action, /:(Describe|List)/);
    }
    const stacksOf = (found: readonly { resources: string }[]) =>
      found.some(({ resources }) => /\/\.pulumi\/stacks\/[\w-]+\/organization\.json/.test(resources));
    assert.deepEqual([stacksOf(usual(plan)), stacksOf(more(plan))], [false, true]);
    for (const other of [/^pipeline-preview-/, /^pipeline-platform-/, /^pipeline-deploy-/])
      assert.deepEqual(ofOrganization(more(other)), []);
  });

  it("of pull requests and of deploys read prices, by which a plan says what a month costs and is held to a maximum", async () => {
    const found = await actionsOf({});
    const reads = (name: RegExp) => found(name).filter(({ actions }) => actions.includes("pricing:GetProducts"));
    for (const name of [plan, /^pipeline-deploy-staging-/, /^pipeline-preview-/, boundary])
      assert.equal(reads(name).length, 1, String(name));
    for (const name of [/^pipeline-images-/, /^pipeline-sweep-/, /^pipeline-drift-/]) assert.deepEqual(reads(name), []);
  });

  type Found = readonly { actions: readonly string[]; resources: string }[];
  const ofStates = (found: Found, action: string) =>
    found.filter(({ actions }) => actions.includes(`states:${action}`)).map(({ resources }) => JSON.parse(resources));
  const arn = (name: string) => `arn:aws:states:us-east-1:123456789012:${name}`;

  it("start the runner by hand from an environment of its own, and none where that is not configured", async () => {
    assert.deepEqual(ofStates((await actionsOf({}))(/./), "StartExecution"), []);
    const more = await actionsOf({ runner: true });
    const byHand = ["run", "ephemeral"].map((name) => arn(`stateMachine:switchyard-${name}`));
    assert.deepEqual(ofStates(more(/^pipeline-runner-start$/), "StartExecution"), [byHand]);
    assert.deepEqual(ofStates(more(/^pipeline-(?!runner-|start-)/), "StartExecution"), []);
    const resources = await rolesWith({ ...forms.id, runner: true });
    const sub = "repo:acme@17/switchyard@4242:environment:runner";
    assert.deepEqual(opened(resources, { aud: "sts.amazonaws.com", sub }), ["switchyard-runner"]);
  });

  it("have the runner do what their own environment lets through and nothing else, and read no history with a question", async () => {
    const more = await actionsOf({ runner: true });
    const resources = await rolesWith({ ...forms.name, runner: true });
    const rows = [
      ["platform", "platform", "merge", "platform"],
      ["production", "production", "release-production", "deploy-production"],
      ["staging", "staging", "release-staging", "deploy-staging"],
    ] as const;
    for (const [role, environment, machine, other] of rows) {
      const found = more(new RegExp(`^pipeline-start-${role}-start$`));
      assert.deepEqual(ofStates(found, "StartExecution"), [[arn(`stateMachine:switchyard-${machine}`)]]);
      assert.deepEqual(ofStates(found, "GetExecutionHistory"), [[arn(`execution:switchyard-${machine}:*`)]]);
      const sub = `repo:acme/switchyard:environment:${environment}`;
      const roles = opened(resources, { aud: "sts.amazonaws.com", sub });
      assert.deepEqual(roles.toSorted(), [`switchyard-${other}`, `switchyard-start-${role}`].toSorted());
    }
    const started = new Set(ofStates(more(/^pipeline-(runner|start)-/), "StartExecution").flat());
    assert.deepEqual(new Set(ofStates(more(boundary), "StartExecution").flat()), started);
    assert.doesNotMatch(JSON.stringify(more(/^pipeline-|^switchyard-workflow$/)), /switchyard-plan-apply/);
  });

  it("have the runner build images, and put nothing anywhere but below the sources of its bucket", async () => {
    const more = await actionsOf({ runner: true });
    const found = more(/^pipeline-start-images-/);
    const of = (service: string) =>
      found.flatMap(({ actions, resources }) =>
        actions.filter((action) => action.startsWith(`${service}:`)).map((action) => [action, JSON.parse(resources)]),
      );
    const projects = ["amd64", "arm64"].map(
      (architecture) => `arn:aws:codebuild:us-east-1:123456789012:project/switchyard-images-${architecture}`,
    );
    assert.deepEqual(
      of("codebuild"),
      ["BatchGetBuilds", "BatchGetProjects", "ListBuildsForProject", "StartBuild"].map((name) => [
        `codebuild:${name}`,
        projects,
      ]),
    );
    assert.deepEqual(
      of("s3").filter(([action]) => action === "s3:PutObject"),
      [["s3:PutObject", "arn:aws:s3:::runner-artifacts-*/builds/*"]],
    );
    assert.deepEqual(of("ecr"), []);
    const builds = more(boundary).flatMap(({ actions }) => actions.filter((action) => action.startsWith("codebuild:")));
    assert.deepEqual(
      builds,
      of("codebuild").map(([action]) => action),
    );
    const resources = await rolesWith({ ...forms.name, runner: true });
    const roles = opened(resources, { aud: "sts.amazonaws.com", sub: "repo:acme/switchyard:environment:images" });
    assert.deepEqual(roles.toSorted(), ["switchyard-images", "switchyard-start-images"]);
  });

  it("name the runner's bucket, key and log as its stack calls them", async () => {
    const { resources } = await run("runner", {}, () =>
      runner(runnerConfig("runner", { ...runnerValues, builds: ["linux/arm64"] })),
    );
    assert.ok(resources.one("aws:s3/bucket:Bucket", "runner-artifacts"));
    const aliases = resources.all("aws:kms/alias:Alias").map(({ inputs }) => inputs["name"]);
    assert.deepEqual(aliases, ["alias/switchyard/runner"]);
    const groups = resources.all("aws:cloudwatch/logGroup:LogGroup").map(({ inputs }) => inputs["name"]);
    assert.ok(groups.includes("/switchyard/runner/builds"), groups.join());
  });

  it("of drift write nothing", async () => {
    const policies = (await rolesWith(forms.id, { stateBucket: "acme-state" })).all("aws:iam/policy:Policy");
    const actions = policies
      .filter(({ name }) => name.startsWith("pipeline-drift-"))
      .flatMap(({ inputs }) => statements(inputs["policy"]).flatMap(({ Action }) => Action));
    assert.ok(actions.length > 30);
    const others = actions.filter((action) => !/:(BatchGet|Describe|Get|List|Query|Decrypt)/.test(String(action)));
    assert.deepEqual(others, []);
  });

  it("are none without a repository of GitHub; the boundary of environments is there all the same", async () => {
    const config = pipelineConfig("pipeline", {});
    const { outputs, resources } = await run("pipeline", {}, () => pipeline(config));
    assert.deepEqual(resources.all("aws:iam/role:Role"), []);
    assert.match(outputs.workloadBoundaryArn, /switchyard-workload$/);
    assert.equal(outputs.roleArns, undefined);
  });

  for (const [what, github, says] of [
    ["one id alone", { repository: "acme/switchyard", ownerId: "17" }, /switchyard:github\.repositoryId/],
    ["no owner", { repository: "switchyard" }, /switchyard:github\.repository.*owner\/name/],
    ["a pattern", { repository: "acme/*" }, /switchyard:github\.repository/],
    ["an id that is none", { ...forms.id, ownerId: "acme" }, /switchyard:github\.ownerId/],
    [
      "a stack of another role's environment",
      { ...forms.id, stacks: ["platform"] },
      /switchyard:github\.stacks.*platform/,
    ],
    ["no stack", { ...forms.id, stacks: [] }, /switchyard:github\.stacks/],
  ] as const)
    it(`refuse ${what}, naming the key`, () => {
      const parse = (): PipelineConfig => pipelineConfig("pipeline", { github });
      assert.throws(parse, { code: "invalid-config", message: says });
    });

  it("take the state bucket over, and leave it behind", async () => {
    const resources = await rolesWith(forms.id, { stateBucket: "acme-state" });
    assert.equal(resources.one("aws:s3/bucket:Bucket").inputs["bucket"], "acme-state");
  });
});
