import assert from "node:assert/strict";
import { command, pairs, parseDockerfile, substitute } from "../../../sandbox/provider/docker/dockerfile.ts";

const parse = (text: string, args = {}) => parseDockerfile("Dockerfile", text, args);

describe("a Dockerfile", () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Dockerfiles have placeholders of their own
  const placeholders = { base: "ARG BASE=alpine\nFROM ${BASE} AS one\nFROM scratch\n", text: "$A-${B}-${C:-c}-${D}" };

  it("has stages with names and bases, build arguments put in", () => {
    const { stages } = parse(placeholders.base, { BASE: "node:24" });
    assert.deepEqual(
      stages.map(({ base, name }) => [base, name]),
      [
        ["node:24", "one"],
        ["scratch", undefined],
      ],
    );
  });

  it("joins continued lines and keeps the comment above an instruction", () => {
    const { stages } = parse("FROM scratch\n# image-only: certificates\nRUN one && \\\n    two\n\nENV A=1\n");
    const [run, env] = stages[0]?.instructions ?? [];
    assert.deepEqual([run?.text, run?.comment, env?.comment], ["one && two", "image-only: certificates", ""]);
  });

  it("reads flags apart from what they are about", () => {
    const { stages } = parse("FROM scratch\nCOPY --chown=1:2 --from=x a b /c/\n");
    assert.deepEqual(stages[0]?.instructions[0]?.flags, { chown: "1:2", from: "x" });
    assert.equal(stages[0]?.instructions[0]?.text, "a b /c/");
  });

  it("refuses an instruction that does not exist, naming the line", () => {
    assert.throws(() => parse("FROM scratch\nCOPPY a b\n"), /Dockerfile:2: unknown instruction COPPY/);
  });

  it("refuses to be without a stage", () => {
    assert.throws(() => parse("# nothing\n"), /there is no FROM/);
  });

  it("substitutes variables, with defaults", () => {
    assert.equal(substitute(placeholders.text, { A: "1", B: "2" }), "1-2-c-");
  });

  it("reads pairs in both forms", () => {
    assert.deepEqual(pairs('A=1 B="two words"'), [
      ["A", "1"],
      ["B", "two words"],
    ]);
    assert.deepEqual(pairs("A one two"), [["A", "one two"]]);
  });

  it("reads commands in both forms", () => {
    assert.deepEqual(command('["node", "a.mjs"]'), ["node", "a.mjs"]);
    assert.deepEqual(command("node a.mjs"), ["/bin/sh", "-c", "node a.mjs"]);
  });
});
