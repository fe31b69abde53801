import assert from "node:assert/strict";
import { resourceRules } from "../../policies/resource-rules.ts";
import { documents } from "./found/documents.ts";
import { identities } from "./found/identities.ts";
import { networks } from "./found/networks.ts";
import { otherServices } from "./found/other-services.ts";
import { stores } from "./found/stores.ts";
import { trusts } from "./found/trusts.ts";
import { workloads } from "./found/workloads.ts";
import { resourceOutcomes } from "./support/evaluate.ts";

const groups = { identities, trusts, documents, workloads, networks, stores, otherServices };

describe("resources others wrote", () => {
  for (const [group, list] of Object.entries(groups)) {
    for (const { what, type, props, rules, name } of list) {
      const said = () =>
        resourceRules
          .filter(({ types }) => (types as readonly string[]).includes(type))
          .flatMap((rule) => resourceOutcomes(rule, { type, ...(name === undefined ? {} : { name }) }, props))
          .filter(({ kind }) => kind === "violation");
      if (rules === undefined) {
        it(`${group}: ${what}: not refused`, () => {
          const refusing = said().filter(({ rule }) => rule.level !== "advisory");
          assert.deepEqual(
            refusing.map(({ rule, what: why }) => `${rule.name}: ${why}`),
            [],
          );
        });
        continue;
      }
      it(`${group}: ${what}: found by ${rules.join(" or ")}`, () => {
        const names = said().map(({ rule, what: why }) => `${rule.name}: ${why}`);
        assert.ok(
          rules.some((rule) => names.some((one) => one.startsWith(`${rule}: `))),
          `said: ${names.join("; ") || "nothing"}`,
        );
      });
    }
  }
});
