import assert from "node:assert/strict";
import { AuthorizeSecurityGroupIngressCommand, CreateSecurityGroupCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateTargetGroupCommand, ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { membersOfForm, membersOfJson, refusal } from "../../../sandbox/cloud/limits/limit.ts";
import { limits, limitsOf } from "../../../sandbox/cloud/limits/table.ts";
import { createNetwork, useInProcessCloud } from "./alb/in-process.ts";

const long = (length: number) => "x".repeat(length);

describe("limits AWS documents", () => {
  /** By call and member: what is let through, and what is refused how. */
  const cases: [call: string, member: string, good: string[], bad: [string, RegExp][]][] = [
    [
      "organizations:CreateAccount",
      "AccountName",
      ["Log archive"],
      [
        ["", /greater than or equal to 1/],
        [long(51), /equal to 50/],
        ["naïve", /pattern/],
      ],
    ],
    [
      "organizations:CreateAccount",
      "Email",
      ["aws+log@example.com"],
      [
        ["a@b.c", /equal to 6/],
        [`${long(60)}@example.com`, /equal to 64/],
        ["no address", /pattern/],
      ],
    ],
    ["organizations:CreateOrganizationalUnit", "Name", [long(128)], [[long(129), /equal to 128/]]],
    ["organizations:CreatePolicy", "Description", [""], [[long(513), /equal to 512/]]],
    ["organizations:UpdatePolicy", "Content", [long(5120)], [[long(5121), /5120 characters/]]],
    [
      "sso:CreatePermissionSet",
      "Name",
      ["break-glass"],
      [
        [long(33), /equal to 32/],
        ["a b", /pattern/],
      ],
    ],
    ["sso:CreatePermissionSet", "Description", ["x"], [[long(701), /equal to 700/]]],
    ["sso:UpdatePermissionSet", "RelayState", [long(240)], [[long(241), /equal to 240/]]],
    ["sso:PutInlinePolicyToPermissionSet", "InlinePolicy", [long(32_768)], [[long(32_769), /equal to 32768/]]],
    ["ecr-public:CreateRepository", "catalogData.description", [long(1024)], [[long(1025), /equal to 1024/]]],
    [
      "ecr-public:PutRepositoryCatalogData",
      "catalogData.aboutText",
      [long(25_600)],
      [[long(25_601), /equal to 25600/]],
    ],
    ["ecr-public:CreateRepository", "catalogData.usageText", [long(25_600)], [[long(25_601), /equal to 25600/]]],
    [
      "ec2:CreateSecurityGroup",
      "GroupDescription",
      ["Any (of) #1, [2]: a-b_c"],
      [
        ["AWS's", /Invalid security group description/],
        [long(256), /less than 256/],
        ["", /must contain/],
        ["a < b", /Invalid/],
      ],
    ],
    [
      "ec2:CreateSecurityGroup",
      "GroupName",
      ["web-service-0a1b2c3"],
      [
        ["sg-1", /sg-\*/],
        ["naïve", /Invalid/],
      ],
    ],
    [
      "ec2:AuthorizeSecurityGroupIngress",
      "IpPermissions.1.Groups.1.Description",
      ["a to b"],
      [["a's", /Invalid rule description/]],
    ],
    [
      "ec2:AuthorizeSecurityGroupEgress",
      "IpPermissions.2.IpRanges.1.Description",
      ["to port 443"],
      [["→", /Invalid rule description/]],
    ],
    [
      "ec2:CreateVpc",
      "TagSpecification.1.Tag.1.Key",
      ["team"],
      [
        ["aws:x", /reserved/],
        [long(129), /128/],
      ],
    ],
    [
      "elasticloadbalancing:CreateLoadBalancer",
      "Name",
      ["main-0a1b2c3"],
      [
        ["internal-x", /internal-/],
        [long(33), /'32'/],
        ["-a", /begin or end/],
        ["a_b", /alphanumeric/],
      ],
    ],
    [
      "elasticloadbalancing:CreateTargetGroup",
      "Name",
      ["internal-x"],
      [
        ["a-", /begin or end/],
        [long(33), /'32'/],
      ],
    ],
    [
      "elasticloadbalancing:ModifyTargetGroup",
      "HealthCheckPath",
      ["/healthz?x=1"],
      [
        ["healthz", /begin with/],
        ["/é", /ASCII/],
        [`/${long(1024)}`, /1024/],
      ],
    ],
    [
      "elasticloadbalancing:CreateRule",
      "Conditions.1.PathPatternConfig.Values.1",
      ["/api/*"],
      [
        [long(129), /128/],
        ["/a b", /not allowed/],
      ],
    ],
    ["elasticloadbalancing:CreateRule", "Conditions.1.HttpHeaderConfig.Values.1", ["secret"], [[long(129), /128/]]],
    [
      "elasticloadbalancing:AddTags",
      "Tags.1.Key",
      ["stack"],
      [
        ["AWS:stack", /reserved/],
        ["a,b", /not allowed/],
      ],
    ],
    [
      "rds:CreateDBInstance",
      "DBInstanceIdentifier",
      ["main-0a1b2c3"],
      [
        ["a--b", /two consecutive hyphens/],
        ["1a", /begin with a letter/],
        ["a-", /end with a hyphen/],
        [`a${long(63)}`, /not a valid/],
      ],
    ],
    ["rds:DeleteDBInstance", "FinalDBSnapshotIdentifier", ["main-final"], [["a--b", /FinalDBSnapshotIdentifier/]]],
    [
      "rds:CreateDBInstance",
      "DBName",
      ["app"],
      [
        ["db", /reserved word/],
        ["1a", /begin with a letter/],
      ],
    ],
    [
      "rds:CreateDBInstance",
      "MasterUsername",
      ["switchyard"],
      [
        ["admin", /reserved word/],
        ["a-b", /alphanumeric/],
      ],
    ],
    ["rds:CreateDBParameterGroup", "DBParameterGroupName", ["main"], [["a--b", /DBParameterGroupName/]]],
    [
      "rds:CreateDBSubnetGroup",
      "DBSubnetGroupName",
      ["a--b"],
      [
        ["default", /cannot be 'default'/],
        ["a/b", /periods/],
      ],
    ],
    [
      "s3:CreateBucket",
      "Bucket",
      ["main-files-0a1b2c3"],
      [
        ["xn--a", /not valid/],
        ["sthree-x", /not valid/],
        ["a", /not valid/],
        ["A-B", /not valid/],
        ["x-s3alias", /not valid/],
        ["10.0.0.1", /not valid/],
      ],
    ],
    [
      "dynamodb:CreateTable",
      "TableName",
      ["switchyard-ledger"],
      [
        ["ab", /greater than or equal to 3/],
        ["a/b", /regular expression/],
      ],
    ],
    [
      "ecr:CreateRepository",
      "repositoryName",
      ["switchyard/web"],
      [
        ["switchyard/web-", /regular expression/],
        ["a--b", /regular expression/],
        ["Web", /regular/],
      ],
    ],
    ["ecr:SetRepositoryPolicy", "policyText", ["{}"], [[long(10_241), /10240/]]],
    [
      "iam:CreateRole",
      "RoleName",
      ["web-task-0a1b2c3"],
      [
        [long(65), /64/],
        ["a/b", /regular/],
      ],
    ],
    [
      "iam:CreateRole",
      "Description",
      ["Starts the service's tasks"],
      [
        ["a → b", /regular/],
        [long(1001), /1000/],
      ],
    ],
    ["iam:CreateRole", "AssumeRolePolicyDocument", ["{}"], [[long(2049), /ACLSizePerRole: 2048/]]],
    ["iam:UpdateAssumeRolePolicy", "PolicyDocument", [` ${long(2048)}`], [[long(2049), /ACLSizePerRole/]]],
    ["iam:PutRolePolicy", "PolicyName", ["web"], [[long(129), /128/]]],
    ["iam:PutRolePolicy", "PolicyDocument", ["{}"], [[long(10_241), /10240 bytes/]]],
    ["iam:CreatePolicy", "PolicyDocument", ["{}"], [[long(6145), /PolicySize: 6144/]]],
    [
      "kms:CreateAlias",
      "AliasName",
      ["alias/switchyard/main"],
      [
        ["alias/aws/x", /reserved/],
        ["alias/a b", /regular/],
        ["main", /regular/],
      ],
    ],
    ["kms:CreateKey", "Description", ["Everything"], [[long(8193), /8192/]]],
    ["kms:PutKeyPolicy", "Policy", ["{}"], [[long(32_769), /32 KB/]]],
    ["kms:TagResource", "Tags.0.TagKey", ["a"], [["aws:a", /reserved/]]],
    [
      "secretsmanager:CreateSecret",
      "Name",
      ["switchyard/main/api"],
      [
        ["a b", /Invalid name/],
        [long(513), /Invalid name/],
      ],
    ],
    ["secretsmanager:CreateSecret", "Description", ["Any text's"], [[long(2049), /2048/]]],
    [
      "ecs:CreateCluster",
      "clusterName",
      ["main-0a1b2c3"],
      [
        ["a.b", /regular/],
        [long(256), /255/],
      ],
    ],
    ["ecs:CreateService", "serviceName", ["web-blue"], [["a/b", /regular/]]],
    ["ecs:RegisterTaskDefinition", "family", ["main-web"], [["a:b", /regular/]]],
    ["ecs:RegisterTaskDefinition", "containerDefinitions.0.name", ["web"], [["a b", /regular/]]],
    ["ecs:RegisterTaskDefinition", "$body", ["{}"], [[long(65_537), /'65537'.*'65536' bytes/]]],
    ["ecs:TagResource", "tags.0.key", ["a"], [["aws:ecs:x", /reserved/]]],
    [
      "lambda:CreateFunction",
      "FunctionName",
      ["main-migrate"],
      [
        [long(65), /64/],
        ["a.b", /regular/],
      ],
    ],
    ["lambda:CreateFunction", "Description", ["Any"], [[long(257), /256/]]],
    ["lambda:CreateFunction", "Environment.Variables.AWS_REGION", [], [["x", /reserved keys.*AWS_REGION/]]],
    ["lambda:CreateFunction", "Environment.Variables.DATABASE_HOST", ["x"], []],
    ["lambda:CreateFunction", "Environment.Variables.A", [], [["x", /or equal to 2/]]],
    ["lambda:TagResource", "Tags.aws:x", [], [["1", /reserved/]]],
    [
      "logs:CreateLogGroup",
      "logGroupName",
      ["/switchyard/main/web"],
      [
        ["aws/x", /reserved/],
        ["a b", /regular/],
      ],
    ],
    [
      "monitoring:PutMetricAlarm",
      "AlarmName",
      ["main: 5xx's"],
      [
        [long(256), /255/],
        ["a\nb", /control characters/],
      ],
    ],
    ["monitoring:PutMetricAlarm", "AlarmDescription", ["Any"], [[long(1025), /1024/]]],
    ["sns:CreateTopic", "Name", ["main"], [["a b", /Topic Name/]]],
    ["application-autoscaling:PutScalingPolicy", "PolicyName", ["web"], [[long(257), /256/]]],
    [
      "events:PutRule",
      "Name",
      ["switchyard-runner-pushes-2"],
      [
        [long(65), /equal to 64/],
        ["a b", /pattern/],
      ],
    ],
    ["events:PutRule", "EventPattern", [long(2048)], [[long(2049), /equal to 2048/]]],
    [
      "codebuild:CreateProject",
      "name",
      ["switchyard-images-arm64"],
      [
        [long(151), /equal to 150/],
        ["a.b", /pattern/],
      ],
    ],
    [
      "scheduler:CreateSchedule",
      "Name",
      ["sweep"],
      [
        [long(65), /64/],
        ["a/b", /regular/],
      ],
    ],
  ];
  for (const [call, member, good, bad] of cases) {
    const [service = "", operation = ""] = call.split(":");
    const judge = (value: string) => refusal(limitsOf(service, operation), [[member, value]]);
    it(`${call} ${member}`, () => {
      for (const value of good) assert.equal(judge(value)?.message, undefined);
      for (const [value, reason] of bad) assert.match(judge(value)?.message ?? `"${value}" was let through`, reason);
    });
  }

  it("each has a case of its own, and names AWS's page", () => {
    const tried = new Set(cases.map(([call, member]) => `${call} ${member}`));
    for (const limit of limits) {
      assert.match(limit.page, /[A-Z].* .*/);
      if (limit.operations[0] === "*") continue;
      const place = limit.member.replace("$keys.", "").replaceAll("*", "");
      const [first = ""] = place.split("..");
      const covered = [...tried].some((one) =>
        limit.operations.some((o) => one.startsWith(`${limit.service}:${o} ${first}`)),
      );
      assert.ok(covered, `${limit.service}:${limit.operations} ${limit.member}`);
    }
  });

  it("are found in forms and in JSON alike", () => {
    const form = new URLSearchParams("Action=X&Tags.member.1.Key=aws%3Ax&Tags.member.1.Value=1");
    assert.match(refusal(limitsOf("elasticloadbalancing", "AddTags"), membersOfForm(form))?.message ?? "", /reserved/);
    const body = {
      tags: [
        { key: "a", value: "b" },
        { key: "aws:x", value: null },
      ],
    };
    assert.match(refusal(limitsOf("ecs", "TagResource"), membersOfJson(body))?.message ?? "", /aws:x/);
  });
});

describe("the cloud's answers to calls beyond AWS's limits", () => {
  const cloud = useInProcessCloud();

  it("are AWS's errors, and nothing is made", async () => {
    const { vpc } = await createNetwork(cloud());
    const ec2 = cloud().client(EC2Client);
    const group = { GroupName: "web", VpcId: vpc };
    await assert.rejects(ec2.send(new CreateSecurityGroupCommand({ ...group, Description: "AWS's" })), {
      name: "InvalidParameterValue",
      message: /^Invalid security group description/,
    });
    const { GroupId } = await ec2.send(new CreateSecurityGroupCommand({ ...group, Description: "of AWS" }));
    const range = { CidrIp: "10.0.0.0/8", Description: "it's" };
    const IpPermissions = [{ IpProtocol: "tcp", FromPort: 1, ToPort: 1, IpRanges: [range] }];
    await assert.rejects(ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions })), {
      name: "InvalidParameterValue",
    });
    const elb = cloud().client(ElasticLoadBalancingV2Client);
    await assert.rejects(elb.send(new CreateTargetGroupCommand({ Name: "a-", TargetType: "ip", VpcId: vpc })), {
      name: "ValidationError",
      message: "The target group name 'a-' cannot begin or end with '-'",
    });
  });
});
