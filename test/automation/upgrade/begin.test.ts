import assert from "node:assert/strict";
import { askedBy } from "../../../automation/commands/upgrade.ts";
import { problems } from "../../../automation/upgrade/begin.ts";
import { environmentConfig } from "../../../programs/config.ts";
import { files } from "../../../programs/files.ts";
import { mail } from "../../../programs/mail.ts";
import { values } from "../../programs/fixtures.ts";

const region = "us-east-1";
const regions = { old: region, fresh: region };
const config = (stack: string, more: object = {}) =>
  environmentConfig(stack, { ...values(), tier: "development", ...more });
const old = config("production", { database: { name: "notes" }, account: "123456789012" });
const fit = { database: { name: "notes", fromSnapshot: "before" }, account: "123456789012" };
const domain = (name: string) => ({ domain: { name, zoneId: "Z0123456789" } });
const withCdn = (name: string) => files.parse({ cdn: { name } });
const sending = (name: string) => mail.parse({ domain: name, zoneId: "Z0123456789" });

describe("two environments of an upgrade", () => {
  it("fit", () => assert.deepEqual(problems(old, config("next", fit), regions), []));

  const sharing = (stack: string, name: string, keys: object) => ({
    ...config(stack, { ...fit, domain: { ...domain(name).domain, ...keys } }),
  });
  const shared = { shared: ["www.example.com"] };
  const one = sharing("production", "one.example.com", shared);

  it("fit with names that are shared in both", () => {
    assert.deepEqual(problems(one, sharing("next", "two.example.com", shared), regions), []);
    assert.deepEqual(problems(one, sharing("next", "two.example.com", {}), regions), []);
  });

  for (const [title, fresh, expected] of [
    ["is shared in one", sharing("next", "www.example.com", {}), /both have the name www\.example\.com/],
    [
      "is shared in the other",
      sharing("next", "two.example.com", { shared: ["one.example.com"] }),
      /name one\.example/,
    ],
    ["is proven by the same record", sharing("next", "two.example.com", { names: ["*.www.example.com"] }), /\*\.www/],
    [
      "is in another zone",
      sharing("next", "two.example.com", { ...shared, zoneId: "Z9876543210" }),
      /another hosted zone in next/,
    ],
  ] as const)
    it(`do not with a name that ${title}`, () => {
      const [problem, ...others] = problems(one, fresh, regions);
      assert.deepEqual(others, []);
      assert.match(problem?.what ?? "", expected);
    });

  const wrong: readonly [string, Parameters<typeof problems>, RegExp][] = [
    ["the same one", [old, config("production", fit), regions], /cannot be beside itself/],
    ["an empty database", [old, config("next", { ...fit, database: { name: "notes" } }), regions], /empty database/],
    ["another database's name", [old, config("next", { ...fit, database: { fromSnapshot: "b" } }), regions], /name/],
    [
      "another major version",
      [old, config("next", { ...fit, database: { ...fit.database, engineMajor: "18" } }), regions],
      /engineMajor` of next is 18, .* 17/,
    ],
    ["another account", [old, config("next", { ...fit, account: "210987654321" }), regions], /account or region/],
    ["another region", [old, config("next", fit), { ...regions, fresh: "eu-west-1" }], /account or region/],
    [
      "a name of both",
      [
        {
          ...old,
          ...config("production", { ...domain("app.example.com"), database: old.database }),
          account: old.account,
        },
        config("next", { ...fit, domain: { ...domain("b.example.com").domain, names: ["app.example.com"] } }),
        regions,
      ],
      /both have the name app\.example\.com/,
    ],
    [
      "one name of a CDN",
      [
        { ...old, files: withCdn("files.example.com") },
        { ...config("next", fit), files: withCdn("files.example.com") },
        regions,
      ],
      /both have the name files\.example\.com,/,
    ],
    [
      "mail of one domain",
      [
        { ...old, mail: sending("mail.example.com") },
        { ...config("next", fit), mail: sending("mail.example.com") },
        regions,
      ],
      /both have the name mail\.example\.com \(mail\)/,
    ],
  ];
  for (const [title, given, expected] of wrong)
    it(`do not with ${title}, which is said with the way out`, () => {
      const [problem, ...others] = problems(...given);
      assert.deepEqual(others, []);
      assert.match(problem?.what ?? "", expected);
      assert.ok((problem?.fix.length ?? 0) > 20);
    });
});

describe("the flags of an upgrade", () => {
  const flags = { stack: "production", back: false, settle: false };

  it("say one way", () => {
    const forward = { way: "forward", beside: "next", version: "v8" };
    assert.deepEqual(askedBy({ ...flags, to: "v8", beside: "next" }), forward);
    const kept = askedBy({ ...flags, to: "v8", beside: "next", keepFor: "14d" });
    assert.deepEqual(kept, { ...forward, keepForMs: 14 * 86_400_000 });
    assert.deepEqual(askedBy({ ...flags, back: true }), { way: "back" });
    assert.deepEqual(askedBy({ ...flags, settle: true }), { way: "settle" });
  });

  for (const [given, expected] of [
    [{}, /neither/],
    [{ to: "v8" }, /--beside: it is missing/],
    [{ beside: "next" }, /--to: it is missing/],
    [{ back: true, settle: true }, /exclude/],
    [{ to: "v8", beside: "next", back: true }, /exclude/],
    [{ back: true, keepFor: "1d" }, /with --back nothing is kept/],
    [{ to: "v8", beside: "next", keepFor: "91d" }, /too long. Give at most 90d/],
    [{ to: "v8", beside: "Next" }, /"Next" is not a stack name/],
    [{ to: "a b", beside: "next" }, /tag/],
  ] as const)
    it(`are refused: ${JSON.stringify(given)}`, () => {
      assert.throws(() => askedBy({ ...flags, ...given }), { code: "invalid-flag", message: expected });
    });
});
