import assert from "node:assert/strict";
import { readDocument } from "@switchyard/iam/document.ts";
import { trustsToken } from "@switchyard/iam/web-identity.ts";
import { keys, subjects } from "../../../automation/bootstrap/steps/roles.ts";
import { type GithubConfig, pipelineConfig } from "../../../programs/config.ts";
import { pipeline } from "../../../programs/pipeline.ts";
import { run } from "../../programs/mocks.ts";

const github: GithubConfig = { repository: "acme/switchyard", stacks: ["production"] };
const all: GithubConfig = { ...github, previewImages: true, planOrganization: true, runner: true };

describe("the roles that a bootstrap wants", () => {
  it("leave what the file says of the repository as it is: nobody is given a right, and none is taken", () => {
    const ids = { ownerId: "1", repositoryId: "2" };
    for (const said of [github, { ...github, previewImages: true }, { ...all, ...ids }, { ...all, runner: false }])
      assert.deepEqual(keys({ github: said }), { "switchyard:github": said });
    assert.deepEqual(keys({ github: { ...github, ownerId: undefined } }), { "switchyard:github": github });
    assert.deepEqual(keys({}), {});
  });

  it("are opened by each subject that a role of the pipeline trusts, and by no other", async () => {
    for (const said of [github, all]) {
      const { resources } = await run("pipeline", {}, () => pipeline(pipelineConfig("pipeline", { github: said })));
      const provider = "arn:aws:iam:us-east-1:123456789012:pipeline-github";
      const claims = { issuer: "token.actions.githubusercontent.com", aud: "sts.amazonaws.com" };
      const roles = resources.all("aws:iam/role:Role");
      const opened = subjects(said).flatMap((sub) => {
        const its = roles.filter(({ inputs }) =>
          trustsToken(readDocument(inputs["assumeRolePolicy"]), provider, { ...claims, sub }),
        );
        assert.notEqual(its.length, 0, sub);
        return its.map(({ name }) => name);
      });
      assert.deepEqual(opened.toSorted(), roles.map(({ name }) => name).toSorted());
    }
  });
});
