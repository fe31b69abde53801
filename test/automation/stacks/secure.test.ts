import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import { loadEngine } from "@switchyard/sandbox";
import { stringify } from "yaml";
import { stackConfig } from "../../../automation/stacks/open.ts";
import { securePaths } from "../../../automation/stacks/secure.ts";
import type { Surroundings } from "../../../automation/surroundings.ts";
import { SwitchyardError } from "../../../programs/errors.ts";

const { embeddedPulumi } = await loadEngine();

const refused = (where: string, text: RegExp) => (error: unknown) =>
  error instanceof SwitchyardError &&
  error.code === "invalid-config" &&
  error.where === where &&
  text.test(error.message);

describe("encrypted values of a stack's file", () => {
  let dir: string;
  let where: Surroundings;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "switchyard-secure-"));
    mkdirSync(join(dir, "state"));
    const url = pathToFileURL(join(dir, "state")).href;
    writeFileSync(join(dir, "Pulumi.yaml"), stringify({ name: "switchyard", runtime: "nodejs", backend: { url } }));
    where = {
      workDir: async () => dir,
      pulumi: async () => embeddedPulumi({ allowedBackend: url, providers: {} }),
      engineEnv: { PULUMI_CONFIG_PASSPHRASE: "test", PULUMI_BACKEND_URL: url },
    } as unknown as Surroundings;
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  async function write(path: string): Promise<void> {
    const stack = await LocalWorkspace.createOrSelectStack(
      { stackName: "a", workDir: dir },
      { pulumiCommand: await where.pulumi(), envVars: { ...where.engineEnv } },
    );
    await stack.setConfig(path, { value: "hush@example.com", secret: true }, true);
    await stack.setConfig("switchyard:monitoring.errorsPerMinute", { value: "7" }, true);
    assert.match(readFileSync(join(dir, "Pulumi.a.yaml"), "utf8"), /secure: /);
  }

  it("are found at any depth", () => {
    assert.deepEqual(
      securePaths({
        a: { secure: "v1:x" },
        b: { c: [1, { secure: "v1:y" }], d: { secure: "z", e: 1 }, f: { secure: 1 } },
      }),
      [["a"], ["b", "c", "1"]],
    );
  });

  it("are decrypted inside a structure, and the rest is as it is written", async () => {
    await write("switchyard:monitoring.email");
    const config = await stackConfig(where, "a");
    const { email, errorsPerMinute } = config["switchyard:monitoring"] as Record<string, unknown>;
    assert.deepEqual([email, Number(errorsPerMinute)], ["hush@example.com", 7]);
  });

  it("are refused where a service would have them in plain, and the place for secrets is named", async () => {
    await write("switchyard:services.web.environment.TOKEN");
    const error = refused(
      "switchyard:services.web.environment.TOKEN",
      /switchyard:services\.web\.secrets.*Secrets Manager/,
    );
    await assert.rejects(stackConfig(where, "a"), error);
  });

  it("that cannot be decrypted are named, with what is needed", async () => {
    await write("switchyard:monitoring.email");
    const wrong = { ...where, engineEnv: { ...where.engineEnv, PULUMI_CONFIG_PASSPHRASE: "other" } };
    await assert.rejects(stackConfig(wrong, "a"), refused("switchyard:monitoring.email", /PULUMI_CONFIG_PASSPHRASE/));
  });
});
