import assert from "node:assert/strict";
import fc from "fast-check";
import { argumentsOf, targetOf } from "../../../../automation/delivery/manual/decide.ts";
import { rawInputs } from "../../../../automation/delivery/manual/event.ts";
import { customCommands, manualInputs, readManual } from "../../../../automation/delivery/manual/inputs.ts";
import { parser } from "../../../../automation/parser.ts";
import { SwitchyardError } from "../../../../programs/errors.ts";

const on = { stack: "production" };
const batch = "arn:aws:batch:us-east-1:123456789012";
/** A definition of the runner, and a queue. */
const job = (role: string, queue?: string) => ({
  "job-definition": `${batch}:job-definition/runner-${role}:3`,
  ...(queue !== undefined && { "job-queue": `${batch}:job-queue/runner-${queue}` }),
});

describe("the inputs of a run by hand", () => {
  it("are those that are given; what is empty is not", () => {
    const given = {
      repository: "acme/platform",
      commit: "v1.4.0",
      account: "123456789012",
      command: "plan",
      email: "ann@example.com",
      "pull-request": "",
      "job-queue": "",
    };
    assert.deepEqual(readManual(given), {
      command: { name: "plan" },
      repository: "acme/platform",
      commit: "v1.4.0",
      account: "123456789012",
      email: "ann@example.com",
    });
  });

  for (const [what, given, says] of [
    ["no command", on, /input command: it is missing/],
    ["an unknown command", { ...on, command: "init" }, /input command: "init" is none of them/],
    ["a command of no stack", { ...on, command: "bootstrap" }, /input command/],
    ["a command that never ends", { ...on, command: "logs --follow" }, /input command/],
    ["words after a named command", { ...on, command: "plan --refresh" }, /plan takes no words/],
    ["a command in another case", { ...on, command: "Plan" }, /input command/],
    ["a shell's second command", { ...on, command: "status; id" }, /input command/],
    ["a shell's substitution", { ...on, command: "status $(id)" }, /its words are not plain/],
    ["backticks", { ...on, command: "status `id`" }, /its words are not plain/],
    ["a pipe", { ...on, command: "history | sh" }, /its words are not plain/],
    ["quotes", { ...on, command: 'freeze --why "a b"' }, /its words are not plain/],
    ["two spaces", { ...on, command: "freeze  --why=x" }, /its words are not plain/],
    ["a space before it", { ...on, command: " plan" }, /input command/],
    ["a space after it", { ...on, command: "plan " }, /input command/],
    ["more words than it may have", { ...on, command: `run ${"x ".repeat(33).trim()}` }, /its words are not plain/],
    ["a line break", { ...on, command: "plan\nid" }, /input command: it has other characters/],
    ["a null", { ...on, command: "plan\u0000" }, /input command: it has other characters/],
    ["letters that look like others", { ...on, command: "pl\u0430n" }, /input command: it has other characters/],
    ["an escape sequence", { ...on, command: "plan", email: "\u001b[31mann@example.com" }, /input email/],
    ["something endless", { ...on, command: "x".repeat(1_001) }, /input command: it is longer/],
    ["a list", { ...on, command: ["plan"] }, /input command: it is no text/],
    ["an input there is not", { ...on, command: "plan", branch: "main" }, /input branch: there is no such input/],
    ["one of every object", { ...on, command: "plan", constructor: "x" }, /input constructor/],
    ["no stack and no account", { command: "plan" }, /input stack: neither/],
    ["a stack of no name", { command: "plan", stack: "../production" }, /input stack: it is not usable/],
    ["a stack that is an option", { command: "plan", stack: "--yes" }, /input stack/],
    ["a short account", { command: "plan", account: "12345678901" }, /input account: it is not usable/],
    ["an account with dashes", { command: "plan", account: "1234-5678-9012" }, /input account/],
    ["a commit that is an option", { ...on, command: "plan", commit: "--upload-pack=x" }, /input commit/],
    ["a commit with a space", { ...on, command: "plan", commit: "main id" }, /input commit/],
    ["a repository without an owner", { ...on, command: "plan", repository: "platform" }, /input repository/],
    ["a repository as a URL", { ...on, command: "plan", repository: "https://github.com/a/b" }, /input repository/],
    ["no address", { ...on, command: "plan", email: "ann" }, /input email: it is not usable/],
    ["an address with a name", { ...on, command: "plan", email: "Ann <ann@example.com>" }, /input email/],
    ["two addresses", { ...on, command: "plan", email: "a@example.com,b@example.com" }, /input email/],
    ["a number that is none", { command: "ephemeral", "pull-request": "twelve" }, /input pull-request/],
    ["the number 0", { command: "ephemeral", "pull-request": "0" }, /input pull-request/],
    ["a number with a sign", { command: "ephemeral", "pull-request": "-1" }, /input pull-request/],
    ["ephemeral without a number", { command: "ephemeral" }, /input pull-request: ephemeral needs it/],
    [
      "ephemeral with a stack",
      { ...on, command: "ephemeral", "pull-request": "7" },
      /input stack: ephemeral has no use/,
    ],
    ["a time without a unit", { command: "ephemeral", "pull-request": "7", ttl: "24" }, /ttl: "24" is not a duration/],
    ["no time", { command: "ephemeral", "pull-request": "7", ttl: "0h" }, /input ttl: it is no time/],
    ["more than a month", { command: "ephemeral", "pull-request": "7", ttl: "31d" }, /ttl: "31d" is too long/],
    ["a time of what does not end", { ...on, command: "apply", ttl: "24h" }, /input ttl: apply has no use/],
    [
      "a pull request of what is none's",
      { ...on, command: "plan", "pull-request": "7" },
      /input pull-request: plan has/,
    ],
    ["an end of no environment", { command: "schedule", ttl: "24h" }, /input pull-request: schedule needs it/],
    ["an environment and no end", { command: "schedule", "pull-request": "7" }, /input ttl: schedule needs it/],
    ["a queue that is none", { ...on, command: "plan", "job-queue": "default" }, /input job-queue: it is none of the/],
    [
      "a definition as a queue",
      { ...on, command: "plan", "job-queue": `${batch}:job-definition/runner-plan:1` },
      /input job-queue: it/,
    ],
    [
      "a definition that is not the runner's",
      { ...on, command: "plan", "job-definition": `${batch}:job-definition/x:1` },
      /input job-definition: it is none of the runner's.*runner-plan, runner-apply, runner-deploy, runner-preview/,
    ],
    [
      "a queue without a definition",
      { ...on, command: "plan", "job-queue": `${batch}:job-queue/runner-production` },
      /input job-definition: a queue alone/,
    ],
    [
      "a queue of other jobs",
      { ...on, command: "plan", ...job("plan", "preview") },
      /input job-queue: plan waits in runner-production/,
    ],
    [
      "a queue of another account",
      {
        ...on,
        command: "plan",
        ...job("plan", "production"),
        "job-queue": `${batch.replace(/\d{12}/, "111111111111")}:job-queue/runner-production`,
      },
      /input job-queue: plan waits/,
    ],
    [
      "a preview with other rights",
      { command: "ephemeral", "pull-request": "7", ...job("deploy") },
      /input job-definition: ephemeral is done with the rights of runner-preview/,
    ],
    ["a list elsewhere", { command: "schedule", ...job("preview") }, /input job-definition: a list/],
  ] as const)
    it(`refuse ${what}`, () => {
      assert.throws(() => readManual(given), { name: "SwitchyardError", code: "invalid-flag", message: says });
    });

  it("refuse whatever is given, or make of it what has only plain words", () => {
    const value = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("plan", "run x", "production", "7", "24h"));
    const record = fc.dictionary(fc.constantFrom(...Object.keys(manualInputs)), value);
    fc.assert(
      fc.property(record, (given) => {
        try {
          const manual = readManual(given);
          for (const word of argumentsOf(manual, "production", "0".repeat(40)))
            assert.match(word, /^[A-Za-z0-9_@%+=:,./-]+$/);
        } catch (error) {
          assert.ok(error instanceof SwitchyardError && error.code === "invalid-flag", String(error));
        }
      }),
    );
  });

  it("come from flags, each once, or from the event of a workflow", async () => {
    assert.deepEqual(await rawInputs(["command=run --service=api", "stack=live"], undefined), {
      command: "run --service=api",
      stack: "live",
    });
    for (const given of [["command"], ["=plan"], ["a=1", "a=2"]])
      await assert.rejects(rawInputs(given, undefined), { code: "invalid-flag" });
    for (const path of [undefined, "", "/nowhere/event.json", import.meta.filename])
      await assert.rejects(rawInputs(undefined, path), { code: "invalid-flag", message: /there are no inputs/ });
  });
});

