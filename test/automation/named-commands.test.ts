import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../automation/surroundings.ts";
import { type KnownCommand, knownCommands } from "../support/command-line.ts";

/** A command line as a message, a page or a workflow names it. */
interface Named {
  readonly where: string;
  readonly text: string;
  readonly words: readonly string[];
}

/** Everything a user reads or CI runs: sources with their messages, pages, workflows. */
function files(): readonly string[] {
  const all = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: projectRoot,
    encoding: "utf8",
  });
  return all
    .split("\n")
    .filter((file) => /\.(ts|mjs|cjs|js|md|ya?ml|sh)$/.test(file) || file.includes("Dockerfile"))
    .filter((file) => !/^(test|node_modules)\//.test(file));
}

/** What stands in place of a value: `<stack>`, `${stack}`, `"$TAG"`. */
const placeholder = /\\?\$\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|<[^<>\s]+>|"?\$[A-Z_]+"?/g;

function namedIn(where: string, content: string): readonly Named[] {
  const lines = content.replace(/\\\n\s*/g, " ").split("\n");
  return lines.flatMap((line, index) => {
    const plain = line.replace(placeholder, "X");
    return [...plain.matchAll(/(?<![-\w/."]|--ref[ =])switchyard (?=[a-zX-])([^`"'#|;…\\]*)/g)].map(([, rest = ""]) => {
      const [text = ""] = rest.split(/: |:$|\. |, | — | {2}|\)| && | > /);
      const words = text
        .trim()
        .replace(/[.,)]+$/, "")
        .split(/\s+/);
      return { where: `${where}:${index + 1}`, text: `switchyard ${text.trim()}`, words };
    });
  });
}

/** Commands and flags named without the program before them: `sandbox reset`, `up --refresh`. */
function shorthandIn(where: string, content: string, commands: ReadonlySet<string>): readonly Named[] {
  return content.split("\n").flatMap((line, index) => {
    const quoted = line
      .replaceAll("\\`", "`")
      .replace(placeholder, "X")
      .matchAll(/`([a-z]+(?: [^`]*)?)`/g);
    return [...quoted].flatMap(([, text = ""]) => {
      const words = text.split(/\s+/);
      const isOne = words.length > 1 && commands.has(words[0] ?? "") && words.some((w) => w.startsWith("--"));
      return isOne ? [{ where: `${where}:${index + 1}`, text, words }] : [];
    });
  });
}

/** What is wrong with it; undefined when the parser has the command and its flags. */
function wrongWith({ words }: Named, commands: readonly KnownCommand[]): string | undefined {
  const command = commands.find(({ words: known }) => `${words.join(" ")} `.startsWith(`${known} `));
  const isGroup = words.length === 1 && commands.some(({ words: known }) => known.startsWith(`${words[0]} `));
  if (!command && !isGroup && words[0] !== "X" && !words[0]?.startsWith("--")) return "there is no such command";
  const end = words.indexOf("--");
  const flags = (end < 0 ? words : words.slice(0, end)).flatMap((word) => /^--([a-z-]+)/.exec(word)?.[1] ?? []);
  const known = command ? command.flags : commands.flatMap((each) => each.flags);
  const names = new Set(known.flatMap(({ name, takes }) => (takes === "boolean" ? [name, `no-${name}`] : [name])));
  const unknown = flags.find((flag) => !names.has(flag));
  return unknown && `there is no flag --${unknown}`;
}

describe("commands and flags that messages, pages and workflows name", () => {
  let commands: readonly KnownCommand[];
  before(async () => {
    commands = await knownCommands();
  });

  const wrong = (named: readonly Named[]) =>
    named.flatMap((each) => {
      const what = wrongWith(each, commands);
      return what ? [`${each.where}: ${each.text}: ${what}`] : [];
    });

  it("are the parser's own", () => {
    const first = new Set(commands.map(({ words }) => words.split(" ")[0] ?? ""));
    const named = files().flatMap((file) => {
      const content = readFileSync(join(projectRoot, file), "utf8");
      return [
        ...namedIn(file, content),
        ...(file.endsWith(".md") || file.startsWith("automation/") ? shorthandIn(file, content, first) : []),
      ];
    });
    assert.ok(named.length > 120, `only ${named.length} were found`);
    assert.deepEqual(wrong(named), []);
  });

  it("are found where they are written, and missed when they are not there", () => {
    const say = (text: string) => wrong(namedIn("x.ts", text));
    assert.deepEqual(say("fix: `run \\`switchyard up $" + "{stack} --refresh\\` first`"), []);
    assert.deepEqual(say('switchyard promote production --tag "$TAG" --wait 50m'), []);
    assert.deepEqual(say("npx switchyard run <stack> --service api -- node --version"), []);
    for (const text of [
      "`switchyard sandbox stop --dir x`",
      "`switchyard deploi`",
      "switchyard images pull",
      "`switchyard rollback <stack> --tag v1`",
    ])
      assert.equal(say(text).length, 1, text);
    assert.deepEqual(wrong(shorthandIn("x.md", "`up --refersh` and `git log --oneline`", new Set(["up"]))), [
      "x.md:1: up --refersh: there is no flag --refersh",
    ]);
  });
});
