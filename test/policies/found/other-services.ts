import { type Found, json } from "./types.ts";

/** Public fixtures (KICS, Trivy, Checkov) have such a policy for a few of these services; the others are their siblings. */
const services: readonly (readonly [type: string, property: string, action: string])[] = [
  ["aws:acmpca/policy:Policy", "policy", "acm-pca:IssueCertificate"],
  ["aws:amp/resourcePolicy:ResourcePolicy", "policyDocument", "aps:QueryMetrics"],
  ["aws:bedrock/agentcoreResourcePolicy:AgentcoreResourcePolicy", "policy", "bedrock-agentcore:InvokeAgentRuntime"],
  ["aws:cloudsearch/domainServiceAccessPolicy:DomainServiceAccessPolicy", "accessPolicy", "cloudsearch:*"],
  ["aws:codeartifact/domainPermissions:DomainPermissions", "policyDocument", "codeartifact:CreateRepository"],
  [
    "aws:codeartifact/repositoryPermissionsPolicy:RepositoryPermissionsPolicy",
    "policyDocument",
    "codeartifact:PublishPackageVersion",
  ],
  ["aws:dsql/clusterPolicy:ClusterPolicy", "policy", "dsql:DbConnect"],
  ["aws:ecrpublic/repositoryPolicy:RepositoryPolicy", "policy", "ecr-public:PutImage"],
  ["aws:elasticsearch/domain:Domain", "accessPolicies", "es:*"],
  ["aws:elasticsearch/domainPolicy:DomainPolicy", "accessPolicies", "es:*"],
  ["aws:glacier/vault:Vault", "accessPolicy", "glacier:InitiateJob"],
  ["aws:glue/resourcePolicy:ResourcePolicy", "policy", "glue:GetTables"],
  ["aws:mediastore/containerPolicy:ContainerPolicy", "policy", "mediastore:PutObject"],
  ["aws:msk/clusterPolicy:ClusterPolicy", "policy", "kafka:CreateVpcConnection"],
  ["aws:networkfirewall/resourcePolicy:ResourcePolicy", "policy", "network-firewall:UpdateFirewallPolicy"],
  ["aws:oam/sinkPolicy:SinkPolicy", "policy", "oam:CreateLink"],
  ["aws:opensearch/domain:Domain", "accessPolicies", "es:ESHttp*"],
  ["aws:opensearchingest/resourcePolicy:ResourcePolicy", "policy", "osis:Ingest"],
  ["aws:pinpoint/smsvoicev2ResourcePolicy:Smsvoicev2ResourcePolicy", "policy", "sms-voice:SendTextMessage"],
  ["aws:redshift/resourcePolicy:ResourcePolicy", "policy", "redshift:AuthorizeInboundIntegration"],
  ["aws:redshiftserverless/resourcePolicy:ResourcePolicy", "policy", "redshift-serverless:RestoreFromSnapshot"],
  ["aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy", "resourcePolicy", "sagemaker:CreateModelPackage"],
  ["aws:schemas/registryPolicy:RegistryPolicy", "policy", "schemas:*"],
  ["aws:ses/identityPolicy:IdentityPolicy", "policy", "ses:SendEmail"],
  ["aws:sesv2/emailIdentityPolicy:EmailIdentityPolicy", "policy", "ses:SendEmail"],
  ["aws:vpclattice/authPolicy:AuthPolicy", "policy", "vpc-lattice-svcs:Invoke"],
  ["aws:vpclattice/resourcePolicy:ResourcePolicy", "policy", "vpc-lattice:CreateServiceNetworkServiceAssociation"],
  ["aws:xray/resourcePolicy:ResourcePolicy", "policyDocument", "xray:PutTraceSegments"],
];

export const otherServices: readonly Found[] = services.flatMap(([type, property, Action]) => {
  const allowing = (rest: object) => ({ [property]: json({ Effect: "Allow", Action, Resource: "*", ...rest }) });
  const account = { AWS: "arn:aws:iam::111122223333:root" };
  const organization = { "aws:PrincipalOrgID": "o-1234567890" };
  const rules = ["resource-policy-not-public"];
  return [
    { what: `${type} for everyone`, type, props: allowing({ Principal: { AWS: "*" } }), rules },
    {
      what: `${type} for an organization, or whoever has none`,
      type,
      props: allowing({ Principal: "*", Condition: { StringEqualsIfExists: organization } }),
      rules,
    },
    { what: `${type} for one account`, type, props: allowing({ Principal: account }) },
    {
      what: `${type} for an organization`,
      type,
      props: allowing({ Principal: "*", Condition: { StringEquals: organization } }),
    },
  ];
});
