import assert from "node:assert/strict";
import { loadProviders } from "@switchyard/sandbox";
import fc from "fast-check";
import {
  type ExistingZone,
  mostZones,
  planZones,
  type ZonesWanted,
} from "../../../programs/components/network/zones.ts";
import { SwitchyardError } from "../../../programs/errors.ts";

const { planSubnets } = await loadProviders();

const available = ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d", "us-east-1e", "us-east-1f"];
const plan = (rest: Partial<ZonesWanted> = {}) =>
  planZones({ cidr: "10.0.0.0/16", zones: undefined, tierZones: 2, existing: [], available, ...rest });
const privates = (zones: ReturnType<typeof planZones>) => zones.map(({ privateBlock }) => privateBlock);
/** What AWS has once a plan is made. */
const made = (zones: ReturnType<typeof planZones>): ExistingZone[] =>
  zones.map(({ availabilityZone, privateBlock }, index) => ({
    number: index + 1,
    availabilityZone,
    cidrBlock: privateBlock,
  }));
const refused = (where: string, text: RegExp) => (error: unknown) =>
  error instanceof SwitchyardError &&
  error.code === "invalid-config" &&
  error.where === where &&
  text.test(error.message);

/** The network of an earlier version: awsx's own division with masks 20, 24 and 24. */
function divided(count: number): ReturnType<typeof planZones> {
  const zones = available.slice(0, count);
  const specs = ["Private", "Public", "Isolated"].map((type, index) => ({ type, cidrMask: index === 0 ? 20 : 24 }));
  const subnets = planSubnets({ vpcName: "main", cidrBlock: "10.0.0.0/16", zones, specs, zoneMask: undefined });
  const block = (zone: string, type: string) =>
    subnets.find((one) => one.zone === zone && one.type === type)?.cidrBlock ?? "";
  return zones.map((zone) => ({
    availabilityZone: zone,
    privateBlock: block(zone, "private"),
    publicBlock: block(zone, "public"),
    isolatedBlock: block(zone, "isolated"),
  }));
}

describe("the network's zones", () => {
  it("are as many as asked for, else the tier's", () => {
    assert.equal(plan().length, 2);
    assert.equal(plan({ tierZones: 3 }).length, 3);
    assert.equal(plan({ zones: 4 }).length, 4);
  });

  it("are where awsx's own division had them, for networks that were made with it", () => {
    for (const count of [2, 3, 4])
      assert.deepEqual(plan({ zones: count, existing: made(divided(count)) }), divided(count), `${count} zones`);
    assert.deepEqual(plan({ zones: 3 }), divided(3), "and for new ones of three");
  });

  it("stay where they are when others are added: 2 → 3 → 4, begun by either version", () => {
    assert.deepEqual(privates(plan({ zones: 4, existing: made(divided(2)) })), [
      "10.0.0.0/20",
      "10.0.128.0/20",
      "10.0.64.0/20",
      "10.0.192.0/20",
    ]);
    assert.deepEqual(plan({ zones: 4, existing: made(plan()) }), divided(4));
  });

  it("stay when the tier changes: a production network that becomes a development one keeps its three", () => {
    assert.deepEqual(plan({ tierZones: 2, existing: made(divided(3)) }), divided(3));
    assert.deepEqual(privates(plan({ tierZones: 3, existing: made(divided(2)) })), [
      "10.0.0.0/20",
      "10.0.128.0/20",
      "10.0.64.0/20",
    ]);
  });

  it("are not taken away", () => {
    const fewer = () => plan({ zones: 2, existing: made(plan({ zones: 3 })) });
    assert.throws(fewer, refused("switchyard:network.zones", /Set it to 3 or more/));
  });

  it("do not move to another range", () => {
    const other = () => plan({ cidr: "10.1.0.0/16", existing: made(plan()) });
    assert.throws(other, refused("switchyard:network.cidr", /Set it to 10\.0\.0\.0\/16/));
    assert.equal(plan({ cidr: "172.16.0.0/16" })[0]?.privateBlock, "172.16.0.0/20");
  });

  it("are no more than the region has", () => {
    const more = () => plan({ zones: 4, available: available.slice(0, 3) });
    assert.throws(more, refused("switchyard:network.zones", /Set it to 3 or fewer/));
  });

  it("keep the availability zone they have, also when the region's list has changed", () => {
    const existing = made(plan({ zones: 2, available: ["us-east-1b", "us-east-1c"] }));
    assert.deepEqual(
      plan({ zones: 3, existing }).map(({ availabilityZone }) => availabilityZone),
      ["us-east-1b", "us-east-1c", "us-east-1a"],
    );
  });

  it("never move, overlap or leave the range, whatever is added to whatever is there, half made or whole", () => {
    const begun = fc.constantFrom(divided(2), divided(3), divided(4), plan({ zones: 2 }), plan({ zones: mostZones }));
    fc.assert(
      fc.property(
        begun,
        fc.integer({ min: 2, max: mostZones }),
        fc.infiniteStream(fc.boolean()),
        (start, zones, kept) => {
          const existing = made(start).filter(() => kept.next().value === true);
          fc.pre(existing.every(({ number }) => number <= zones));
          const planned = plan({ zones, existing });
          for (const { number, availabilityZone, cidrBlock } of existing) {
            assert.equal(planned[number - 1]?.privateBlock, cidrBlock);
            assert.equal(planned[number - 1]?.availabilityZone, availabilityZone);
          }
          assert.equal(new Set(planned.map(({ availabilityZone }) => availabilityZone)).size, zones);
          const specs = (["Private", "Public", "Isolated"] as const).map((type) => ({
            type,
            cidrBlocks: planned.map((zone) => zone[`${type.toLowerCase() as "private" | "public" | "isolated"}Block`]),
          }));
          const subnets = planSubnets({
            vpcName: "main",
            cidrBlock: "10.0.0.0/16",
            zones: planned.map(({ availabilityZone }) => availabilityZone),
            specs,
            zoneMask: undefined,
          });
          assert.equal(subnets.length, 3 * zones, "the component takes them: none overlaps another");
          assert.ok(subnets.every(({ cidrBlock }) => cidrBlock.startsWith("10.0.")));
        },
      ),
    );
  });
});
