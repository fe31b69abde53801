import assert from "node:assert/strict";
import { loadProviders } from "@switchyard/sandbox";
import { SdkAws } from "../../../automation/aws/clients.ts";
import { systemClock } from "../../../automation/clock.ts";
import { madeAgain } from "../../../automation/stacks/recover/again.ts";
import type { Finder, Look } from "../../../automation/stacks/recover/find.ts";
import { loadFinders } from "../../../automation/stacks/recover/recover.ts";
import { dataCases } from "../../sandbox/provider/cases/data.ts";
import { networkCases } from "../../sandbox/provider/cases/network.ts";
import { organizationCases } from "../../sandbox/provider/cases/organization.ts";
import { runnerCases } from "../../sandbox/provider/cases/runner.ts";
import { serviceCases } from "../../sandbox/provider/cases/service.ts";
import { useEnvironment } from "../../sandbox/provider/environment.ts";
import { fixtures } from "../../sandbox/provider/fixtures.ts";
import { useOrganization } from "../../sandbox/provider/organization.ts";
import { type Served, serve } from "../../sandbox/provider/provider.ts";
import { useSmallImage } from "../../sandbox/provider/small-image.ts";
import { useCloud } from "../../support/cloud.ts";

const { awsRows } = await loadProviders();

const cases = { ...networkCases, ...serviceCases, ...dataCases, ...organizationCases, ...runnerCases };
const finders = await loadFinders();
/** No program here makes one. */
const ofTestsOnly = ["aws:dynamodb/tableItem:TableItem", "aws:route53/zone:Zone"];

describe("a thing that was being made when an update was killed", () => {
  const cloud = useCloud();
  useEnvironment(() => cloud.env);
  useSmallImage();
  useOrganization(cloud);
  let provider: Served;
  let aws: SdkAws;

  before(async () => {
    provider = await serve("aws");
    aws = new SdkAws({ region: "us-east-1", deadlineMs: 10_000, budget: 10_000, reserve: 0 });
  });
  after(async () => {
    aws.close();
    await provider?.close();
  });

  it("is of a type that is looked for, or that is made again without harm", () => {
    const neither = Object.keys(awsRows).filter((type) => !(type in finders) && !madeAgain.has(type));
    assert.deepEqual(neither.sort(), [...ofTestsOnly].sort());
    assert.deepEqual(
      Object.keys(finders).filter((type) => madeAgain.has(type)),
      [],
    );
  });

  const looking = (known: (id: string) => boolean): Look => ({
    aws,
    known,
    until: async (_what, probe) => {
      for (;;) {
        const answer = await probe();
        if (answer !== undefined) return answer;
        await systemClock.sleep(20);
      }
    },
  });

  for (const [type, finder] of Object.entries<Finder>(finders))
    it(`${type} is found by what it was asked to be, and only where it is`, async function () {
      this.timeout(60_000);
      const f = fixtures(provider);
      try {
        const given = (await cases[type]?.inputs(f)) ?? {};
        const { inputs } = await provider.check(type, "lost", { ...given, tags: { Name: "lost" } });
        const checked = inputs["tagsAll"] === undefined ? (await provider.check(type, "lost", given)).inputs : inputs;
        const there = new Set<string>();
        const before = await finder(
          checked,
          looking(() => false),
        );
        if (before !== undefined) there.add(before);
        assert.equal(
          await finder(
            checked,
            looking((id) => there.has(id)),
          ),
          undefined,
          "nothing is found before it is made",
        );
        const made = await provider.create(type, "lost", checked);
        const found = await finder(
          checked,
          looking((id) => there.has(id)),
        );
        assert.equal(found, made.id);
        const read = await provider.read({ ...made, state: checked });
        assert.deepEqual(read?.state, made.state, "what it became is read by what it was asked to be");
        await provider.delete(made);
      } catch (error) {
        await f.dispose().catch(() => undefined);
        throw error;
      }
      await f.dispose();
    });
});
