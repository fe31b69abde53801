import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { regionOf, saidRegion } from "../../../automation/aws/region.ts";
import type { Surroundings } from "../../../automation/surroundings.ts";
import { SwitchyardError } from "../../../programs/errors.ts";

const refused = (where: string) => (error: unknown) =>
  error instanceof SwitchyardError && error.code === "invalid-config" && error.where === where;

describe("a stack's region", () => {
  it("is the stack's own, then AWS_REGION's, then AWS_DEFAULT_REGION's; what is empty is not said", () => {
    const all = { stack: "eu-west-1", AWS_REGION: "eu-west-2", AWS_DEFAULT_REGION: "eu-west-3" };
    assert.equal(saidRegion(all), "eu-west-1");
    assert.equal(saidRegion({ ...all, stack: undefined }), "eu-west-2");
    assert.equal(saidRegion({ ...all, stack: "", AWS_REGION: "" }), "eu-west-3");
    assert.equal(saidRegion({ AWS_DEFAULT_REGION: "" }), undefined);
  });

  it("may be any partition's", () => {
    for (const stack of ["ap-southeast-1", "us-gov-west-1", "cn-north-1", "me-central-1"])
      assert.equal(saidRegion({ stack }), stack);
  });

  it("is refused where it is wrong", () => {
    for (const name of ["us-east", "us-east-1a", "US-EAST-1", "frankfurt", "us-east-1 "]) {
      assert.throws(() => saidRegion({ stack: name }), refused("aws:region"));
      assert.throws(() => saidRegion({ AWS_REGION: name }), refused("AWS_REGION"));
    }
  });

  describe("as the driver finds it", () => {
    const names = ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_CONFIG_FILE"] as const;
    const former = Object.fromEntries(names.map((name) => [name, process.env[name]]));
    let dir: string;
    let where: Surroundings;

    beforeEach(() => {
      dir = mkdtempSync(join(tmpdir(), "switchyard-region-"));
      where = { workDir: async () => dir } as unknown as Surroundings;
      for (const name of names) delete process.env[name];
      process.env["AWS_CONFIG_FILE"] = join(dir, "config");
      writeFileSync(join(dir, "config"), "[default]\nregion = eu-north-1\n[profile work]\nregion = eu-south-1\n");
      writeFileSync(join(dir, "Pulumi.own.yaml"), "config:\n  aws:region: ap-southeast-1\n");
      writeFileSync(join(dir, "Pulumi.none.yaml"), "config:\n  switchyard:tier: development\n");
      writeFileSync(join(dir, "Pulumi.broken.yaml"), "config: [\n");
    });
    afterEach(() => {
      rmSync(dir, { recursive: true });
      for (const name of names) {
        if (former[name] === undefined) delete process.env[name];
        else process.env[name] = former[name];
      }
    });

    it("is in the stack's file, whatever the environment says", async () => {
      process.env["AWS_REGION"] = "us-west-2";
      assert.equal(await regionOf(where, "own"), "ap-southeast-1");
      assert.equal(await regionOf(where, "none"), "us-west-2");
    });

    it("is the profile's in use where nothing else says it", async () => {
      assert.equal(await regionOf(where, "none"), "eu-north-1");
      process.env["AWS_PROFILE"] = "work";
      assert.equal(await regionOf(where, "none"), "eu-south-1");
      process.env["AWS_DEFAULT_REGION"] = "us-east-2";
      assert.equal(await regionOf(where, "none"), "us-east-2");
    });

    it("does not need a file that can be read", async () => {
      for (const stack of ["broken", "elsewhere"]) assert.equal(await regionOf(where, stack), "eu-north-1");
    });

    it("is asked for when nobody says one", async () => {
      writeFileSync(join(dir, "config"), "");
      process.env["AWS_PROFILE"] = "other";
      await assert.rejects(regionOf(where, "none"), refused("aws:region"));
    });
  });
});
