import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { listPolicies } from "../../automation/audit/policies.ts";
import { programTypes } from "../../policies/program-types.ts";
import { type Tier, tiers } from "../../policies/tiers.ts";
import { programs, recordProgram } from "../fixtures/recording.ts";
import { audit } from "./support/audit.ts";

interface Advice {
  readonly rule: string;
  /** Why the programs do not follow it. */
  readonly reason: string;
  /** `<program> <tier>` to the names of the resources. */
  readonly where: Readonly<Record<string, readonly string[]>>;
}

const snapshot = parse(readFileSync(new URL("./advice.yaml", import.meta.url), "utf8")) as Advice[];

async function verdicts(program: string, tier: Tier) {
  return audit(await recordProgram(program, tier), tier).filter(({ kind }) => kind === "violation");
}

describe("the programs under the whole pack", () => {
  for (const program of Object.keys(programs)) {
    for (const tier of tiers) {
      it(`${program}, ${tier}: no mandatory violation, and no advice but what the snapshot explains`, async () => {
        const found = await verdicts(program, tier);
        assert.deepEqual(
          found
            .filter(({ level }) => level === "mandatory")
            .map(({ rule, urn, what }) => `${rule.name} ${urn}: ${what}`),
          [],
        );
        const actual = [...new Set(found.map(({ rule, urn }) => `${rule.name} ${urn?.split("::").at(-1)}`))].sort();
        const expected = snapshot.flatMap(({ rule, where }) =>
          (where[`${program} ${tier}`] ?? []).map((name) => `${rule} ${name}`),
        );
        assert.deepEqual(actual, expected.sort());
      });
    }
  }

  it("has a reason for each advice", () => {
    for (const { rule, reason } of snapshot) assert.ok(reason.length > 20, rule);
  });

  it("are of the types the listing of rules measures its coverage by", async () => {
    const used = new Set<string>();
    for (const program of Object.keys(programs)) {
      for (const tier of tiers) {
        for (const { type, custom } of await recordProgram(program, tier))
          if (custom && !type.startsWith("pulumi:")) used.add(type);
      }
    }
    assert.deepEqual([...used].sort(), programTypes, "correct policies/program-types.ts");
  });

  it("uses few types that no rule looks at, and lists them", () => {
    assert.deepEqual(listPolicies(programTypes).untouchedTypes, [
      "aws:acm/certificateValidation:CertificateValidation",
      "aws:appautoscaling/policy:Policy",
      "aws:appautoscaling/target:Target",
      "aws:ec2/eip:Eip",
      "aws:ec2/natGateway:NatGateway",
      "aws:kms/alias:Alias",
      "aws:route53/record:Record",
      "aws:secretsmanager/secretVersion:SecretVersion",
      "docker:index/image:Image",
    ]);
  });
});
