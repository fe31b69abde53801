/** EC2's refusals to delete what is still used, which moto does not have: a destroy in the wrong order must fail here too. */
import {
  DeleteSecurityGroupCommand,
  DeleteVpcCommand,
  DescribeInternetGatewaysCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  EC2Client,
  paginateDescribeSecurityGroups,
  type SecurityGroup,
} from "@aws-sdk/client-ec2";
import { awsError, type CloudContext } from "./handlers.ts";

export function installNetwork(cloud: CloudContext): void {
  cloud.handle(DeleteSecurityGroupCommand, async (input, call) => {
    const client = call.moto(EC2Client);
    const id = input.GroupId;
    for await (const { SecurityGroups = [] } of paginateDescribeSecurityGroups({ client }, {})) {
      const user = SecurityGroups.find((group) => group.GroupId !== id && refersTo(group, id));
      if (id && user) throw dependency(`resource ${id} has a dependent object: a rule of ${user.GroupId}`);
    }
    return call.toMoto();
  });

  cloud.handle(DeleteVpcCommand, async (input, call) => {
    const client = call.moto(EC2Client);
    const inVpc = { Filters: [{ Name: "vpc-id", Values: [input.VpcId ?? ""] }] };
    const attached = { Filters: [{ Name: "attachment.vpc-id", Values: [input.VpcId ?? ""] }] };
    const [subnets, groups, gateways] = await Promise.all([
      client.send(new DescribeSubnetsCommand(inVpc)),
      client.send(new DescribeSecurityGroupsCommand(inVpc)),
      client.send(new DescribeInternetGatewaysCommand(attached)),
    ]);
    const left = [
      ...(subnets.Subnets ?? []).map(({ SubnetId }) => SubnetId),
      ...(groups.SecurityGroups ?? []).filter(({ GroupName }) => GroupName !== "default").map(({ GroupId }) => GroupId),
      ...(gateways.InternetGateways ?? []).map(({ InternetGatewayId }) => InternetGatewayId),
    ];
    if (left.length === 0) return call.toMoto();
    throw dependency(`The vpc '${input.VpcId}' has dependencies and cannot be deleted: ${left.join(", ")}`);
  });
}

function refersTo({ IpPermissions = [], IpPermissionsEgress = [] }: SecurityGroup, id: string | undefined): boolean {
  return [...IpPermissions, ...IpPermissionsEgress].some(({ UserIdGroupPairs }) =>
    UserIdGroupPairs?.some(({ GroupId }) => GroupId === id),
  );
}

function dependency(message: string) {
  return awsError("DependencyViolation", message);
}
