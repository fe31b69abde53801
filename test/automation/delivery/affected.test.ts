import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { affected, type Checkout, touchedBy } from "../../../automation/delivery/affected.ts";
import { readCheckout } from "../../../automation/delivery/checkout.ts";
import { sources } from "../../../automation/delivery/sources.ts";
import { programNames } from "../../../programs/config.ts";
import { cruise, root } from "../../tools/architecture/boundaries.ts";

const checkout: Checkout = {
  stacks: {
    ...{ production: "environment", sandbox: "environment", organization: "organization" },
    ...{ pipeline: "pipeline", registry: "registry", images: "images" },
  },
  images: ["api", "base", "migrate", "web"],
};
const all = { stacks: Object.keys(checkout.stacks).sort(), images: checkout.images };

const cases: readonly (readonly [paths: readonly string[], stacks: readonly string[], images: readonly string[]])[] = [
  [[], [], []],
  [["docs/deploy.md", "test/x.test.ts", "automation/cli.ts"], [], []],
  [["Pulumi.production.yaml"], ["production"], []],
  [["programs/environment.ts"], ["production", "sandbox"], []],
  [["programs/components/organization/budget.ts"], ["organization"], []],
  [["programs/components/roles/subject.ts"], ["pipeline", "registry"], []],
  [["programs/errors.ts"], all.stacks, []],
  [["policies/rules/iam.ts"], all.stacks, []],
  [["images/api/src/api.ts"], ["images"], ["api"]],
  [["images/base/Dockerfile"], ["images"], all.images],
  [["images/build.ts"], ["images"], all.images],
  [["images/unbuilt/README.md"], ["images"], all.images],
  [["migrations/0009_x.expand.sql"], ["images"], ["migrate"]],
  [["prices.us-east-1.json"], ["production", "sandbox"], []],
  [["package-lock.json"], all.stacks, all.images],
  [["Pulumi.registry.yaml", "images/web/Dockerfile"], ["images", "registry"], ["web"]],
];

describe("what a change touches", () => {
  for (const [paths, stacks, images] of cases)
    it(paths.join(", ") || "nothing", () => {
      assert.deepEqual(affected(paths, checkout), { stacks, images, removed: [], unknown: [] });
    });

  it("is everything where no entry fits the path, and says so", () => {
    assert.deepEqual(affected(["Makefile", "programs.ts"], checkout), {
      ...all,
      removed: [],
      unknown: ["Makefile", "programs.ts"],
    });
  });

  it("names a stack whose file is taken away", () => {
    assert.deepEqual(affected(["Pulumi.staging.yaml"], checkout), {
      ...{ stacks: [], images: [] },
      ...{ removed: ["staging"], unknown: [] },
    });
  });

  it("of several paths is what each touches, in any order and however often", () => {
    const path = fc.constantFrom(...cases.flatMap(([paths]) => paths), "Makefile", "Pulumi.staging.yaml");
    fc.assert(
      fc.property(fc.array(path), fc.array(path), (some, more) => {
        const both = affected([...some, ...more], checkout);
        assert.deepEqual(both, affected([...more, ...some, ...some], checkout));
        for (const key of ["stacks", "images", "removed", "unknown"] as const) {
          const parts = [...affected(some, checkout)[key], ...affected(more, checkout)[key]];
          assert.deepEqual(both[key], [...new Set(parts)].sort());
        }
      }),
    );
  });
});

describe("the table of what each stack and image is made from", function () {
  this.timeout(60_000);
  const { modules } = cruise(root, ["programs", "images"]);
  const imports = new Map(modules.map(({ source, dependencies }) => [source, dependencies.map((d) => d.resolved)]));
  const madeFrom = (file: string, seen = new Set<string>()): ReadonlySet<string> => {
    if (!imports.has(file) || seen.has(file)) return seen;
    seen.add(file);
    for (const imported of imports.get(file) ?? []) madeFrom(imported, seen);
    return seen;
  };
  const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  })
    .split("\n")
    .filter((file) => file !== "");

  it("says of each file of the programs which of them import it", () => {
    const closures = programNames.map((program) => [program, madeFrom(`programs/${program}.ts`)] as const);
    // Both choose the program, for all of them.
    const choosing = ["programs/index.ts", "programs/stack.ts"];
    const files = [...imports.keys()].filter((file) => file.startsWith("programs/") && !choosing.includes(file));
    assert.ok(files.length > 60, String(files.length));
    const wrong = files.flatMap((file) => {
      const real = closures.flatMap(([program, closure]) => (closure.has(file) ? [program] : [])).sort();
      const said = [...touchedBy(file).programs].sort();
      // What has no entry of its own counts as everybody's: too much, never too little.
      const isDefault = touchedBy(file) === sources["programs/"];
      return isDefault || real.join() === said.join()
        ? []
        : [`${file}: imported by ${real.join(", ")}; the table has ${said.join(", ")}`];
    });
    assert.deepEqual(wrong, []);
  });

  it("says of each source of an image that it touches it", async () => {
    const { images } = await readCheckout(root);
    const real = { stacks: {}, images };
    const wrong = images.flatMap((image) =>
      [...madeFrom(`images/${image}/src/${image}.ts`)]
        .filter((file) => !affected([file], real).images.includes(image))
        .map((file) => `${file} is in ${image}`),
    );
    assert.deepEqual(wrong, []);
    assert.deepEqual(affected(["images/web/src/web.ts"], real).images, ["web"]);
  });

  it("knows every path there is, and has no entry for one there is not", () => {
    const { unknown } = affected(tracked, checkout);
    assert.deepEqual(unknown, []);
    // What `switchyard cost` writes is each company's own.
    const written = new Set(["prices."]);
    const stale = Object.keys(sources).filter((entry) => !written.has(entry) && !existsSync(join(root, entry)));
    assert.deepEqual(stale, []);
  });
});
