import assert from "node:assert/strict";
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteSecurityGroupCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  EC2Client,
  RevokeSecurityGroupIngressCommand,
} from "@aws-sdk/client-ec2";
import { unique, useCloud } from "../../support/cloud.ts";

describe("EC2 networks", () => {
  const cloud = useCloud();

  it("keep a security group that a rule of another names", async () => {
    const ec2 = new EC2Client(cloud.sdk());
    const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.7.0.0/16" }));
    const group = async () => {
      const settings = { GroupName: unique("group"), Description: "test", VpcId: Vpc?.VpcId };
      return (await ec2.send(new CreateSecurityGroupCommand(settings))).GroupId ?? "";
    };
    const [database, api] = [await group(), await group()];
    const UserIdGroupPairs = [{ GroupId: api }];
    const IpPermissions = [{ IpProtocol: "tcp", FromPort: 5432, ToPort: 5432, UserIdGroupPairs }];
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: database, IpPermissions }));
    await assert.rejects(ec2.send(new DeleteSecurityGroupCommand({ GroupId: api })), {
      name: "DependencyViolation",
      message: new RegExp(`a rule of ${database}`),
    });
    await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: database, IpPermissions }));
    await ec2.send(new DeleteSecurityGroupCommand({ GroupId: api }));
  });

  it("keep a VPC that still holds something", async () => {
    const ec2 = new EC2Client(cloud.sdk());
    const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.6.0.0/16" }));
    const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: "10.6.0.0/24" }));
    const remove = () => ec2.send(new DeleteVpcCommand({ VpcId: Vpc?.VpcId }));
    await assert.rejects(remove(), { name: "DependencyViolation", message: new RegExp(`${Subnet?.SubnetId}`) });
    await ec2.send(new DeleteSubnetCommand({ SubnetId: Subnet?.SubnetId }));
    await remove();
  });
});
