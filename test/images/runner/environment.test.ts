import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { buildspec } from "../../../programs/components/runner/builds.ts";

const root = join(import.meta.dirname, "../../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

describe("the environment that workflows, engineers and the runner share", () => {
  const dockerfile = read("images/runner/Dockerfile");
  const { dependencies } = JSON.parse(read("package.json")) as { dependencies: Record<string, string> };
  const versions = Object.fromEntries(
    [...dockerfile.matchAll(/^ARG (\w+)=\S*?([\w.]+?)(?:-[\w-]+)?$/gm)].map(([, name, version]) => [name, version]),
  );

  it("has the versions of package.json", () => {
    assert.equal(versions["NODE"], dependencies["node"]);
    assert.equal(versions["PULUMI"], dependencies["@pulumi/pulumi"]);
  });

  it("is pinned in all it is built on", () => {
    const images = [...dockerfile.matchAll(/^ARG (NODE|PULUMI|BUILDX)=(\S+)$/gm)].map(([, , image]) => image ?? "");
    assert.equal(images.length, 3);
    for (const image of images) assert.match(image, /^[\w.]+\/[\w./-]+:\d+\.\d+\.\d+(-[\w-]+)?$/);
    for (const [, from] of dockerfile.matchAll(/^FROM (\S+)/gm))
      assert.match(from ?? "", /^(\$\{(NODE|PULUMI|BUILDX)\}|environment)$/);
    assert.match(dockerfile, /^ARG DEBIAN=\d{8}T\d{6}Z$/m);
  });

  it("checks a job's commit out in the place of a shell, as a user that is not root and may write to the job's volume", () => {
    assert.match(
      dockerfile,
      /\nUSER 65532:65532\nENTRYPOINT \["node", "\/switchyard\/images\/runner\/src\/job\.ts"\]\n$/,
    );
    assert.match(dockerfile, /\nRUN install -d -o 65532 -g 65532 \/work\nVOLUME \/work\n/);
  });

  it("has on its path what builds of images run", () => {
    const { build, install } = JSON.parse(buildspec).phases as Record<string, { commands: string[] }>;
    const places = { "start-docker": "images/runner/start-docker", "push-images": "images/runner/src/push-images.ts" };
    assert.deepEqual([...(install?.commands ?? []), ...(build?.commands ?? [])], Object.keys(places));
    const [, linked = ""] = /^RUN ln -s (.+) \/usr\/local\/bin\/ \\$/m.exec(dockerfile) ?? [];
    assert.deepEqual(
      linked.split(" "),
      Object.values(places).map((path) => `/switchyard/${path}`),
    );
    for (const path of Object.values(places)) assert.equal(statSync(join(root, path)).mode & 0o111, 0o111, path);
  });

  it("has all that it copies", () => {
    for (const [, paths = ""] of dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm))
      for (const path of paths.split(" ")) assert.ok(existsSync(join(root, path)), path);
  });

  it("is what an editor opens", () => {
    const { build } = JSON.parse(read(".devcontainer/devcontainer.json")) as { build: Record<string, string> };
    assert.equal(join(root, ".devcontainer", build["dockerfile"] ?? ""), join(root, "images/runner/Dockerfile"));
    assert.match(dockerfile, new RegExp(`^FROM \\S+ AS ${build["target"]}$`, "m"));
  });

  it("has the Node and the Pulumi CLI that GitHub's runners are set up with", () => {
    const { runs } = parse(read(".github/actions/setup/action.yml")) as {
      runs: { steps: { uses?: string; with?: Record<string, unknown> }[] };
    };
    const given = (action: string) => runs.steps.find(({ uses = "" }) => uses.startsWith(`${action}@`))?.with ?? {};
    assert.equal(String(given("actions/setup-node")["node-version"]), dependencies["node"]?.split(".")[0]);
    assert.equal(given("pulumi/actions")["pulumi-version"], versions["PULUMI"]);
  });
});
