import { hasWildcard } from "@switchyard/iam/glob.ts";
import type { ResourceType } from "../rule.ts";
import { resourceRule } from "../rule.ts";
import { lettingStrangersIn } from "./resource-documents.ts";

/** Resources with a policy of their own that no other rule is about, and the property it stands in. */
const policies = {
  "aws:acmpca/policy:Policy": "policy",
  "aws:amp/resourcePolicy:ResourcePolicy": "policyDocument",
  "aws:backup/vaultPolicy:VaultPolicy": "policy",
  "aws:bedrock/agentcoreResourcePolicy:AgentcoreResourcePolicy": "policy",
  "aws:cloudsearch/domainServiceAccessPolicy:DomainServiceAccessPolicy": "accessPolicy",
  "aws:cloudwatch/logDeliveryDestinationPolicy:LogDeliveryDestinationPolicy": "deliveryDestinationPolicy",
  "aws:cloudwatch/logDestinationPolicy:LogDestinationPolicy": "accessPolicy",
  "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": "policyDocument",
  "aws:codeartifact/domainPermissions:DomainPermissions": "policyDocument",
  "aws:codeartifact/repositoryPermissionsPolicy:RepositoryPermissionsPolicy": "policyDocument",
  "aws:codebuild/resourcePolicy:ResourcePolicy": "policy",
  "aws:dsql/clusterPolicy:ClusterPolicy": "policy",
  "aws:ecrpublic/repositoryPolicy:RepositoryPolicy": "policy",
  "aws:efs/fileSystemPolicy:FileSystemPolicy": "policy",
  "aws:elasticsearch/domain:Domain": "accessPolicies",
  "aws:elasticsearch/domainPolicy:DomainPolicy": "accessPolicies",
  "aws:glacier/vault:Vault": "accessPolicy",
  "aws:glue/resourcePolicy:ResourcePolicy": "policy",
  "aws:kinesis/resourcePolicy:ResourcePolicy": "policy",
  "aws:lambda/resourcePolicy:ResourcePolicy": "policy",
  "aws:mediastore/containerPolicy:ContainerPolicy": "policy",
  "aws:msk/clusterPolicy:ClusterPolicy": "policy",
  "aws:networkfirewall/resourcePolicy:ResourcePolicy": "policy",
  "aws:oam/sinkPolicy:SinkPolicy": "policy",
  "aws:opensearch/domain:Domain": "accessPolicies",
  "aws:opensearch/domainPolicy:DomainPolicy": "accessPolicies",
  "aws:opensearchingest/resourcePolicy:ResourcePolicy": "policy",
  "aws:organizations/resourcePolicy:ResourcePolicy": "content",
  "aws:pinpoint/smsvoicev2ResourcePolicy:Smsvoicev2ResourcePolicy": "policy",
  "aws:redshift/resourcePolicy:ResourcePolicy": "policy",
  "aws:redshiftserverless/resourcePolicy:ResourcePolicy": "policy",
  "aws:s3/filesFileSystemPolicy:FilesFileSystemPolicy": "policy",
  "aws:s3/vectorsVectorBucketPolicy:VectorsVectorBucketPolicy": "policy",
  "aws:s3control/accessGrantsInstanceResourcePolicy:AccessGrantsInstanceResourcePolicy": "policy",
  "aws:s3control/accessPointPolicy:AccessPointPolicy": "policy",
  "aws:s3control/bucketPolicy:BucketPolicy": "policy",
  "aws:s3control/multiRegionAccessPointPolicy:MultiRegionAccessPointPolicy": "policy",
  "aws:s3control/objectLambdaAccessPointPolicy:ObjectLambdaAccessPointPolicy": "policy",
  "aws:s3tables/tableBucketPolicy:TableBucketPolicy": "resourcePolicy",
  "aws:s3tables/tablePolicy:TablePolicy": "resourcePolicy",
  "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy": "resourcePolicy",
  "aws:schemas/registryPolicy:RegistryPolicy": "policy",
  "aws:ses/identityPolicy:IdentityPolicy": "policy",
  "aws:sesv2/emailIdentityPolicy:EmailIdentityPolicy": "policy",
  "aws:vpclattice/authPolicy:AuthPolicy": "policy",
  "aws:vpclattice/resourcePolicy:ResourcePolicy": "policy",
  "aws:xray/resourcePolicy:ResourcePolicy": "policyDocument",
} as const satisfies Partial<Record<ResourceType, string>>;

const endpointService = "aws:ec2/vpcEndpointService:VpcEndpointService";
const allowedPrincipal = "aws:ec2/vpcEndpointServiceAllowedPrinciple:VpcEndpointServiceAllowedPrinciple";
const launchPermission = "aws:ec2/amiLaunchPermission:AmiLaunchPermission";
const publicImages = "aws:ec2/imageBlockPublicAccess:ImageBlockPublicAccess";

export const otherPolicyRules = [
  resourceRule(Object.keys(policies) as (keyof typeof policies)[], {
    name: "resource-policy-not-public",
    level: "mandatory",
    severity: "critical",
    controls: [],
    url: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html",
    title: "No resource's own policy lets everyone in",
    why: "A resource's policy gives access past every role.",
    fix: "Name the principals, or narrow the statement with a condition that only they meet.",
    check: (props, { type }) => {
      // A search domain inside a network is reached by its security groups; AWS's own example opens its policy.
      if ("vpcOptions" in props && props.vpcOptions) return undefined;
      return lettingStrangersIn("details" in props ? props.details : props, policies[type as keyof typeof policies]);
    },
  }),
  resourceRule([endpointService, allowedPrincipal], {
    name: "endpoint-services-not-public",
    level: "mandatory",
    severity: "high",
    controls: [],
    url: "https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html",
    title: "No endpoint service takes connections from every account",
    why: "Whoever connects stands inside the network, before the balancer of the service.",
    fix: "Name the accounts or roles that may connect, and set acceptanceRequired to true where they are of other accounts.",
    check: function* (props) {
      if ("principalArn" in props && hasWildcard(props.principalArn)) yield "principalArn stands for every account";
      for (const [index, arn] of ("allowedPrincipals" in props ? (props.allowedPrincipals ?? []) : []).entries())
        if (hasWildcard(arn)) yield `allowedPrincipals[${index}] stands for every account`;
    },
  }),
  resourceRule([launchPermission, publicImages], {
    name: "ec2-images-private",
    level: "mandatory",
    severity: "high",
    controls: [],
    url: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharingamis-intro.html",
    title: "No machine image is public",
    why: "Images hold what was on the machine they were made from.",
    fix: "Name the account in accountId; leave state at block-new-sharing.",
    check: function* (props) {
      if ("group" in props && props.group === "all") yield "group shares it with everyone";
      if ("state" in props && props.state !== "block-new-sharing") yield "state lets images be made public";
    },
  }),
];
