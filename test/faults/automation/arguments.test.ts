import assert from "node:assert/strict";
import type { Commands } from "../../../automation/command-loaders.ts";
import { parser } from "../../../automation/parser.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import { type KnownCommand, type KnownFlag, knownCommands, usable } from "../../support/command-line.ts";

/** Whether a command line is taken; what is called then does nothing. */
async function refusal(argv: readonly string[]): Promise<SwitchyardError | undefined> {
  const command = async () =>
    new Proxy({}, { get: (_, name) => (name === "then" ? undefined : async () => undefined) });
  try {
    await parser(argv, new Proxy({}, { get: () => command }) as Commands).parseAsync();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof SwitchyardError, `${argv.join(" ")}: ${String(error)}`);
    assert.equal(error.code, "invalid-flag");
    return error;
  }
}

/** The shortest command line that is taken. */
function shortest({ words, positionals, required }: KnownCommand, without?: string): string[] {
  const flags = required.filter((name) => name !== without).flatMap((name) => [`--${name}`, usable[name] as string]);
  return [...words.split(" "), ...positionals.map((name) => usable[name] as string), ...flags];
}

const forValues = [
  "",
  "-1",
  "-5m",
  "NaN",
  "Infinity",
  "1e9",
  "0x10",
  "٣",
  "３m",
  "9".repeat(400),
  `${"9".repeat(30)}d`,
  "\n",
  "\0",
];

/** What nobody sees; no flag can use it. */
const blank = ["", " ", "\t", "\n", "\0", "\u00a0", "\u2003 ", "\u200b", "\ufeff"];

/** Values no flag of a kind can use; a path, and a text that is kept as it is, may be nearly anything. */
const unusable: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.keys(usable).map((name) => {
    if (["config", "set", "input"].includes(name)) return [name, [...blank, "a=\0"]];
    if (["report", "out", "sarif", "source", "from", "layouts", "disrupt"].includes(name))
      return [name, [...blank, "a\0b", "a\nb", "\u001b[2J"]];
    if (["approver", "person", "actor", "why"].includes(name)) return [name, ["", "\n", "\0", "9".repeat(400)]];
    if (["tag", "to", "release"].includes(name))
      return [name, ["", "-1", "٣", "９", "\n", "\0", "9".repeat(400), "a/b"]];
    if (name === "state-bucket")
      return [name, ["-1", "Acme", "a.b.c", "a_b", "xn--a", "ab", "9".repeat(64), "٣٣٣", "\n"]];
    if (["base", "head", "ref"].includes(name)) return [name, ["", "-1", "٣", "３m", "\n", "\0", "9".repeat(400)]];
    // Digits and a letter up to f may be how a commit begins.
    if (name === "commit") return [name, forValues.filter((value) => !/^[0-9a-f]{4,40}$/.test(value))];
    // Whatever a hand may have called one in AWS is removed by that name; `set` itself refuses what this project would not write.
    if (name === "schedule") return [name, forValues.filter((value) => !/^[\w.][\w.-]{0,63}$/.test(value))];
    return [name, forValues];
  }),
);

/** What has a place and no dashes. */
const places = ["stack", "release", "name", "number", "execution", "schedule", "expression"];

