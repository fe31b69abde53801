import assert from "node:assert/strict";
import { resourceRules } from "../../policies/catalogue.ts";
import { evaluateResource } from "../../policies/evaluate.ts";
import { levelIn, type Tier } from "../../policies/tiers.ts";
import { pipelineConfig } from "../../programs/config.ts";
import { pipeline } from "../../programs/pipeline.ts";
import { type Resources, run } from "./mocks.ts";
import { environmentOf } from "./runs.ts";

describe("the programs under the policy pack", () => {
  for (const tier of ["development", "production"] as const) {
    it(`an environment of the ${tier} tier breaks no mandatory rule on a resource`, async () => {
      const { resources } = await environmentOf(tier);
      assert.deepEqual(broken(resources, tier), []);
    });

    it(`a pipeline of the ${tier} tier breaks no mandatory rule on a resource`, async () => {
      const { resources } = await run("pipeline", {}, () => pipeline(pipelineConfig("pipeline", { tier })));
      assert.deepEqual(broken(resources, tier), []);
    });
  }

  it("a broken rule would show", async () => {
    const { resources } = await environmentOf("development");
    assert.notDeepEqual(broken(resources, "production"), []);
  });
});

/** The mandatory rules of a tier that some resource breaks. */
function broken(resources: Resources, tier: Tier): readonly string[] {
  return resourceRules
    .filter((rule) => levelIn(tier, rule) === "mandatory")
    .flatMap((rule) =>
      rule.types.flatMap((type) =>
        resources
          .all(type)
          .flatMap(({ inputs, ...facts }) =>
            evaluateResource(
              rule,
              { ...facts, urn: facts.name, props: inputs },
              { preview: false, exceptions: { match: () => undefined, problems: () => [] }, configured: {} },
            ).map(({ what }) => `${rule.name}: ${facts.name}: ${what}`),
          ),
      ),
    );
}
