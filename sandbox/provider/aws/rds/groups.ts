import type { rds } from "@pulumi/aws";
import { type Rows, row } from "../../row.ts";
import { first, must, tagList } from "../shared.ts";
import { tagging, tagsOf } from "./tags.ts";

const subnetGroup = row<rds.SubnetGroupArgs, rds.SubnetGroup>({
  update: ["description", "subnetIds"],
  replace: ["name"],
  required: ["subnetIds"],
  autoName: { key: "name", max: 255, lower: true },
  defaults: { description: "Managed by Pulumi" },
  computed: ["arn", "supportedNetworkTypes", "vpcId"],
  create: async ({ name, description, subnetIds }, { rds, tags }) => {
    await rds.createDBSubnetGroup({
      DBSubnetGroupName: name,
      DBSubnetGroupDescription: description,
      SubnetIds: subnetIds,
      Tags: tagList(tags),
    });
    return must(name, "the subnet group's name");
  },
  read: async (id, aws) => {
    const found = first((await aws.rds.describeDBSubnetGroups({ DBSubnetGroupName: id })).DBSubnetGroups);
    return (
      found && {
        arn: found.DBSubnetGroupArn,
        name: found.DBSubnetGroupName,
        description: found.DBSubnetGroupDescription,
        vpcId: found.VpcId,
        subnetIds: (found.Subnets ?? []).map(({ SubnetIdentifier }) => SubnetIdentifier ?? ""),
        supportedNetworkTypes: found.SupportedNetworkTypes ?? ["IPV4"],
        tagsAll: await tagsOf(found.DBSubnetGroupArn, aws),
      }
    );
  },
  write: async (id, { description, subnetIds }, { rds }) => {
    await rds.modifyDBSubnetGroup({
      DBSubnetGroupName: id,
      DBSubnetGroupDescription: description,
      SubnetIds: subnetIds,
    });
  },
  ...tagging,
  delete: (id, { rds }) => rds.deleteDBSubnetGroup({ DBSubnetGroupName: id }),
});

type Parameter = { name: string; value: string; applyMethod?: string };
const parameters = (list: unknown) =>
  ((list ?? []) as Parameter[]).map(({ name, value, applyMethod }) => ({
    ParameterName: name,
    ParameterValue: value,
    ApplyMethod: (applyMethod ?? "immediate") as "immediate",
  }));

const parameterGroup = row<rds.ParameterGroupArgs, rds.ParameterGroup>({
  update: ["parameters", "skipDestroy"],
  replace: ["name", "family", "description"],
  required: ["family"],
  autoName: { key: "name", max: 255, lower: true },
  defaults: { description: "Managed by Pulumi", skipDestroy: false },
  computed: ["arn"],
  create: async (inputs, { rds, tags, created }) => {
    await rds.createDBParameterGroup({
      DBParameterGroupName: inputs.name,
      DBParameterGroupFamily: inputs.family,
      Description: inputs.description,
      Tags: tagList(tags),
    });
    const id = created(must(inputs.name, "the parameter group's name"));
    const Parameters = parameters(inputs.parameters);
    if (Parameters.length > 0) await rds.modifyDBParameterGroup({ DBParameterGroupName: id, Parameters });
    return id;
  },
  read: async (id, aws) => {
    const found = first((await aws.rds.describeDBParameterGroups({ DBParameterGroupName: id })).DBParameterGroups);
    if (!found) return undefined;
    const own = [];
    let Marker: string | undefined;
    do {
      const page = await aws.rds.describeDBParameters({ DBParameterGroupName: id, Source: "user", Marker });
      own.push(...(page.Parameters ?? []));
      Marker = page.Marker;
    } while (Marker);
    const set = own.filter(({ ParameterValue }) => ParameterValue !== undefined);
    return {
      arn: found.DBParameterGroupArn,
      name: found.DBParameterGroupName,
      family: found.DBParameterGroupFamily,
      description: found.Description,
      parameters: set.map((one) => ({
        name: one.ParameterName ?? "",
        value: one.ParameterValue ?? "",
        applyMethod: one.ApplyMethod ?? "immediate",
      })),
      tagsAll: await tagsOf(found.DBParameterGroupArn, aws),
    };
  },
  write: async (id, inputs, { rds }, { old }) => {
    const [before, Parameters] = [parameters(old.parameters), parameters(inputs.parameters)];
    const gone = before.filter(({ ParameterName }) => !Parameters.some((one) => one.ParameterName === ParameterName));
    if (gone.length > 0) await rds.resetDBParameterGroup({ DBParameterGroupName: id, Parameters: gone });
    if (Parameters.length > 0) await rds.modifyDBParameterGroup({ DBParameterGroupName: id, Parameters });
  },
  ...tagging,
  delete: async (id, { rds }, { skipDestroy }) => {
    if (!skipDestroy) await rds.deleteDBParameterGroup({ DBParameterGroupName: id });
  },
});

export const databaseGroupRows: Rows = {
  "aws:rds/subnetGroup:SubnetGroup": subnetGroup,
  "aws:rds/parameterGroup:ParameterGroup": parameterGroup,
};
