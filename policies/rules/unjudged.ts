import type { ResourceType } from "../rule.ts";
import { resourceRule } from "../rule.ts";
import { canonicalType, className } from "../siblings.ts";

/**
 * Types of the services rules are about that no rule judges, with the type to use instead where there is one. A test
 * holds this list and the next against the AWS SDK: every type of these services is judged, or on one of them.
 */
const refused: Readonly<Record<string, string | undefined>> = {
  "aws:cloudfront/distributionTenant:DistributionTenant": "aws:cloudfront/distribution:Distribution",
  "aws:cloudfront/multitenantDistribution:MultitenantDistribution": "aws:cloudfront/distribution:Distribution",
  "aws:cloudfront/originAccessIdentity:OriginAccessIdentity": "aws:cloudfront/originAccessControl:OriginAccessControl",
  "aws:cloudwatch/eventConnection:EventConnection": undefined,
  "aws:codebuild/sourceCredential:SourceCredential": undefined,
  "aws:dynamodb/globalTable:GlobalTable": "aws:dynamodb/table:Table",
  "aws:ec2/defaultSubnet:DefaultSubnet": "aws:ec2/subnet:Subnet",
  "aws:ec2/defaultVpc:DefaultVpc": "aws:ec2/vpc:Vpc",
  "aws:ec2/fleet:Fleet": "aws:ecs/service:Service",
  "aws:ec2/spotFleetRequest:SpotFleetRequest": "aws:ecs/service:Service",
  "aws:ec2/trafficMirrorFilter:TrafficMirrorFilter": undefined,
  "aws:ec2/trafficMirrorFilterRule:TrafficMirrorFilterRule": undefined,
  "aws:ec2/trafficMirrorSession:TrafficMirrorSession": undefined,
  "aws:ec2/trafficMirrorTarget:TrafficMirrorTarget": undefined,
  "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate": "aws:ecr/repository:Repository",
  "aws:ecs/daemon:Daemon": "aws:ecs/service:Service",
  "aws:ecs/daemonTaskDefinition:DaemonTaskDefinition": "aws:ecs/taskDefinition:TaskDefinition",
  "aws:ecs/expressGatewayService:ExpressGatewayService": "aws:ecs/service:Service",
  "aws:iam/serverCertificate:ServerCertificate": "aws:acm/certificate:Certificate",
  "aws:kms/ciphertext:Ciphertext": "aws:secretsmanager/secret:Secret",
  "aws:lambda/microvmsImage:MicrovmsImage": "aws:lambda/function:Function",
  "aws:s3/directoryBucket:DirectoryBucket": "aws:s3/bucket:Bucket",
  "aws:s3/filesFileSystem:FilesFileSystem": "aws:s3/bucket:Bucket",
  "aws:s3/vectorsVectorBucket:VectorsVectorBucket": "aws:s3/bucket:Bucket",
};

/** What makes any resource there is out of sight: by a template, by another interface, or by code of its own. */
const opaque = new RegExp(
  [
    "^aws:cloudcontrol/resource:Resource$",
    "^aws:cloudformation/stack\\w*:",
    "^aws:(serverlessrepository/cloudFormationStack|servicecatalog/provisionedProduct):",
    "^aws-native:(cloudformation|servicecatalog|serverless):|^aws-native:index:ExtensionResource$",
    "^pulumi-(nodejs|python):dynamic[:/]",
    "^command:",
  ].join("|"),
);

/** Services of another provider that makes the same resources. */
const services =
  "acm|batch|budgets|cloudfront|cloudwatch|codebuild|dynamodb|ec2|ecr|ecs|elasticloadbalancing|elasticloadbalancingv2|events|iam|identitystore|kms|lambda|logs|organizations|rds|s3|scheduler|secretsmanager|sns|sqs|ssm|sso|stepfunctions|wafv2";
const otherProvider = new RegExp(`^aws-native:(${services}):`);

const instead: Readonly<Record<string, string>> = {
  elasticloadbalancingv2: "lb",
  elasticloadbalancing: "elb",
  events: "cloudwatch",
  logs: "cloudwatch",
  sso: "ssoadmin",
  stepfunctions: "sfn",
};

export function isRefused(type: string): boolean {
  return canonicalType(type) in refused || opaque.test(type) || otherProvider.test(type);
}

export const refusedTypes = Object.keys(refused);

export const unjudgedRules = [
  resourceRule(refusedTypes as unknown as readonly ResourceType[], {
    name: "types-are-judged",
    level: "mandatory",
    severity: "high",
    controls: [],
    url: "https://www.pulumi.com/docs/insights/policy/",
    title: "What the pack is to guard is of types it knows",
    why: "A type no rule knows passes every rule.",
    fix: "Use the type the finding names, or have a rule judge this one.",
    applies: isRefused,
    check: (_, { type }) => {
      const other = refused[canonicalType(type)] ?? ofOtherProvider(type);
      const use = other === undefined ? "" : `: use ${className(other)}`;
      return opaque.test(type)
        ? `no rule sees what ${className(type)} makes`
        : `no rule knows ${className(type)}${use}`;
    },
  }),
];

function ofOtherProvider(type: string): string | undefined {
  const [, service = "", name = ""] = /^aws-native:([a-z0-9]+):(\w+)$/.exec(type) ?? [];
  if (service === "" || name === "") return undefined;
  return `aws:${instead[service] ?? service}/x:${name}`;
}
