import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as aws from "@pulumi/aws";
import { parse } from "yaml";
import { rules } from "../../policies/catalogue.ts";
import { packConfig } from "../../policies/config.ts";
import { outdatedFiles } from "../../policies/generate.ts";
import { formatMessage, parseMessage, ruleUrl } from "../../policies/message.ts";
import { levelIn, relaxedOutsideProduction } from "../../policies/tiers.ts";

interface Source {
  readonly source: string;
  /** Day the titles were read. */
  readonly read: string;
  readonly controls: Readonly<Record<string, string>>;
}

describe("the catalogue of rules", () => {
  it("has unique names Pulumi accepts", () => {
    const names = rules.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.match(name, /^[a-z][a-z0-9]*(-[a-z0-9]+)+$/);
    assert.ok(!names.includes("all"));
  });

  it("says of each rule what holds, why, how to fix it, and where to read on", () => {
    for (const rule of rules) {
      assert.ok(rule.title.length > 10 && !rule.title.endsWith("."), rule.name);
      assert.ok(rule.why.endsWith("."), rule.name);
      assert.ok(rule.fix.endsWith("."), rule.name);
      assert.match(ruleUrl(rule), /^https:\/\/[a-z.]+\//, rule.name);
      assert.ok(rule.controls.length > 0 || rule.url !== undefined, `${rule.name} has neither a control nor a link`);
      for (const control of rule.controls)
        assert.match(control, /^([A-Za-z0-9]+\.\d+|CKV2?_AWS_\d+|AWS-\d{4}|AwsSolutions-[A-Z]+\d)$/, rule.name);
    }
  });

  it("cites controls that exist, by a list of them with their titles", () => {
    const sources = parse(readFileSync(new URL("./controls.yaml", import.meta.url), "utf8")) as Source[];
    const titles = new Map(sources.flatMap(({ controls }) => Object.entries(controls)));
    const cited = new Set(rules.flatMap(({ controls }) => controls));
    assert.deepEqual(
      [...cited].filter((id) => !titles.has(id)),
      [],
      "cited, and not in controls.yaml",
    );
    assert.deepEqual(
      [...titles.keys()].filter((id) => !cited.has(id)),
      [],
      "in controls.yaml, and not cited",
    );
    for (const { source, read } of sources) assert.match(`${source} ${read}`, /^\S.* \d{4}-\d{2}-\d{2}$/);
    for (const [id, title] of titles) assert.ok(title.length > 15, id);
  });

  it("is written against types the AWS SDK has", () => {
    const tokens = new Set<string>();
    for (const module of Object.values(aws) as object[]) {
      for (const name of Object.getOwnPropertyNames(module)) {
        const token = (module as Record<string, { __pulumiType?: unknown } | undefined>)[name]?.__pulumiType;
        if (typeof token === "string") tokens.add(token);
      }
    }
    for (const { name, types } of rules) for (const type of types) assert.ok(tokens.has(type), `${name}: ${type}`);
  });

  it("has production's rules mandatory in production's configuration, and no other tier's", () => {
    const production = packConfig("production");
    for (const rule of rules.filter(({ level }) => level === "production")) {
      assert.equal(production[rule.name]?.enforcementLevel, "mandatory");
      assert.equal(levelIn("development", rule), "advisory");
    }
    assert.deepEqual(Object.keys(packConfig("development")), Object.keys(relaxedOutsideProduction));
  });

  it("is what docs/guardrails.md and the tiers' configuration were last written from", () => {
    assert.deepEqual(outdatedFiles(), [], "run `node policies/generate.ts`");
  });

  it("writes messages that can be taken apart again, whatever is in them", () => {
    for (const rule of rules) {
      for (const kind of ["violation", "undecided", "excepted"] as const) {
        const parts = parseMessage(`<{%fg 13%}>${formatMessage({ rule, kind, what: "a\nb" })}<{%reset%}>\n`);
        assert.deepEqual(parts, { kind, title: rule.title, what: "a b", fix: rule.fix, url: ruleUrl(rule) });
      }
    }
    assert.equal(parseMessage("Someone else's message"), undefined);
  });
});
