import assert from "node:assert/strict";
import fc from "fast-check";
import { covers, isNarrowed, openToEveryone, readDocument } from "../../policies/document.ts";
import { isScopable } from "../../policies/rules/iam-actions.ts";
import { conditionsOn, githubStatements } from "../../policies/rules/oidc.ts";
import { isWorld, openings } from "../../policies/rules/openings.ts";

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

  it("are open to everyone unless narrowed to known callers", () => {
    const open = (extra: object) =>
      openToEveryone(readDocument({ Statement: { Effect: "Allow", Principal: "*", Action: "x:Y", ...extra } })).length >
      0;
    assert.ok(open({}));
    assert.ok(open({ Principal: { AWS: "*" } }));
    assert.ok(open({ Principal: undefined, NotPrincipal: { AWS: "arn" } }));
    assert.ok(!open({ Effect: "Deny" }));
    assert.ok(!open({ Condition: { StringEquals: { "aws:PrincipalOrgID": "o-1" } } }));
    assert.ok(open({ Condition: { StringEquals: { "aws:UserAgent": "curl" } } }));
    assert.ok(open({ Condition: { StringLike: { "aws:PrincipalArn": "*" } } }));
    assert.ok(open({ Condition: { StringNotEquals: { "aws:SourceAccount": "1" } } }));
    const [empty] = readDocument({ Statement: { Condition: { StringEquals: { "aws:SourceArn": [] } } } }).statements;
    assert.ok(empty && !isNarrowed(empty));
  });

  it("trust GitHub in any statement, not only the first", () => {
    const issuer = "token.actions.githubusercontent.com";
    const document = {
      Statement: [
        { Effect: "Allow", Principal: { Service: "ecs.amazonaws.com" } },
        {
          Effect: "Allow",
          Principal: { Federated: `arn:aws:iam::1:oidc-provider/${issuer}` },
          Condition: { StringEquals: { [`${issuer}:sub`]: "a" } },
        },
      ],
    };
    const [one] = githubStatements(document);
    assert.equal(one?.at, "statement 2");
    assert.deepEqual(one && conditionsOn(one, "sub").map(({ values }) => values), [["a"]]);
  });

  it("know actions that cannot be limited to resources", () => {
    assert.ok(!isScopable("ecr:GetAuthorizationToken"));
    assert.ok(!isScopable("ec2:DescribeSubnets"));
    assert.ok(isScopable("ecr:BatchGetImage"));
    assert.ok(isScopable("ec2:*"));
  });
});

describe("openings of security groups", () => {
  it("reach the world by short prefixes of both families", () => {
    assert.deepEqual(["0.0.0.0/0", "::/0", "128.0.0.0/1", "10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32"].map(isWorld), [
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it("are read alike from all four resources", () => {
    const expected = { ingress: true, protocol: "tcp", from: 22, to: 23, world: true };
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
      [{ ingress: false, protocol: "-1", from: 0, to: 65535, world: true }],
    );
  });
});
