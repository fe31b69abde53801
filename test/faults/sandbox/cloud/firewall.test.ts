import assert from "node:assert/strict";
import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  EC2Client,
  type IpPermission,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
} from "@aws-sdk/client-ec2";
import {
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  SetSecurityGroupsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { type Peer, permits } from "../../../../sandbox/cloud/firewall.ts";
import { until } from "../../../sandbox/cloud/alb/in-process.ts";
import { useApp } from "../../../sandbox/cloud/ecs/fixture.ts";

describe("what a security group's rules let through", () => {
  const peer: Peer = { groups: ["sg-peer"], ranges: ["10.0.0.0/24", "10.0.1.0/24"] };
  const from = (GroupId: string) => ({ UserIdGroupPairs: [{ GroupId }] });
  const range = (...cidrs: string[]) => ({ IpRanges: cidrs.map((CidrIp) => ({ CidrIp })) });
  const tcp = (FromPort: number, ToPort = FromPort) => ({ IpProtocol: "tcp", FromPort, ToPort });
  const cases: [string, IpPermission[], boolean][] = [
    ["nothing", [], false],
    ["the peer's group at the port", [{ ...tcp(8080), ...from("sg-peer") }], true],
    ["the peer's group within a range of ports", [{ ...tcp(8000, 9000), ...from("sg-peer") }], true],
    ["the peer's group at another port", [{ ...tcp(3000), ...from("sg-peer") }], false],
    ["another group", [{ ...tcp(8080), ...from("sg-other") }], false],
    ["UDP", [{ ...tcp(8080), IpProtocol: "udp", ...from("sg-peer") }], false],
    ["every protocol", [{ IpProtocol: "-1", ...from("sg-peer") }], true],
    ["every address", [{ ...tcp(8080), ...range("0.0.0.0/0") }], true],
    ["a range around all of the peer's subnets", [{ ...tcp(8080), ...range("10.0.0.0/16") }], true],
    ["a range around one of them", [{ ...tcp(8080), ...range("10.0.0.0/24") }], false],
    ["a range inside one of them", [{ ...tcp(8080), ...range("10.0.0.0/25") }], false],
    ["the second of two permissions", [{ ...tcp(1) }, { ...tcp(8080), ...from("sg-peer") }], true],
  ];
  for (const [name, permissions, expected] of cases)
    it(`${name}: ${expected ? "open" : "closed"}`, () => assert.equal(permits(permissions, peer, 8080), expected));
});

describe("security groups between a load balancer and its targets", () => {
  const { cloud, balancer, definition, network, service, steady } = useApp();
  const ec2 = () => cloud().client(EC2Client);
  const elb = () => cloud().client(ElasticLoadBalancingV2Client);

  async function groupWithoutRules(GroupName: string): Promise<string> {
    const made = await ec2().send(
      new CreateSecurityGroupCommand({ GroupName, Description: GroupName, VpcId: balancer().vpc }),
    );
    const IpPermissions = [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
    await ec2().send(new RevokeSecurityGroupEgressCommand({ GroupId: made.GroupId, IpPermissions }));
    return made.GroupId ?? "";
  }
  const permission = (GroupId: string, port = 8080): IpPermission[] => [
    { IpProtocol: "tcp", FromPort: port, ToPort: port, UserIdGroupPairs: [{ GroupId }] },
  ];

  it("must let it out of the balancer's and into the task's group; else targets time out", async function () {
    this.timeout(60_000);
    const [front, back] = [await groupWithoutRules("front"), await groupWithoutRules("back")];
    await elb().send(new SetSecurityGroupsCommand({ LoadBalancerArn: balancer().arn, SecurityGroups: [front] }));
    const awsvpcConfiguration = { ...network().awsvpcConfiguration, securityGroups: [back] };
    const { serviceName, targetGroupArn, get } = await service(await definition({ PORT: "8080", VERSION: "v1" }), {
      networkConfiguration: { awsvpcConfiguration },
      healthCheckGracePeriodSeconds: 100_000,
    });
    const health = async () => {
      const answer = await elb().send(new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn }));
      return answer.TargetHealthDescriptions?.[0]?.TargetHealth;
    };
    const timedOut = () => until("unhealthy", async () => (await health())?.Reason === "Target.Timeout", 20_000);
    await timedOut();
    assert.equal((await get("/")).status, 504, "the only target is blocked: fail-open meets the same wall");

    const out = { GroupId: front, IpPermissions: permission(back) };
    const into = { GroupId: back, IpPermissions: permission(front) };
    await ec2().send(new AuthorizeSecurityGroupEgressCommand(out));
    await ec2().send(
      new AuthorizeSecurityGroupIngressCommand({ GroupId: back, IpPermissions: permission(front, 3000) }),
    );
    assert.equal((await health())?.State, "unhealthy");
    await ec2().send(new AuthorizeSecurityGroupIngressCommand(into));
    await steady(serviceName);
    assert.deepEqual(await get("/"), { status: 200, body: "v1" });

    await ec2().send(new RevokeSecurityGroupIngressCommand(into));
    await timedOut();
    await ec2().send(new AuthorizeSecurityGroupIngressCommand(into));
    await until("healthy again", async () => (await health())?.State === "healthy");
    await ec2().send(new RevokeSecurityGroupEgressCommand(out));
    await timedOut();
  });
});
