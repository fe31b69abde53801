import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cruise } from "./boundaries.ts";

/** Files by name, and what each imports; the rule each breaks, if any. */
const files: Readonly<Record<string, { readonly imports: readonly string[]; readonly breaks?: string }>> = {
  "automation/a.ts": { imports: ["./b.ts"], breaks: "no-circles" },
  "automation/b.ts": { imports: ["./a.ts"] },
  "automation/typo.ts": { imports: ["./not-there.ts"], breaks: "no-guessing" },
  "automation/sandbox.ts": { imports: ["../sandbox/index.ts", "../programs/index.ts"] },
  "automation/other.ts": { imports: ["../sandbox/index.ts"], breaks: "one-seam-to-the-sandbox" },
  "automation/pack.ts": { imports: ["../policies/pack.ts", "../images/web/web.ts"] },
  "automation/tested.ts": { imports: ["../test/one.test.ts"], breaks: "nothing-from-tests" },
  "automation/developed.ts": { imports: ["only-to-develop"], breaks: "what-ships-is-installed" },
  "sandbox/index.ts": { imports: ["../iam/document.ts"] },
  "programs/index.ts": { imports: ["./config.ts"] },
  "programs/config.ts": { imports: [] },
  "programs/driven.ts": { imports: ["../automation/pack.ts"], breaks: "programs-stand-alone" },
  "policies/pack.ts": { imports: ["../iam/document.ts", "../programs/config.ts"] },
  "policies/driven.ts": { imports: ["../automation/pack.ts"], breaks: "policies-know-no-driver" },
  "iam/document.ts": { imports: [] },
  "iam/judged.ts": { imports: ["../policies/pack.ts"], breaks: "iam-stands-alone" },
  "sandbox/cloud/table.ts": { imports: ["../../iam/document.ts"] },
  "sandbox/engine/known.ts": { imports: ["../../programs/config.ts"], breaks: "sandbox-knows-no-product" },
  "automation/deploy/decide/next.ts": { imports: ["./model.ts", "../../../programs/release.ts"] },
  "automation/deploy/decide/model.ts": { imports: [] },
  "automation/deploy/decide/asks.ts": { imports: ["../observe/observe.ts"], breaks: "decisions-are-pure" },
  "automation/deploy/decide/reads.ts": { imports: ["node:fs"], breaks: "decisions-are-pure" },
  "automation/deploy/observe/observe.ts": { imports: ["../decide/model.ts"] },
  "automation/deploy/observe/writes.ts": { imports: ["../act/act.ts"], breaks: "observing-writes-nothing" },
  "automation/deploy/act/act.ts": { imports: ["../observe/observe.ts"] },
  "automation/deploy/act/conducts.ts": { imports: ["../conduct/loop.ts"], breaks: "acting-conducts-nothing" },
  "automation/deploy/conduct/loop.ts": { imports: ["../act/act.ts"] },
  "programs/release.ts": { imports: [] },
  "images/base/server.ts": { imports: [] },
  "images/web/web.ts": { imports: ["../base/server.ts"] },
  "images/api/api.ts": { imports: ["../web/web.ts"], breaks: "images-stand-alone" },
  "test/one.test.ts": { imports: ["../programs/index.ts"] },
  "test/support.ts": { imports: ["../sandbox/index.ts"] },
  "test/inside.ts": { imports: ["../sandbox/cloud/table.ts"], breaks: "one-entry-to-the-sandbox" },
  "test/sandbox/inside.ts": { imports: ["../../sandbox/cloud/table.ts"] },
  "test/two.test.ts": { imports: ["./one.test.ts"], breaks: "tests-of-their-own" },
};

describe("the boundaries that `npm run lint` checks", function () {
  this.timeout(60_000);
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "switchyard-boundaries-"));
    await writeFile(join(directory, "tsconfig.json"), "{}");
    await writeFile(join(directory, "package.json"), JSON.stringify({ devDependencies: { "only-to-develop": "1" } }));
    await mkdir(join(directory, "node_modules/only-to-develop"), { recursive: true });
    await writeFile(join(directory, "node_modules/only-to-develop/index.js"), "");
    for (const [name, { imports }] of Object.entries(files)) {
      await mkdir(dirname(join(directory, name)), { recursive: true });
      const lines = imports.map((path, i) => `import type { T as T${i} } from "${path}";\n`);
      await writeFile(join(directory, name), `${lines.join("")}export type T = string;\n`);
    }
  });
  after(() => rm(directory, { recursive: true }));

  it("refuse each file that crosses one, of types as well, and no other", () => {
    const tops = [...new Set(Object.keys(files).map((name) => name.split("/")[0] ?? ""))];
    const found = cruise(directory, tops).summary.violations.map(({ from, rule }) => `${from} ${rule.name}`);
    const expected = Object.entries(files).flatMap(([name, { breaks }]) => (breaks ? `${name} ${breaks}` : []));
    assert.deepEqual([...new Set(found)].sort(), expected.sort());
  });
});