describe("every flag of every command", () => {
  const env = { ...process.env };
  let commands: readonly KnownCommand[];
  before(async () => {
    commands = await knownCommands();
  });
  afterEach(() => {
    for (const name of ["SWITCHYARD_SANDBOX", "SWITCHYARD_ENGINE"])
      if (env[name] === undefined) delete process.env[name];
      else process.env[name] = env[name];
  });

  const flagsOf = (takes: (flag: KnownFlag) => boolean) =>
    commands.flatMap((command) =>
      command.flags
        .filter((f) => takes(f) && !["help", "version"].includes(f.name))
        .map((flag) => ({ command, ...flag })),
    );
  /** Whether a flag comes by this name for the first time: with every wrong value there, with some wherever it comes again. */
  const firstTimes = () => {
    const met = new Set<string>();
    return ({ name, takes }: KnownFlag) => !met.has(`${name} ${takes}`) && Boolean(met.add(`${name} ${takes}`));
  };
  const expectRefused = async (argv: readonly string[], name?: string) => {
    const error = await refusal(argv);
    assert.ok(error, `taken: ${JSON.stringify(argv)}`);
    if (name !== undefined) assert.ok(error.message.includes(name), `${JSON.stringify(argv)}: ${error.message}`);
  };

  /** The flags without which one says nothing. */
  const needed = (words: string, name: string): readonly string[] => {
    if (words === "plan" && ["format", "out"].includes(name)) return ["--policies"];
    if (name === "take-back") return ["--only", "production"];
    return words.startsWith("images") && ["check", "layouts"].includes(name) ? ["--public"] : [];
  };

  it("is found by the test", async () => {
    assert.ok(commands.length > 20, String(commands.length));
    for (const command of commands) assert.equal(await refusal(shortest(command)), undefined, command.words);
    const valued = flagsOf(({ takes }) => takes !== "boolean").map(({ name }) => name);
    assert.deepEqual(new Set(valued), new Set(Object.keys(usable).filter((name) => !places.includes(name))));
    assert.ok(flagsOf(({ takes }) => takes === "boolean").length > 50);
  });

  it("that is true or false takes nothing, true or false, and nothing else", async () => {
    const isFirst = firstTimes();
    for (const { command, name, takes } of flagsOf((flag) => flag.takes === "boolean")) {
      const line = [...shortest(command), ...needed(command.words, name)];
      // All stacks, and the one that is named: either.
      const instead = name === "everything" ? command.words.split(" ") : line;
      const taken = [
        [...instead, `--${name}`],
        [...line, `--no-${name}`],
        [...instead, `--${name}=true`],
        [...line, `--${name}=false`],
      ];
      const refused = [
        [`--${name}=yes`],
        [`--no-${name}=true`],
        [`--${name}`, `--no-${name}`],
        ...["no", "1", "0", "TRUE", "True", "on", "", " true", "y", "null", "٣"].map((value) => [`--${name}=${value}`]),
        ...["yes", "false", ""].map((value) => [`--no-${name}=${value}`]),
        [`--${name}`, `--${name}`],
        [`--no-${name}`, `--${name}=true`],
        [`--${name}.x=1`],
      ];
      const first = isFirst({ name, takes });
      for (const good of first ? taken : taken.slice(0, 1))
        assert.equal(await refusal(good), undefined, good.join(" "));
      for (const bad of first ? refused : refused.slice(0, 3)) await expectRefused([...line, ...bad], name);
      // What follows a flag that takes nothing is a place's.
      for (const value of first ? ["yes", "no", "1", "TRUE"] : []) await expectRefused([...line, `--${name}`, value]);
    }
  });

  it("that takes a value is given one it can use, once, and is not negated", async () => {
    const isFirst = firstTimes();
    for (const { command, name, takes } of flagsOf((flag) => flag.takes !== "boolean")) {
      const wrong = [...blank, ...(unusable[name] ?? [])];
      const first = isFirst({ name, takes });
      const line = [...shortest(command, name), ...needed(command.words, name)];
      // A stack, but of `ci tag` a part of a release.
      const value = name === "only" && takes === "choices" ? "images" : (usable[name] as string);
      assert.equal(await refusal([...line, `--${name}`, value]), undefined, `${command.words} --${name} ${value}`);
      for (const bad of first ? wrong : wrong.slice(-1)) {
        await expectRefused([...line, `--${name}=${bad}`]);
        // Beside one that is right, too.
        if (takes === "array") await expectRefused([...line, `--${name}`, value, `--${name}`, bad]);
      }
      await expectRefused([...line, `--no-${name}`], name);
      if (!first) continue;
      await expectRefused([...line, `--${name}`], name);
      await expectRefused([...line, `--${name}.x=${value}`]);
      if (takes !== "array") await expectRefused([...line, `--${name}`, value, `--${name}=${value}`], name);
    }
  });

  it("is one that it has, and no place is taken by a flag of its name", async () => {
    for (const command of commands) {
      const line = shortest(command);
      for (const unknown of [
        "--bogus",
        "--bogus=1",
        "--no-bogus",
        "-x",
        "-dry-run=yes",
        "—json",
        "--__proto__=1",
        "--_=x",
      ])
        await expectRefused([...line, unknown]);
      for (const name of ["stack", "release"]) await expectRefused([...line, `--${name}=${usable[name]}`]);
      for (const [index, name] of command.positionals.entries())
        for (const bad of [...blank, ...(unusable[name] ?? [])]) {
          const words = command.words.split(" ").length;
          await expectRefused(line.map((word, at) => (at === words + index ? bad : word)));
        }
      await expectRefused([...line, "extra"]);
    }
  });

  it("keeps its hands off what comes after two dashes", async () => {
    assert.equal(
      await refusal(["run", "production", "--service", "api", "--", "x", "--json=yes", "--json", "--json"]),
      undefined,
    );
  });

  it("says where it works: the account or the sandbox", async () => {
    await refusal(["status", "production", "--sandbox"]);
    assert.equal(process.env["SWITCHYARD_SANDBOX"], "1");
    await refusal(["status", "production", "--no-sandbox"]);
    assert.equal(process.env["SWITCHYARD_SANDBOX"], "0");
  });
});
