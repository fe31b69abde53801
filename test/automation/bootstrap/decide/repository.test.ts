import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import {
  commandLine,
  type Delivery,
  environmentsOf,
  ownVariables,
  type RepositorySeen,
  repositoryState,
  reviewers,
  settingsFor,
  variablesOf,
} from "../../../../automation/bootstrap/decide/repository.ts";
import { projectRoot } from "../../../../automation/surroundings.ts";

const roles = [
  "plan",
  "images",
  "preview",
  "platform",
  "approve",
  "sweep",
  "drift",
  "seal",
  "runner",
  "start-images",
  "start-platform",
  "start-live",
  "deploy-live",
  "deploy-other",
];
const delivery: Delivery = {
  region: "us-east-1",
  backendUrl: "s3://acme-state",
  roleArns: Object.fromEntries(roles.map((role) => [role, `arn:aws:iam::123456789012:role/switchyard-${role}`])),
  github: { repository: "acme/switchyard", stacks: ["live", "other"], previewImages: true, runner: true },
  pushRoleArn: "arn:aws:iam::210987654321:role/switchyard-push",
};
/** Of everything, and of one service. */
const releases = ["v*", "*/v*"];
const complete: RepositorySeen = {
  variables: variablesOf(delivery),
  environments: {
    ...{ preview: [], platform: [], approval: [], sweep: [], drift: ["main"], seal: ["main"], runner: [] },
    ...{ images: releases, live: releases, other: releases, "public-images": ["main", "v*"] },
  },
};
const what = (seen?: RepositorySeen) => settingsFor(delivery, seen).map((setting) => setting.what);

describe("what a repository needs for its workflows", () => {
  it("has a variable for each that the workflows read", () => {
    const dir = join(projectRoot, ".github/workflows");
    const text = readdirSync(dir).map((file) => readFileSync(join(dir, file), "utf8"));
    const read = new Set([...text.join("\n").matchAll(/\bvars\.([A-Z_]+)/g)].map(([, name]) => name));
    const set = variablesOf(delivery);
    assert.deepEqual(
      [...read].filter((name) => set[name ?? ""] === undefined),
      // Whether drift opens pull requests is for people to say.
      ["DRIFT_REPAIR"],
    );
    assert.equal(set["DEPLOY_ROLE_ARN"], "arn:aws:iam::123456789012:role/switchyard-deploy-live");
    assert.equal(set["DEPLOY_RUNNER_ROLE_ARN"], "arn:aws:iam::123456789012:role/switchyard-start-live");
  });

  it("lets the tags deploy that begin a release", () => {
    const { on } = parse(readFileSync(join(projectRoot, ".github/workflows/release.yaml"), "utf8")) as {
      readonly on: { readonly push: { readonly tags: readonly string[] } };
    };
    for (const name of ["images", "live"])
      assert.deepEqual(Object.keys(environmentsOf(delivery)[name] ?? {}), on.push.tags);
  });

  it("has none for public images until there is a role that pushes them", () => {
    const { pushRoleArn, ...before } = delivery;
    assert.equal(variablesOf(delivery)["PUBLIC_IMAGES_ROLE_ARN"], pushRoleArn);
    assert.equal(variablesOf(before)["PUBLIC_IMAGES_ROLE_ARN"], undefined);
  });

  it("lets pull requests have previews where the pipeline lets them push images", () => {
    const { previewImages: _, ...github } = delivery.github;
    assert.equal(variablesOf(delivery)["PREVIEW_IMAGES"], "true");
    assert.equal(variablesOf({ ...delivery, github })["PREVIEW_IMAGES"], undefined);
  });

  it("has an environment with reviewers for the runner where there is a role that starts it", () => {
    const { runner: _, ...github } = delivery.github;
    const { runner: __, ...roleArns } = delivery.roleArns;
    const without = { ...delivery, github, roleArns };
    assert.deepEqual(environmentsOf(delivery)["runner"], {});
    assert.equal(environmentsOf(without)["runner"], undefined);
    assert.equal(variablesOf(without)["RUNNER_ROLE_ARN"], undefined);
    assert.match(reviewers(delivery.github), / platform, approval, runner, live, other required reviewers$/);
    assert.match(reviewers(github), / platform, approval, live, other required reviewers$/);
  });

  it("lets tags alone deploy, and push images; public ones the main branch as well; the main branch alone read everything", () => {
    const limits = Object.entries(environmentsOf(delivery)).filter(([, limit]) => Object.keys(limit).length > 0);
    assert.deepEqual(Object.fromEntries(limits), {
      ...{ drift: { main: "branch" }, seal: { main: "branch" } },
      ...Object.fromEntries(["images", "live", "other"].map((name) => [name, { "v*": "tag", "*/v*": "tag" }])),
      "public-images": { main: "branch", "v*": "tag" },
    });
    const { pushRoleArn: _, ...before } = delivery;
    assert.equal(environmentsOf(before)["public-images"], undefined);
  });

  it("is done where all of it is there, and each thing that is missing is one setting", () => {
    assert.equal(repositoryState(delivery, complete).kind, "done");
    const { AWS_REGION: _, ...variables } = complete.variables;
    assert.deepEqual(what({ ...complete, variables }), ["variable AWS_REGION"]);
    const { sweep: __, ...environments } = complete.environments;
    assert.deepEqual(what({ ...complete, environments }), ["environment sweep"]);
    // Cut short between an environment and its tags.
    assert.deepEqual(what({ ...complete, environments: { ...complete.environments, live: [] } }), [
      "tag v* for the environment live",
      "tag */v* for the environment live",
    ]);
    assert.deepEqual(what({ ...complete, environments: { ...complete.environments, "public-images": ["v*"] } }), [
      "branch main for the environment public-images",
    ]);
    assert.equal(what(undefined).length, Object.keys(complete.variables).length + 11 + 10);
  });

  it("is to be pasted where gh cannot be asked, and holds nothing up", () => {
    const state = repositoryState(delivery, "it is not installed");
    assert.ok(state.kind === "by-hand" && !state.required);
    assert.equal(state.steps.length, what(undefined).length + 1);
    assert.equal(state.steps[0], "gh variable set AWS_REGION --repo acme/switchyard --body us-east-1");
    assert.equal(commandLine(["api", "-f", "name=v*"]), "gh api -f 'name=v*'");
  });

  it("takes away its own variables and no others", () => {
    const variables = { ...complete.variables, AWS_REGION: "eu-west-1", OTHER: "x" };
    const own = ownVariables(delivery, { ...complete, variables });
    assert.deepEqual(
      own,
      Object.keys(complete.variables).filter((name) => name !== "AWS_REGION"),
    );
  });
});
