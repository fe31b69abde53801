import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const documents = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...readdirSync(join(root, "docs")).map((name) => join("docs", name)),
].filter((name) => name.endsWith(".md"));

describe("the documents", () => {
  it("name every dependency, and no other", () => {
    const manifests = ["package.json", "iam/package.json", "sandbox/package.json"].map((file) =>
      JSON.parse(read(file)),
    );
    const tables = read("docs/dependencies.md").split("| written by hand")[0] ?? "";
    const firstCells = tables.split("\n").map((line) => /^\| (`.*?) \|/.exec(line)?.[1] ?? "");
    const named = [...firstCells.join(" ").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
    const covers = (name: string, dependency: string) =>
      name.endsWith("*") ? dependency.startsWith(name.slice(0, -1)) : name === dependency;
    const declared = manifests.flatMap((one) => Object.keys({ ...one.dependencies, ...one.devDependencies }));
    const all = [...new Set(declared)].filter((name) => !name.startsWith("@switchyard/"));
    assert.deepEqual(
      all.filter((dependency) => !named.some((name) => covers(name, dependency))),
      [],
    );
    assert.deepEqual(
      named.filter((name) => !all.some((dependency) => covers(name, dependency))),
      [],
    );
  });

  it("show the whole flow of delivery: every command that a workflow runs, and none that there is not", () => {
    const picture = /```mermaid\n([\s\S]*?)```/.exec(read("docs/delivery.md"))?.[1] ?? "";
    const shown = new Set([...picture.matchAll(/<b>([a-z -]+)<\/b>/g)].map(([, words]) => words));
    const workflows = readdirSync(join(root, ".github/workflows")).map((name) => read(`.github/workflows/${name}`));
    const run = [...workflows.join("\n").matchAll(/automation\/switchyard\.mjs ([a-z]+ [a-z-]+)/g)];
    const named = new Set(run.map(([, words]) => words).filter((words) => !words?.startsWith("images ")));
    assert.deepEqual([...shown].sort(), [...named].sort());
  });

  it("have an integrity for every package that is installed", () => {
    interface Locked {
      readonly packages: Record<string, { readonly integrity?: string; readonly link?: boolean }>;
    }
    const { packages }: Locked = JSON.parse(read("package-lock.json"));
    const fetched = Object.entries(packages).filter(([path, { link }]) => path.includes("node_modules/") && !link);
    const without = fetched.filter(([, { integrity }]) => integrity === undefined);
    assert.deepEqual(Object.fromEntries(without), {});
  });

  for (const document of documents) {
    it(`${document} links to files that exist`, () => {
      const links = [...read(document).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = ""]) => link);
      for (const link of links) assert.ok(existsSync(join(root, dirname(document), link)), link);
    });

    it(`${document} speaks of files and directories that exist`, () => {
      const paths = [
        ...read(document).matchAll(
          /`((?:programs|policies|automation|images|migrations|sandbox|test|docs)\/[\w./-]*)`/g,
        ),
      ]
        .map(([, path = ""]) => path)
        .filter((path) => !path.includes("<"));
      for (const path of paths) assert.ok(existsSync(join(root, path)), path);
    });
  }
});
