import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { type GivenFlag, parseGiven, typedValues, writeStackValues } from "../../../automation/stacks/given.ts";
import { parseYaml, type StackConfig } from "../../../automation/stacks/settings.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import { mergeStackValues } from "../../../programs/stack-values.ts";
import { values } from "../../programs/fixtures.ts";

const isError = (code: string, text: RegExp) => (e: unknown) =>
  e instanceof SwitchyardError && e.code === code && text.test(e.message);

const base: StackConfig = Object.fromEntries(
  Object.entries({ ...values(), deploy: { alarms: ["one"] } }).map(([key, value]) => [`switchyard:${key}`, value]),
);
const given = (text: string, flag: GivenFlag = "--config") => parseGiven(flag, text);
/** What a value becomes at its place in an environment's configuration. */
function typed(path: string, text: string): unknown {
  const one = given(`${path}=${text}`);
  return one.path.reduce<unknown>(
    (value, step) => (value as StackConfig)[step],
    mergeStackValues(base, typedValues("sandbox", base, [one])),
  );
}

describe("a value given on the command line", () => {
  it("is at the place its path says", () => {
    const table: Record<string, readonly string[]> = {
      "tier=development": ["switchyard:tier"],
      "services.web.desiredCount=3": ["switchyard:services", "web", "desiredCount"],
      "services.web.environment.GREETING=a=b": ["switchyard:services", "web", "environment", "GREETING"],
      'services.web.environment["spring.profile"]=a': ["switchyard:services", "web", "environment", "spring.profile"],
      'tags["cost.center=1"]=x': ["switchyard:tags", "cost.center=1"],
      "services.web.checks[0].path=/": ["switchyard:services", "web", "checks", "0", "path"],
      "aws:region=eu-west-1": ["aws:region"],
      "x=": ["switchyard:x"],
    };
    for (const [text, path] of Object.entries(table)) assert.deepEqual(given(text).path, path, text);
    assert.equal(given("services.web.environment.GREETING=a=b").text, "a=b");
    assert.equal(given("x=a\nb").text, "a\nb");
  });

  it("needs a path and an equals sign", () => {
    for (const text of ["", "x", "=1"]) assert.throws(() => given(text), isError("invalid-flag", /--config/));
    assert.throws(() => given("x", "--set"), isError("invalid-flag", /--set: "x" is not path=value/));
  });

  it("never repeats what may be a secret when it is refused", () => {
    assert.throws(
      () => given("=hush"),
      (e) => e instanceof Error && !e.message.includes("hush"),
    );
  });

  it("that the engine reads itself cannot be of one command alone", () => {
    assert.throws(
      () => given("aws:region=eu-west-1", "--set"),
      isError("invalid-flag", /Write it there with --config aws:region/),
    );
  });

  it("is of the type its place takes", () => {
    const table: [path: string, text: string, value: unknown][] = [
      ["services.web.desiredCount", "3", 3],
      ["services.web.environment.N", "100", "100"],
      ["services.web.environment.N", '"100"', "100"],
      ["services.web.environment.N", "true", "true"],
      ["services.web.environment.N", "1.0", "1.0"],
      ["services.web.environment.N", '["a"]', '["a"]'],
      ["services.web.environment.N", 'say "hi"', 'say "hi"'],
      ["services.web.environment.N", "", ""],
      ["services.web.database", "true", true],
      ["account", "012345678901", "012345678901"],
      ["tags.build", "7", "7"],
      ["database.engineMajor", "18", "18"],
      ["deploy.alarms", '["a","b"]', ["a", "b"]],
      ["deploy.alarms.0", "two", "two"],
      ["services.api.checks", '[{"path":"/api"}]', [{ path: "/api" }]],
      ["aws:region", "1", "1"],
    ];
    for (const [path, text, value] of table) assert.deepEqual(typed(path, text), value, `${path}=${text}`);
  });

  it("that its place does not take stays what it looks like, for the schema's own words", () => {
    assert.equal(typed("services.web.desiredCount", "0"), 0);
    assert.equal(typed("services.web.desiredCount", '"3"'), "3");
    assert.equal(typed("services.web.nonsense", "3"), 3);
  });

  it("of several is laid over the ones before it", () => {
    const over = typedValues("sandbox", base, [given("services.web.cpu=1024"), given("services.web.memory=4096")]);
    assert.deepEqual(over, { "switchyard:services": { web: { cpu: 1024, memory: 4096 } } });
    assert.deepEqual(typedValues("images", {}, [given("tag=1.0")]), { "switchyard:tag": "1.0" });
    assert.deepEqual(typedValues("pipeline", {}, [given("keepImages=50")]), { "switchyard:keepImages": "50" });
  });

  it("changes one element of a list, and leaves the others", () => {
    const list = { "switchyard:deploy": { alarms: ["one", "two"] } };
    assert.deepEqual(typedValues("sandbox", { ...base, ...list }, [given("deploy.alarms.1=three")]), {
      "switchyard:deploy": { alarms: ["one", "three"] },
    });
  });
});

