import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { givePreviewFile } from "../../../automation/previews/file.ts";
import { previewStack, pullOf } from "../../../automation/previews/name.ts";
import { previewSettings, readPreviewSettings } from "../../../automation/previews/settings.ts";
import { readStackFile, switchyardValues } from "../../../automation/stacks/settings.ts";
import { projectRoot } from "../../../automation/surroundings.ts";
import { environmentConfig } from "../../../programs/config.ts";
import { isError } from "../../support/errors.ts";

describe("what preview environments are made by", () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "switchyard-previews-"));
    await cp(join(projectRoot, "previews.yaml"), join(dir, "previews.yaml"));
  });
  afterEach(() => rm(dir, { recursive: true }));

  it("is an environment that nothing protects", async () => {
    const { config } = await readStackFile(dir, "pr-12");
    assert.equal(environmentConfig("pr-12", switchyardValues(config)).tier, "development");
    assert.equal((await readPreviewSettings(dir)).hours, 24);
  });

  it("is a pull request's own file where it has one, and no other stack's", async () => {
    await writeFile(join(dir, "Pulumi.pr-12.yaml"), "config: { aws:region: eu-west-1 }");
    assert.deepEqual(await readStackFile(dir, "pr-12"), { config: { "aws:region": "eu-west-1" } });
    assert.equal((await readStackFile(dir, "pr-13")).config["aws:region"], "us-east-1");
    await assert.rejects(readStackFile(dir, "staging"), isError("not-found"));
  });

  it("is given to the official engine as the stack's file, once", async () => {
    const text = await readFile(join(dir, "previews.yaml"), "utf8");
    await writeFile(join(dir, "previews.yaml"), `secretsprovider: awskms:///alias/state\n${text}`);
    assert.equal(await givePreviewFile(dir, "pr-12"), dir);
    const file = join(dir, "Pulumi.pr-12.yaml");
    const { secretsprovider, config, ...rest } = parse(await readFile(file, "utf8"));
    assert.equal(secretsprovider, "awskms:///alias/state");
    assert.deepEqual(config, parse(text).config);
    assert.deepEqual(rest, {});
    await writeFile(file, "config: {}");
    await givePreviewFile(dir, "pr-12");
    assert.equal(await readFile(file, "utf8"), "config: {}");
  });

  for (const [what, over, words] of [
    ["no configuration", { config: undefined }, /config is missing/],
    ["a key that is none", { hour: 1 }, /none: hour/],
    ["no time", { hours: 0 }, /hours .* from 1 to 720/],
    ["more than the most", { hours: 80 }, /hours .* at most maxHours, which is 72/],
    ["a seed without a command", { seed: { service: "api", command: [] } }, /seed.command/],
    ["a seed for a shell", { seed: { service: "api", command: "rm -rf /" } }, /a list of words/],
  ] as const)
    it(`is refused with ${what}`, () => {
      assert.throws(() => previewSettings({ config: {}, ...over }), isError("invalid-config", words));
    });

  it("is refused where it is not readable, and named where it is not there", async () => {
    await writeFile(join(dir, "previews.yaml"), "a: [");
    await assert.rejects(readPreviewSettings(dir), isError("invalid-config", /not readable as YAML/));
    await rm(join(dir, "previews.yaml"));
    await assert.rejects(readPreviewSettings(dir), isError("not-found", /previews.yaml/));
  });

  it("belongs to stacks of pull requests alone", () => {
    assert.equal(pullOf(previewStack(12)), 12);
    for (const name of ["pr-0", "pr-012", "pr-", "pr-1-2", "pr-x", "apr-1", "production", "pr-1234567890"])
      assert.equal(pullOf(name), undefined, name);
  });
});