describe("what a run by hand does", () => {
  const known = [
    { stack: "production", account: "123456789012" },
    { stack: "pipeline", account: "210987654321" },
    { stack: "images", account: "210987654321" },
    { stack: "sandbox" },
  ];
  const commit = "0123456789abcdef0123456789abcdef01234567";
  const words = (given: Record<string, string>) => {
    const manual = readManual(given);
    return argumentsOf(manual, targetOf(manual, known), commit).join(" ");
  };

  for (const [given, does] of [
    [{ ...on, command: "plan" }, "plan production"],
    [{ account: "123456789012", command: "plan" }, "plan production"],
    [{ ...on, account: "123456789012", command: "apply" }, "up production"],
    [{ ...on, command: "validate" }, "plan production --policies"],
    [{ ...on, command: "destroy" }, "destroy production --yes"],
    [{ command: "ephemeral", "pull-request": "7" }, "preview create 7 --tag pr-0123456789ab"],
    [{ command: "ephemeral", "pull-request": "7", ttl: "4h" }, "preview create 7 --tag pr-0123456789ab --for 4h"],
    [{ command: "schedule" }, "preview list"],
    [{ command: "schedule", "pull-request": "7", ttl: "4h" }, "preview extend 7 --for 4h"],
    [{ ...on, command: "history --limit 5" }, "history production --limit 5"],
    [{ ...on, command: "run --service api -- node -v" }, "run production --service api -- node -v"],
    [
      { ...on, command: "plan", ...job("plan", "production") },
      `runner start run production --role plan --commit ${commit} -- plan production`,
    ],
    [
      { ...on, command: "run --service api -- node -v", ...job("deploy") },
      `runner start run production --role deploy --commit ${commit} -- run production --service api -- node -v`,
    ],
    [
      { command: "ephemeral", "pull-request": "7", ttl: "4h", ...job("preview", "preview") },
      `runner start ephemeral 7 --tag pr-0123456789ab --for 4h --commit ${commit}`,
    ],
    [
      { command: "schedule", "pull-request": "7", ttl: "4h", ...job("preview") },
      `runner start run pr-7 --role preview --commit ${commit} -- preview extend 7 --for 4h`,
    ],
  ] as const)
    it(does, () => assert.equal(words(given), does));

  for (const [what, given, says] of [
    ["a stack without a file", { command: "plan", stack: "staging" }, /input stack: there is no Pulumi\.staging\.yaml/],
    ["an account of no stack", { command: "plan", account: "111111111111" }, /input stack: no stack's file names/],
    ["an account of two", { command: "plan", account: "210987654321" }, /input stack: pipeline, images are in/],
    ["another account than the stack's", { ...on, command: "plan", account: "210987654321" }, /is of the account 1234/],
    [
      "an account where none is known",
      { command: "plan", stack: "sandbox", account: "210987654321" },
      /names no account/,
    ],
  ] as const)
    it(`refuses ${what}`, () => assert.throws(() => words(given), { code: "invalid-flag", message: says }));

  it("is a command that there is", async () => {
    for (const command of customCommands) {
      const help = await parser([command]).getHelp();
      assert.match(help, new RegExp(`^switchyard ${command} <stack>`), command);
    }
  });
});
