import { type Findings, resourceRule } from "../rule.ts";
import { isTrue } from "../unknown.ts";
import { eachType } from "./each-type.ts";

const everywhere = "0.0.0.0/0";

const open = eachType({
  "aws:dms/replicationInstance:ReplicationInstance": addressed,
  "aws:ebs/snapshotBlockPublicAccess:SnapshotBlockPublicAccess": ({ state }) =>
    state === "unblocked" ? "state lets snapshots be public" : undefined,
  "aws:eks/cluster:Cluster": ({ vpcConfig }) =>
    (vpcConfig.endpointPublicAccess ?? true) &&
    (vpcConfig.publicAccessCidrs ?? [everywhere]).some((range) => range === everywhere || range === "::/0")
      ? "vpcConfig.publicAccessCidrs let everybody reach the endpoint"
      : undefined,
  "aws:emr/blockPublicAccessConfiguration:BlockPublicAccessConfiguration": ({ blockPublicSecurityGroupRules }) =>
    isTrue(blockPublicSecurityGroupRules) ? undefined : "blockPublicSecurityGroupRules is not true",
  "aws:lightsail/database:Database": addressed,
  "aws:mq/broker:Broker": addressed,
  "aws:msk/cluster:Cluster": ({ brokerNodeGroupInfo }) =>
    brokerNodeGroupInfo.connectivityInfo?.publicAccess?.type === "SERVICE_PROVIDED_EIPS"
      ? "brokerNodeGroupInfo.connectivityInfo.publicAccess.type gives the brokers public addresses"
      : undefined,
  "aws:neptune/clusterInstance:ClusterInstance": addressed,
  "aws:redshift/cluster:Cluster": addressed,
  "aws:redshiftserverless/workgroup:Workgroup": addressed,
  "aws:ssm/document:Document": ({ permissions }) =>
    permissions?.accountIds?.split(",").some((id) => id.trim().toLowerCase() === "all")
      ? "permissions.accountIds share it with everybody"
      : undefined,
  "aws:ssm/serviceSetting:ServiceSetting": ({ settingId, settingValue }) =>
    settingId.endsWith("/ssm/documents/console/public-sharing-permission") && settingValue.toLowerCase() === "enable"
      ? "settingValue lets documents be public"
      : undefined,
});

export const exposureRules = [
  resourceRule(open.types, {
    name: "services-not-public",
    level: "mandatory",
    severity: "critical",
    controls: [
      "DMS.1",
      "EC2.1",
      "Redshift.1",
      "SSM.4",
      "CKV_AWS_38",
      "CKV_AWS_69",
      "CKV_AWS_87",
      "CKV_AWS_89",
      "CKV_AWS_102",
      "CKV_AWS_303",
    ],
    title: "Other services' databases, brokers, clusters and documents are not public",
    why: "What everybody can reach or read needs only one weak password, or none.",
    fix: "Keep it in the network's private subnets, and share it with named accounts only.",
    check: open.check,
  }),
  resourceRule("aws:codebuild/project:Project", {
    name: "codebuild-not-public",
    level: "mandatory",
    severity: "high",
    controls: [],
    url: "https://docs.aws.amazon.com/codebuild/latest/userguide/public-builds.html",
    title: "Builds' results are not public",
    why: "Logs and artifacts of every build, also of those before, are then everybody's.",
    fix: "Leave projectVisibility out, or set it to PRIVATE.",
    check: ({ projectVisibility }) =>
      projectVisibility === "PUBLIC_READ" ? "projectVisibility makes builds public" : undefined,
  }),
];

function addressed({ publiclyAccessible }: { readonly publiclyAccessible?: boolean }): Findings {
  return isTrue(publiclyAccessible) ? "publiclyAccessible is true" : undefined;
}
