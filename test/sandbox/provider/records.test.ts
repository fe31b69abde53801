import assert from "node:assert/strict";
import { Route53 } from "@aws-sdk/client-route-53";
import { SdkAws } from "../../../automation/aws/clients.ts";
import { loadFinders } from "../../../automation/stacks/recover/recover.ts";
import type { Bag } from "../../../sandbox/provider/values.ts";
import { unique, useCloud } from "../../support/cloud.ts";
import { useEnvironment } from "./environment.ts";
import { type Fixtures, fixtures } from "./fixtures.ts";
import { type Served, serve } from "./provider.ts";

const type = "aws:route53/record:Record";

describe("records of one name", () => {
  const cloud = useCloud();
  useEnvironment(() => cloud.env);
  let aws: Served;
  let f: Fixtures;
  let zone: Bag;
  let route53: Route53;

  beforeEach(async () => {
    aws = await serve("aws");
    f = fixtures(aws);
    route53 = new Route53(cloud.sdk());
    const name = `${unique("zone")}.example.com`;
    zone = { zoneId: (await f.make("aws:route53/zone:Zone", { name })).id, name: `www.${name}` };
  });
  afterEach(() => f.dispose().finally(() => aws.close()));

  const plain = (more: Bag = {}) => ({ ...zone, type: "A", ttl: 60, records: ["10.0.0.1"], ...more });
  const weighted = (setIdentifier: string, weight: number, more: Bag = {}) =>
    plain({ setIdentifier, weightedRoutingPolicies: [{ weight }], ...more });
  async function there(): Promise<readonly string[]> {
    const { ResourceRecordSets = [] } = await route53.listResourceRecordSets({ HostedZoneId: String(zone["zoneId"]) });
    return ResourceRecordSets.filter(({ Type }) => Type === "A").map(
      ({ Name = "", SetIdentifier = "plain", Weight = "" }) =>
        `${Name.split(".")[0]} ${SetIdentifier} ${Weight}`.trim(),
    );
  }
  const isRefused = (message: RegExp) => ({ message: new RegExp(`${message.source}.*InvalidChangeBatch`) });

  it("have a weight each, which is read, changed, and taken as it is by then", async () => {
    const [first, second] = [await f.make(type, weighted("one", 255)), await aws.make(type, "b", weighted("two", 0))];
    assert.deepEqual(await there(), ["www one 255", "www two 0"]);
    const changed = { ...first.inputs, weightedRoutingPolicies: [{ weight: 10 }] };
    const { changed: differ, replaces } = await aws.diff(first, changed);
    assert.deepEqual([differ, replaces], [["weightedRoutingPolicies"], []]);
    await aws.update(first, changed);
    const read = await aws.read(second);
    assert.deepEqual(read?.state["weightedRoutingPolicies"], [{ weight: 0 }]);
    const other = await f.make(type, weighted("two", 5, { name: `api.${String(zone["name"])}` }));
    const ResourceRecordSet = {
      ...{ Name: String(zone["name"]), Type: "A" as const, SetIdentifier: "two", Weight: 7 },
      ...{ TTL: 60, ResourceRecords: [{ Value: "10.0.0.1" }] },
    };
    const HostedZoneId = String(zone["zoneId"]);
    await route53.changeResourceRecordSets({
      HostedZoneId,
      ChangeBatch: { Changes: [{ Action: "UPSERT", ResourceRecordSet }] },
    });
    await aws.delete(second);
    assert.deepEqual(await there(), ["www one 10", "api two 5"]);
    assert.equal(await aws.read(second), undefined);
    assert.ok(await aws.read(other));
  });

  it("are found again by whose they are, after an update that was killed", async () => {
    const find = (await loadFinders())[type] ?? assert.fail("it is not looked for");
    const account = new SdkAws({ region: "us-east-1", deadlineMs: 10_000, budget: 100, reserve: 0 });
    const look = { aws: account, known: () => false, until: () => assert.fail("nothing is waited for") };
    const made = await f.make(type, weighted("one", 255));
    assert.equal(await find(weighted("one", 255), look), made.id);
    for (const inputs of [weighted("two", 0), plain()]) assert.equal(await find(inputs, look), undefined);
    account.close();
  });

  it("are refused where they are there, or of another kind; one turns into the other in one batch", async () => {
    const made = await f.make(type, plain());
    await assert.rejects(aws.make(type, "again", plain()), isRefused(/already exists/));
    await assert.rejects(aws.make(type, "other", weighted("one", 1)), isRefused(/cannot be created/));
    await aws.make(type, "over", plain({ allowOverwrite: true, records: ["10.0.0.2"] }));
    const turned = await aws.update(made, weighted("one", 255));
    assert.deepEqual(await there(), ["www one 255"]);
    await assert.rejects(aws.make(type, "plain", plain()), isRefused(/cannot be created/));
    const HostedZoneId = String(zone["zoneId"]);
    const Changes = ["two", "one"].map((SetIdentifier) => ({
      Action: "DELETE" as const,
      ResourceRecordSet: {
        ...{ Name: String(zone["name"]), Type: "A" as const, SetIdentifier, Weight: 1 },
        ...{ TTL: 60, ResourceRecords: [{ Value: "10.0.0.1" }] },
      },
    }));
    for (const [change, message] of [
      [Changes[0], /not found/],
      [Changes[1], /do not match/],
    ] as const)
      await assert.rejects(
        route53.changeResourceRecordSets({ HostedZoneId, ChangeBatch: { Changes: change ? [change] : [] } }),
        { name: "InvalidChangeBatch", message },
      );
    await aws.delete(turned);
    assert.deepEqual(await there(), []);
  });
});
