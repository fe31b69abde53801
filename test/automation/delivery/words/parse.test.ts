import assert from "node:assert/strict";
import fc from "fast-check";
import { help, parseComment, type Word, wordText, wordTold } from "../../../../automation/delivery/words/parse.ts";

const run = (service: string, ...argv: readonly string[]): Word => ({ command: "run", service, argv });

const taken: readonly (readonly [string, Word])[] = [
  ["/plan", { command: "plan" }],
  ["/deploy", { command: "deploy" }],
  ["/destroy", { command: "destroy" }],
  ["/approve", { command: "approve" }],
  ["/help", { command: "help" }],
  ["/extend 24h", { command: "extend", for: "24h" }],
  ["/extend 90m", { command: "extend", for: "90m" }],
  ["/run api -- node --version", run("api", "node", "--version")],
  [
    "/run api -- node dist/seed.js --rows=10 a,b @x 50% +1 k:v",
    run("api", ..."node dist/seed.js --rows=10 a,b @x 50% +1 k:v".split(" ")),
  ],
  ["/run my-api -- -- x", run("my-api", "--", "x")],
  ["/deploy  \r\n\n", { command: "deploy" }],
];

const ordinary: readonly string[] = [
  ...["", " ", "\n", "/", "//", "/ deploy", " /deploy", "\t/deploy", "\n/deploy", "please /deploy", "> /deploy"],
  ...[
    "`/deploy`",
    "```\n/deploy\n```",
    "- /deploy",
    "<!-- /deploy -->",
    "/Deploy",
    "/DEPLOY",
    "/deploys",
    "/deploy-it",
  ],
  ...["/deploy;/destroy", "/deploy&&id", "/deploy|id", "/deploy`id`", "/deploy$(id)", "/deploy\0", "/dep\u200bloy"],
  ...["\u202e/deploy", "\ufeff/deploy", "／deploy", "/dеploy", "/home/user is the path", "/etc/passwd", "/constructor"],
  ...["/__proto__", "/toString", "/hasOwnProperty", "/rollback", "/up", "\\/deploy", "%2Fdeploy", "&#47;deploy"],
];

const refused: readonly string[] = [
  ...["/deploy now", "/deploy production", "/deploy --force", "/deploy ; rm -rf /", "/deploy && id", "/deploy | id"],
  ...[
    "/deploy $(id)",
    "/deploy `id`",
    "/deploy > /etc/passwd",
    "/deploy\n/destroy",
    "/deploy\nrm -rf /",
    "/deploy\r/destroy",
  ],
  ...[
    "/deploy\u2028/destroy",
    "/deploy\u00a0now",
    "/deploy \u202enow",
    "/deploy $\x7b{ secrets.TOKEN }}",
    "/deploy  now",
  ],
  ...[
    "/plan\n\n::set-output name=a::b",
    "/help \x1b[2J",
    "/destroy production",
    "/destroy -y",
    "/approve v1",
    "/approve @me",
  ],
  ...[
    "/extend",
    "/extend 0h",
    "/extend -1h",
    "/extend 1.5h",
    "/extend 24",
    "/extend 24H",
    "/extend 24h 24h",
    "/extend ２４h",
  ],
  ...[
    "/extend 99999h",
    "/extend 1e9h",
    "/extend 24h;id",
    "/extend 24h\n24h",
    "/extend $(id)h",
    "/extend 24hh",
    "/extend Infinityh",
  ],
  ...["/run", "/run api", "/run api --", "/run api node", "/run -- node", "/run api -- $(id)", "/run api -- node;id"],
  ...[
    "/run api -- node | sh",
    "/run api -- node && id",
    "/run api -- `id`",
    "/run api -- 'a b'",
    '/run api -- "$HOME"',
  ],
  ...[
    "/run api -- node > x",
    "/run api -- node < x",
    "/run api -- a\\b",
    "/run api -- *",
    "/run api -- ~root",
    "/run api -- a#b",
  ],
  ...[
    "/run API -- node",
    "/run ../x -- node",
    "/run api;id -- node",
    "/run --service=api -- node",
    "/run api  -- node",
  ],
  ...[
    `/run api -- ${"x".repeat(1_000)}`,
    `/run api -- ${"x ".repeat(33).trim()}`,
    "/run api -- node\nid",
    "/run api\t-- node",
  ],
];

describe("a comment on a pull request", () => {
  for (const [body, word] of taken)
    it(`is a command: ${JSON.stringify(body).slice(0, 60)}`, () => {
      assert.deepEqual(parseComment(body), { kind: "word", word });
    });

  it("is one of 60 hostile ones at least, of which none is a command", () => {
    assert.ok(new Set(refused).size >= 60, String(refused.length));
    for (const body of refused) assert.equal(parseComment(body).kind, "refused", JSON.stringify(body));
  });

  it("is like any other where it does not begin as a command alone does", () => {
    for (const body of ordinary) assert.equal(parseComment(body).kind, "none", JSON.stringify(body));
  });

  it("is refused in words that hold nothing of it", () => {
    for (const body of refused) {
      const parsed = parseComment(`${body} 5ecret`);
      if (parsed.kind === "refused") assert.doesNotMatch(parsed.why, /5ecret|production|rm -rf/);
    }
  });

  const whatever = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom(..."/deploy run -;|&$`'\"\\\n\r\t\0\u202e\u200b") }),
    fc
      .tuple(fc.constantFrom("/run api -- ", "/extend ", "/deploy", "/run "), fc.string({ unit: "binary" }))
      .map(([a, b]) => a + b),
  );

  it("never brings anything through but plain words", () => {
    fc.assert(
      fc.property(whatever, (body) => {
        const parsed = parseComment(body);
        if (parsed.kind !== "word") return;
        const words = wordText(parsed.word).slice(1).split(" ");
        for (const word of words) assert.match(word, /^[A-Za-z0-9_@%+=:,./-]+$/);
        assert.equal(wordText(parsed.word), body.trimEnd());
      }),
      { numRuns: 2_000 },
    );
  });

  it("is read again from what it is written as", () => {
    const argument = fc.string({ unit: fc.constantFrom(..."aZ09_@%+=:,./-"), minLength: 1, maxLength: 12 });
    const words: fc.Arbitrary<Word> = fc.oneof(
      fc.constantFrom(...(["plan", "deploy", "destroy", "approve", "help"] as const)).map((command) => ({ command })),
      fc.integer({ min: 1, max: 9999 }).map((n): Word => ({ command: "extend", for: `${n}h` })),
      fc.array(argument, { minLength: 1, maxLength: 32 }).map((argv) => run("api", ...argv)),
    );
    fc.assert(fc.property(words, (word) => assert.deepEqual(parseComment(wordText(word)), { kind: "word", word })));
  });

  it("is written down without the arguments of what it runs", () => {
    assert.equal(wordTold(run("api", "psql", "password=hunter2")), "/run api -- psql");
    assert.equal(wordTold({ command: "extend", for: "24h" }), "/extend 24h");
  });

  it("has help of each command", () => {
    assert.equal(help.length, 7);
    for (const [form] of help) assert.notEqual(parseComment(form).kind, "none", form);
  });
});
