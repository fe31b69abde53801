import assert from "node:assert/strict";
import fc from "fast-check";
import { planSubnets, toNumber } from "../../../sandbox/provider/awsx/subnets.ts";

const zones = ["us-east-1a", "us-east-1b", "us-east-1c"];
const plan = (rest: Partial<Parameters<typeof planSubnets>[0]> = {}) =>
  planSubnets({
    vpcName: "main",
    cidrBlock: "10.0.0.0/16",
    zones: zones.slice(0, 2),
    specs: undefined,
    zoneMask: undefined,
    ...rest,
  });
const brief = (subnets: ReturnType<typeof plan>) => subnets.map(({ name, cidrBlock }) => `${name} ${cidrBlock}`);

describe("subnets of awsx.ec2.Vpc", () => {
  it("are a private and a public one a zone when nothing is said, public first", () => {
    assert.deepEqual(brief(plan()), [
      "main-public-1 10.0.64.0/19",
      "main-private-1 10.0.0.0/18",
      "main-public-2 10.0.192.0/19",
      "main-private-2 10.0.128.0/18",
    ]);
  });

  it("follow each other in the order given, each on a multiple of its size", () => {
    const specs = [
      { type: "Isolated", cidrMask: 24 },
      { type: "Private", cidrMask: 20 },
      { type: "Public", cidrMask: 24, name: "edge" },
    ];
    assert.deepEqual(brief(plan({ specs })), [
      "main-edge-1 10.0.32.0/24",
      "main-private-1 10.0.16.0/20",
      "main-isolated-1 10.0.0.0/24",
      "main-edge-2 10.0.160.0/24",
      "main-private-2 10.0.144.0/20",
      "main-isolated-2 10.0.128.0/24",
    ]);
  });

  it("leave room where a spec is unused", () => {
    const specs = [
      { type: "Unused", cidrMask: 20 },
      { type: "Public", cidrMask: 24 },
    ];
    assert.deepEqual(brief(plan({ specs, zones: zones.slice(0, 1) })), ["main-public-1 10.0.16.0/24"]);
  });

  it("are where their blocks say, in any place, with room between them", () => {
    const specs = [
      { type: "Private", cidrBlocks: ["10.0.0.0/20", "10.0.128.0/20"] },
      { type: "Public", cidrBlocks: ["10.0.16.0/24", "10.0.200.0/24"] },
    ];
    assert.deepEqual(brief(plan({ specs })), [
      "main-public-1 10.0.16.0/24",
      "main-private-1 10.0.0.0/20",
      "main-public-2 10.0.200.0/24",
      "main-private-2 10.0.128.0/20",
    ]);
  });

  it("have blocks all together, one a zone, of the size they name, or are refused", () => {
    const whole = { type: "Private", cidrBlocks: ["10.0.0.0/20", "10.0.64.0/20"] };
    const table: [Parameters<typeof plan>[0], RegExp][] = [
      [{ specs: [whole, { type: "Public" }] }, /all subnets must have explicit cidrBlocks/],
      [
        { specs: [{ type: "Private", cidrBlocks: ["10.0.0.0/20"] }] },
        /subnetSpecs\[0\] must match the number .* \(2\)/,
      ],
      [{ specs: [{ ...whole, cidrMask: 24 }] }, /The cidrMask in subnetSpecs\[0\] must match all cidrBlocks/],
      [
        { specs: [whole, { type: "Public", cidrBlocks: ["10.0.1.0/24", "10.0.80.0/24"] }] },
        /overlap with at least one other subnet.*1\. main-private-1: 10\.0\.0\.0\/20\n2\. main-public-1: 10\.0\.1\.0\/24\n$/s,
      ],
    ];
    for (const [args, text] of table) assert.throws(() => plan(args), text);
  });

  it("are refused when they do not fit", () => {
    assert.throws(() => plan({ specs: [{ type: "Public", cidrMask: 16 }] }), /Subnets are too large for VPC/);
  });

  it("never overlap and stay in their zone's share", () => {
    const spec = fc.record({
      type: fc.constantFrom("Public", "Private", "Isolated"),
      cidrMask: fc.integer({ min: 20, max: 26 }),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(spec, { selector: ({ type }) => type, minLength: 1 }),
        fc.integer({ min: 1, max: 3 }),
        (specs, count) => {
          const planned = plan({ specs, zones: zones.slice(0, count) }).map(({ cidrBlock }) => {
            const [base = "", mask] = cidrBlock.split("/");
            return { start: toNumber(base), end: toNumber(base) + 2 ** (32 - Number(mask)) };
          });
          planned.sort((a, b) => a.start - b.start);
          for (const [index, { start, end }] of planned.entries()) {
            assert.ok(start % (end - start) === 0, "aligned");
            assert.ok(start >= (planned[index - 1]?.end ?? toNumber("10.0.0.0")), "apart");
            assert.ok(end <= toNumber("10.1.0.0"), "inside");
          }
        },
      ),
    );
  });
});
