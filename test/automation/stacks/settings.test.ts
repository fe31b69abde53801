import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import {
  mergeStackValues,
  parseOverride,
  readStackFile,
  switchyardValues,
  writeStackValues,
} from "../../../automation/stacks/settings.ts";
import { SwitchyardError } from "../../../programs/errors.ts";

const isError = (code: string, text: RegExp) => (e: unknown) =>
  e instanceof SwitchyardError && e.code === code && text.test(e.message);

describe("a value given with --config", () => {
  it("is nested below its full key", () => {
    const table: Record<string, object> = {
      "tier=development": { "switchyard:tier": "development" },
      "services.web.desiredCount=3": { "switchyard:services": { web: { desiredCount: 3 } } },
      "services.web.environment.GREETING=a=b": { "switchyard:services": { web: { environment: { GREETING: "a=b" } } } },
      "deploy.approval=true": { "switchyard:deploy": { approval: true } },
      "aws:region=eu-west-1": { "aws:region": "eu-west-1" },
      "x=": { "switchyard:x": "" },
    };
    for (const [text, value] of Object.entries(table)) assert.deepEqual(parseOverride(text), value);
  });

  it("keeps the type of numbers and booleans, and nothing else", () => {
    const typed = (text: string) => parseOverride(`x=${text}`)["switchyard:x"];
    assert.deepEqual(["1", "-2", "1.5", "false"].map(typed), [1, -2, 1.5, false]);
    assert.deepEqual(["1e3", "0x10", "v1", "1.", "True", " 1"].map(typed), ["1e3", "0x10", "v1", "1.", "True", " 1"]);
  });

  it("needs a path and an equals sign", () => {
    for (const text of ["", "x", "=1"]) assert.throws(() => parseOverride(text), isError("invalid-flag", /--config/));
  });
});

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

  it("keeps what the engine wrote beside the configuration", async () => {
    write("a", "encryptionsalt: v1:abc\nconfig:\n  switchyard:services:\n    web:\n      path: /\n");
    await writeStackValues(dir, "a", parseOverride("services.web.desiredCount=2"));
    assert.deepEqual(await readStackFile(dir, "a"), {
      config: { "switchyard:services": { web: { path: "/", desiredCount: 2 } } },
    });
    assert.match(readFileSync(join(dir, "Pulumi.a.yaml"), "utf8"), /encryptionsalt: v1:abc/);
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
