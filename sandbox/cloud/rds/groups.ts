/** Subnet and parameter groups: what moto does wrong, and what running databases take from them. */
import {
  AddTagsToResourceCommand,
  CreateDBSubnetGroupCommand,
  DeleteDBParameterGroupCommand,
  DeleteDBSubnetGroupCommand,
  DescribeDBInstancesCommand,
  DescribeDBParametersCommand,
  DescribeDBSubnetGroupsCommand,
  ListTagsForResourceCommand,
  ModifyDBParameterGroupCommand,
  ModifyDBSubnetGroupCommand,
  RDSClient,
  ResetDBParameterGroupCommand,
} from "@aws-sdk/client-rds";
import { awsError, type CloudContext } from "../handlers.ts";

type Moto = { moto(client: typeof RDSClient): RDSClient };

/**
 * Whether connections without TLS are refused: `rds.force_ssl`, which is on by default from PostgreSQL 15
 * (Amazon RDS User Guide, "Using SSL with a PostgreSQL DB instance").
 */
export async function forcesTls(moto: RDSClient, group: string | undefined, engineVersion: string | undefined) {
  const fallback = Number(engineVersion?.split(".")[0] ?? 18) >= 15;
  if (!group || group.startsWith("default.")) return fallback;
  const { Parameters = [] } = await moto.send(new DescribeDBParametersCommand({ DBParameterGroupName: group }));
  const value = Parameters.find(({ ParameterName }) => ParameterName === "rds.force_ssl")?.ParameterValue;
  return value === undefined ? fallback : value === "1";
}

export function installGroups(
  cloud: CloudContext,
  parametersChanged: (group: string, moto: RDSClient) => Promise<void>,
): void {
  const instancesOf = async (call: Moto) =>
    (await call.moto(RDSClient).send(new DescribeDBInstancesCommand({}))).DBInstances ?? [];

  // moto deletes the group it is asked to modify: it is made again with what the call left unchanged.
  cloud.handle(ModifyDBSubnetGroupCommand, async (input, call) => {
    const client = call.moto(RDSClient);
    const { DBSubnetGroupName, SubnetIds, DBSubnetGroupDescription } = input;
    const { DBSubnetGroups } = await client.send(new DescribeDBSubnetGroupsCommand({ DBSubnetGroupName }));
    const before = DBSubnetGroups?.[0];
    const { TagList } = await client.send(new ListTagsForResourceCommand({ ResourceName: before?.DBSubnetGroupArn }));
    await call.toMoto();
    const answer = await client.send(
      new CreateDBSubnetGroupCommand({
        DBSubnetGroupName,
        SubnetIds,
        DBSubnetGroupDescription: DBSubnetGroupDescription ?? before?.DBSubnetGroupDescription,
      }),
    );
    const { DBSubnetGroup } = answer;
    if (TagList?.length) {
      await client.send(new AddTagsToResourceCommand({ ResourceName: DBSubnetGroup?.DBSubnetGroupArn, Tags: TagList }));
    }
    return { DBSubnetGroup };
  });

  cloud.handle(DeleteDBSubnetGroupCommand, async (input, call) => {
    const name = input.DBSubnetGroupName;
    const user = (await instancesOf(call)).find(({ DBSubnetGroup }) => DBSubnetGroup?.DBSubnetGroupName === name);
    if (!user) return call.toMoto();
    const message = `Cannot delete the subnet group '${name}' because at least one database instance: ${user.DBInstanceIdentifier} is still using it.`;
    throw awsError("InvalidDBSubnetGroupStateFault", message);
  });

  cloud.handle(DeleteDBParameterGroupCommand, async (input, call) => {
    const name = input.DBParameterGroupName;
    const user = (await instancesOf(call)).find(({ DBParameterGroups }) =>
      DBParameterGroups?.some(({ DBParameterGroupName }) => DBParameterGroupName === name),
    );
    if (!user) return call.toMoto();
    const message = `One or more database instances are still members of this parameter group ${name}, so the group cannot be deleted`;
    throw awsError("InvalidDBParameterGroupState", message);
  });

  for (const command of [ModifyDBParameterGroupCommand, ResetDBParameterGroupCommand] as const) {
    cloud.handle(command as typeof ModifyDBParameterGroupCommand, async (input, call) => {
      const answer = await call.toMoto();
      await parametersChanged(input.DBParameterGroupName ?? "", call.moto(RDSClient));
      return answer;
    });
  }
}
