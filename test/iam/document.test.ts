import assert from "node:assert/strict";
import { isScopable } from "@switchyard/iam/actions.ts";
import { covers, readDocument } from "@switchyard/iam/document.ts";
import fc from "fast-check";
import { reachInternet } from "../../policies/meaning/ranges.ts";
import { openings } from "../../policies/rules/openings.ts";

describe("policy documents", () => {
  it("are read whatever they are given as, one statement or several, text or list", () => {
    const statement = {
      Effect: "Allow",
      Action: "s3:GetObject",
      Resource: "*",
      Principal: { AWS: ["a", "b"] },
      Condition: { Bool: { k: true } },
    };
    for (const value of [
      { Statement: statement },
      { Statement: [statement] },
      JSON.stringify({ Statement: [statement] }),
    ]) {
      const [one] = readDocument(value).statements;
      assert.deepEqual(one?.actions, ["s3:GetObject"]);
      assert.deepEqual(
        one?.principals.map(({ id }) => id),
        ["a", "b"],
      );
      assert.deepEqual(one?.conditions, [{ operator: "Bool", key: "k", values: ["true"] }]);
    }
    assert.deepEqual(readDocument(undefined).statements, []);
  });

  it("that are no documents say so and throw nothing", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.jsonValue().map((value) => JSON.stringify(value)),
        ),
        (text) => {
          const { statements, problem } = readDocument(text);
          assert.ok(problem === undefined || statements.length === 0);
        },
      ),
    );
    assert.ok(readDocument("{").problem);
    assert.ok(readDocument("[]").problem);
  });

  it("cover actions as IAM does: stars, question marks, no case", () => {
    assert.ok(covers("s3:Get*", "s3:getobject"));
    assert.ok(covers("s3:GetObjec?", "s3:GetObject"));
    assert.ok(covers("*", "iam:PassRole"));
    assert.ok(!covers("s3.GetObject", "s3:GetObject"));
    fc.assert(fc.property(fc.string(), (text) => assert.ok(covers("*", text.replaceAll("\n", "")))));
  });

  it("know actions that cannot be limited to resources", () => {
    assert.ok(!isScopable("ecr:GetAuthorizationToken"));
    assert.ok(!isScopable("ec2:DescribeSubnets"));
    assert.ok(isScopable("ecr:BatchGetImage"));
    assert.ok(isScopable("ec2:*"));
  });
});

describe("openings of security groups", () => {
  it("reach the internet by short prefixes of both families, alone or together", () => {
    const rows: readonly (readonly [string | string[], boolean])[] = [
      ["0.0.0.0/0", true],
      ["::/0", true],
      ["128.0.0.0/1", true],
      ["54.0.0.0/8", true],
      [["54.0.0.0/9", "52.128.0.0/9"], true],
      ["2000::/8", true],
      ["10.0.0.0/8", false],
      ["fc00::/7", false],
      ["203.0.113.0/24", false],
      ["192.0.2.1/32", false],
      ["192.0.2.1", false],
      ["2001:db8::/32", false],
    ];
    for (const [cidrs, world] of rows) assert.equal(reachInternet([cidrs].flat()), world, String(cidrs));
  });

  it("are read alike from all four resources", () => {
    const expected = { ingress: true, protocol: "tcp", from: 22, to: 23, world: true, listed: false };
    const range = { fromPort: 22, toPort: 23 };
    const read = (type: string, props: Record<string, unknown>) =>
      [...openings(type, props)].map(({ at: _, ...rest }) => rest);
    assert.deepEqual(
      read("aws:ec2/securityGroup:SecurityGroup", {
        ingress: [{ protocol: "tcp", ...range, cidrBlocks: ["0.0.0.0/0"] }],
      }),
      [expected],
    );
    assert.deepEqual(
      read("aws:ec2/securityGroupRule:SecurityGroupRule", {
        type: "ingress",
        protocol: "tcp",
        ...range,
        ipv6CidrBlocks: ["::/0"],
      }),
      [expected],
    );
    assert.deepEqual(
      read("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", {
        ipProtocol: "tcp",
        ...range,
        cidrIpv4: "0.0.0.0/0",
      }),
      [expected],
    );
    assert.deepEqual(
      read("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", { ipProtocol: "-1", cidrIpv6: "::/0" }),
      [{ ingress: false, protocol: "-1", from: 0, to: 65535, world: true, listed: false }],
    );
  });
});
