import assert from "node:assert/strict";
import { awsRows } from "../../../../sandbox/provider/aws/provider.ts";
import { type Bag, same, UNKNOWN } from "../../../../sandbox/provider/values.ts";
import { dataCases } from "../../../sandbox/provider/cases/data.ts";
import { networkCases } from "../../../sandbox/provider/cases/network.ts";
import { organizationCases } from "../../../sandbox/provider/cases/organization.ts";
import { runnerCases } from "../../../sandbox/provider/cases/runner.ts";
import { serviceCases } from "../../../sandbox/provider/cases/service.ts";
import { useEnvironment } from "../../../sandbox/provider/environment.ts";
import { type Fixtures, fixtures } from "../../../sandbox/provider/fixtures.ts";
import { useOrganization } from "../../../sandbox/provider/organization.ts";
import { type Made, type Served, serve } from "../../../sandbox/provider/provider.ts";
import { useSmallImage } from "../../../sandbox/provider/small-image.ts";
import { useCloud } from "../../../support/cloud.ts";

const cases = { ...networkCases, ...serviceCases, ...dataCases, ...organizationCases, ...runnerCases };

describe("each resource type of the aws stand-in", () => {
  const cloud = useCloud();
  useEnvironment(() => cloud.env);
  useSmallImage();
  useOrganization(cloud);
  let aws: Served;

  before(async () => {
    aws = await serve("aws");
  });
  after(() => aws?.close());

  it("has a case here", () => {
    assert.deepEqual(
      Object.keys(awsRows).filter((type) => !(type in cases)),
      [],
    );
  });

  for (const [type, row] of Object.entries(cases)) {
    it(`${type}: previewed, created, read, unchanged, changed, replaced, deleted`, async function () {
      this.timeout(60_000);
      const f = fixtures(aws);
      try {
        const inputs = await row.inputs(f);
        await roundTrip(aws, f, type, inputs);
      } finally {
        await f.dispose();
      }
    });
  }

  async function roundTrip(provider: Served, f: Fixtures, type: string, given: Bag): Promise<void> {
    const row = cases[type];
    assert.ok(row);
    const name = `trip-${type.split(":").at(-1)?.toLowerCase()}`;
    const checked = await provider.check(type, name, given);
    assert.deepEqual(checked.failures, []);
    const preview = await provider.create(type, name, checked.inputs, true);
    for (const key of row.outputs ?? []) {
      const inPreview = preview.state[key];
      assert.ok(
        inPreview === UNKNOWN || inPreview === checked.inputs[key],
        `${key} in preview: ${JSON.stringify(inPreview)}`,
      );
    }
    let made = await provider.create(type, name, checked.inputs);
    assert.notEqual(made.id, "");
    for (const key of row.outputs ?? []) assert.ok(!same(made.state[key], undefined), `output ${key} has no value`);
    await unchanged(provider, made, "after creation");
    if (row.update) {
      const update = typeof row.update === "function" ? await row.update(f) : row.update;
      made = await change(provider, made, given, update);
    }
    if (row.replace) {
      const { inputs } = await provider.check(type, name, { ...given, ...row.replace }, made.inputs);
      const { replaces } = await provider.diff(made, inputs);
      for (const key of Object.keys(row.replace))
        assert.ok(replaces.includes(key), `a change of ${key} replaces; got ${replaces}`);
    }
    await provider.delete(made);
    if (!row.remains) assert.equal(await provider.read(made), undefined, "is gone after its deletion");
    await provider.delete(made);
  }

  async function unchanged(provider: Served, made: Made, when: string): Promise<void> {
    const { changed } = await provider.diff(made, made.inputs);
    assert.deepEqual(changed, [], `no difference ${when}`);
    const read = await provider.read(made);
    assert.ok(read, `is there ${when}`);
    assert.deepEqual(read.state, made.state, `reading finds the same state ${when}`);
    assert.deepEqual(read.inputs, made.inputs, `reading finds the same inputs ${when}`);
  }

  async function change(provider: Served, made: Made, given: Bag, update: Bag): Promise<Made> {
    const { inputs, failures } = await provider.check(made.type, made.name, { ...given, ...update }, made.inputs);
    assert.deepEqual(failures, []);
    const { changed, replaces } = await provider.diff(made, inputs);
    const expected = Object.keys(update).map((key) => (key === "tags" ? "tagsAll" : key));
    assert.deepEqual([...changed].sort(), expected.sort(), "exactly what changed is seen");
    assert.deepEqual(replaces, [], "changes in place");
    await provider.update(made, inputs, { preview: true });
    const updated = await provider.update(made, inputs);
    await unchanged(provider, updated, "after the change");
    return updated;
  }
});