describe("a stack's file, written to", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "switchyard-given-"));
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const file = (stack = "a") => join(dir, `Pulumi.${stack}.yaml`);
  const write = async (text: string, over: StackConfig) => {
    writeFileSync(file(), text);
    assert.equal(await writeStackValues(dir, "a", over), file());
    return readFileSync(file(), "utf8");
  };
  const greeting = (value: unknown) => ({ "switchyard:services": { web: { environment: { GREETING: value } } } });

  it("keeps its comments, order, quotes and what the engine wrote beside", async () => {
    const text = `# What it is for.
encryptionsalt: v1:abc

config:
  # Twelve digits.
  switchyard:account: "210987654321" # quoted

  switchyard:services:
    web:
      path: / # the root
      # How many.
      desiredCount: 3
      environment:
        GREETING: 'hello'
  aws:region: us-east-1
`;
    assert.equal(
      await write(text, { "switchyard:services": { web: { desiredCount: 4, environment: { GREETING: "100" } } } }),
      text.replace("desiredCount: 3", "desiredCount: 4").replace("'hello'", "'100'"),
    );
  });

  it("gets what it had not: a key, mappings on the way to it, the configuration itself", async () => {
    assert.deepEqual(parseYaml("a", await write("config:\n  switchyard:tier: development\n", greeting("100"))), {
      "switchyard:tier": "development",
      ...greeting("100"),
    });
    for (const text of ["", "config:\n", "config: {}\n", "# nothing yet\n"])
      assert.deepEqual(parseYaml("a", await write(text, greeting("hi"))), greeting("hi"), text);
  });

  it("keeps a text a text", async () => {
    for (const value of ["100", "true", "", "null", "1e3", "a: b", "# no comment", "two\nlines", "x".repeat(300)])
      assert.deepEqual(parseYaml("a", await write("config:\n", greeting(value))), greeting(value));
    assert.match(await write("config:\n", greeting("100")), /GREETING: "100"/);
  });

  it("is left to a person where an anchor or a merge would carry the change elsewhere", async () => {
    const shared = `config:
  switchyard:services:
    web: &web
      environment: { A: a }
    api:
      <<: *web
    jobs: *web
`;
    for (const service of ["jobs", "api"]) {
      const over = { "switchyard:services": { [service]: { environment: { B: "b" } } } };
      await assert.rejects(
        write(shared, over),
        isError("invalid-config", /environment\.B cannot be changed in it.*by hand/),
      );
      assert.equal(readFileSync(file(), "utf8"), shared);
    }
    const own = { "switchyard:services": { api: { cpu: 512 } } };
    assert.match(await write(shared, own), /<<: \*web\n {6}cpu: 512/);
  });

  it("says what it said with the values laid over it, whatever they are", async () => {
    // A key `<<` is a merge, and none of a stack.
    const text = fc.string({ minLength: 1, maxLength: 5 }).filter((key) => key !== "<<");
    const leaf = fc.oneof(text, fc.integer(), fc.boolean(), fc.array(text, { maxLength: 2 }));
    const tree = fc.dictionary(text, fc.dictionary(text, leaf, { noNullPrototype: true }), { noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(tree, tree, async (before, over) => {
        await write("config:\n", before);
        await writeStackValues(dir, "a", over);
        assert.deepEqual(parseYaml("a", readFileSync(file(), "utf8")), mergeStackValues(before, over));
      }),
      { numRuns: 60, examples: [[{ a: { b: 1 } }, { a: {} }]] },
    );
  });
});
