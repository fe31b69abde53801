import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { readStackFile, switchyardValues } from "../../../automation/stacks/settings.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import { mergeStackValues } from "../../../programs/stack-values.ts";

const isError = (code: string, text: RegExp) => (e: unknown) =>
  e instanceof SwitchyardError && e.code === code && text.test(e.message);

describe("values laid over others", () => {
  it("merge mappings and replace the rest, changing neither", () => {
    const base = { a: { b: 1, c: [1, 2] }, d: "x" };
    const over = { a: { c: [3], e: { f: true } }, d: { g: 1 } };
    const before = structuredClone([base, over]);
    assert.deepEqual(mergeStackValues(base, over), { a: { b: 1, c: [3], e: { f: true } }, d: { g: 1 } });
    assert.deepEqual([base, over], before);
  });

  const values = fc.dictionary(fc.string({ maxLength: 2 }), fc.jsonValue({ maxDepth: 3 }), { noNullPrototype: true });
  it("win: merged twice is merged once, and over nothing they are themselves", () => {
    fc.assert(
      fc.property(values, values, (base, over) => {
        const merged = mergeStackValues(base, over);
        assert.deepEqual(mergeStackValues(merged, over), merged);
        assert.deepEqual(mergeStackValues({}, over), over);
      }),
    );
  });
});

describe("a stack's file", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "switchyard-settings-"));
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const write = (stack: string, text: string) => writeFileSync(join(dir, `Pulumi.${stack}.yaml`), text);

  it("is its configuration; an empty one is empty", async () => {
    write("a", "config:\n  switchyard:tier: development\n");
    write("b", "");
    assert.deepEqual(await readStackFile(dir, "a"), { config: { "switchyard:tier": "development" } });
    assert.deepEqual(await readStackFile(dir, "b"), { config: {} });
  });

  it("that is not there: the stacks that are", async () => {
    write("production", "");
    await assert.rejects(readStackFile(dir, "prod"), isError("not-found", /stack prod: .*Stacks here: production/));
  });

  it("that is no YAML: the file and the line", async () => {
    write("bad", "config:\n  a: [1,\n");
    await assert.rejects(readStackFile(dir, "bad"), isError("invalid-config", /Pulumi\.bad\.yaml: .*at line 3/));
  });

  it("may use anchors and merges, as Pulumi's own reading does", async () => {
    write(
      "a",
      [
        "config:",
        "  switchyard:services:",
        "    web: &web",
        "      cpu: 512",
        "      healthCheck: &check { path: /healthz }",
        "    api:",
        "      <<: *web",
        "      cpu: 1024",
        "    jobs: { healthCheck: *check }",
      ].join("\n"),
    );
    const healthCheck = { path: "/healthz" };
    assert.deepEqual((await readStackFile(dir, "a")).config, {
      "switchyard:services": {
        web: { cpu: 512, healthCheck },
        api: { cpu: 1024, healthCheck },
        jobs: { healthCheck },
      },
    });
  });

  it("gives its program what Pulumi would: texts as they are, the rest as JSON", () => {
    const values = switchyardValues({
      "switchyard:tier": "production",
      "switchyard:services": { web: { path: "/" } },
      "aws:region": "us-east-1",
    });
    assert.equal(values["tier"], "production");
    assert.deepEqual(values["services"], { web: { path: "/" } });
  });
});
