import type { Domain, Fault } from "./types.ts";

const volume = "aws:ebs/volume:Volume";
const template = "aws:ec2/launchTemplate:LaunchTemplate";
const spot = "aws:ec2/spotInstanceRequest:SpotInstanceRequest";
const configuration = "aws:ec2/launchConfiguration:LaunchConfiguration";
const distribution = "aws:cloudfront/distribution:Distribution";
const cluster = "aws:eks/cluster:Cluster";
const brokers = "aws:msk/cluster:Cluster";
const passwords = "aws:iam/accountPasswordPolicy:AccountPasswordPolicy";
const sharing = "arn:aws:ssm:us-east-1:123456789012:servicesetting/ssm/documents/console/public-sharing-permission";

const required = {
  requireLowercaseCharacters: true,
  requireNumbers: true,
  requireSymbols: true,
  requireUppercaseCharacters: true,
};
const machine = { metadataOptions: { httpTokens: "required" }, rootBlockDevice: { encrypted: true } };
const search = {
  encryptAtRest: { enabled: true },
  nodeToNodeEncryption: { enabled: true },
  domainEndpointOptions: { enforceHttps: true, tlsSecurityPolicy: "Policy-Min-TLS-1-2-2019-07" },
};
const accessControl = "aws:cloudfront/originAccessControl:OriginAccessControl";
const bucketDomain = "files.s3.eu-west-1.amazonaws.com";
const spoken = { originProtocolPolicy: "https-only", originSslProtocols: ["TLSv1.2"] };
const byIdentity = { originAccessIdentity: "origin-access-identity/cloudfront/E1" };
const viewed = { viewerProtocolPolicy: "redirect-to-https" };
const cache = "aws:elasticache/replicationGroup:ReplicationGroup";
const addressed = [
  "aws:dms/replicationInstance:ReplicationInstance",
  "aws:lightsail/database:Database",
  "aws:mq/broker:Broker",
  "aws:neptune/clusterInstance:ClusterInstance",
  "aws:redshift/cluster:Cluster",
  "aws:redshiftserverless/workgroup:Workgroup",
];

const of =
  (rule: string) =>
  (type: string, change: Record<string, unknown>): Fault => ({ rule, type, change });
const disk = of("disks-encrypted");
const plain = of("data-encrypted");
const onItsWay = of("data-encrypted-on-its-way");
const open = of("services-not-public");
const readSigned = (origin: Record<string, unknown>) =>
  of("cdn-reads-buckets-signed")(distribution, { origins: [{ domainName: bucketDomain, ...origin }] });
const speaks = (change: Record<string, unknown>) =>
  onItsWay(distribution, {
    origins: [{ domainName: "www.example.com", customOriginConfig: { ...spoken, ...change } }],
  });

/** Types of services that the platform has not, and another program's stack may. */
export const services: Domain = {
  good: {
    ...Object.fromEntries(addressed.map((type) => [type, { props: { publiclyAccessible: false } }])),
    [volume]: { props: { encrypted: true } },
    "aws:ebs/snapshotCopy:SnapshotCopy": { props: { encrypted: true } },
    "aws:ec2/amiCopy:AmiCopy": { props: { encrypted: true } },
    [spot]: { props: machine },
    [configuration]: { props: { ...machine, ebsBlockDevices: [{ deviceName: "b", snapshotId: "snap-1" }] } },
    [template]: {
      props: {
        metadataOptions: { httpTokens: "required" },
        blockDeviceMappings: [
          { deviceName: "a", ebs: { encrypted: "true" } },
          { deviceName: "b", noDevice: "" },
        ],
      },
    },
    "aws:apigateway/domainName:DomainName": { props: { securityPolicy: "TLS_1_2" } },
    [distribution]: {
      props: {
        origins: [
          { domainName: bucketDomain, originAccessControlId: "E1" },
          { domainName: "www.example.com", customOriginConfig: spoken },
        ],
        defaultCacheBehavior: viewed,
        orderedCacheBehaviors: [{ viewerProtocolPolicy: "https-only" }],
        viewerCertificate: { acmCertificateArn: "arn", minimumProtocolVersion: "TLSv1.2_2021" },
      },
    },
    [accessControl]: { props: { signingBehavior: "always" } },
    "aws:dax/cluster:Cluster": { props: { serverSideEncryption: { enabled: true } } },
    "aws:docdb/cluster:Cluster": { props: { storageEncrypted: true } },
    "aws:docdb/clusterParameterGroup:ClusterParameterGroup": {
      props: { parameters: [{ name: "tls", value: "enabled" }] },
    },
    "aws:efs/fileSystem:FileSystem": { props: { encrypted: true } },
    [cluster]: { props: { vpcConfig: { endpointPublicAccess: true, publicAccessCidrs: ["198.51.100.7/32"] } } },
    [cache]: { props: { atRestEncryptionEnabled: true, transitEncryptionEnabled: true } },
    "aws:elasticsearch/domain:Domain": { props: search },
    "aws:opensearch/domain:Domain": { props: search },
    "aws:kinesis/stream:Stream": { props: { encryptionType: "KMS" } },
    "aws:memorydb/cluster:Cluster": { props: {} },
    [brokers]: { props: { brokerNodeGroupInfo: { connectivityInfo: { publicAccess: { type: "DISABLED" } } } } },
    "aws:neptune/cluster:Cluster": { props: { storageEncrypted: true } },
    "aws:redshift/cluster:Cluster": { props: { publiclyAccessible: false } },
    "aws:ssm/document:Document": { props: { permissions: { type: "Share", accountIds: "123456789012" } } },
    "aws:ssm/serviceSetting:ServiceSetting": { props: { settingId: sharing, settingValue: "Disable" } },
    "aws:emr/blockPublicAccessConfiguration:BlockPublicAccessConfiguration": {
      props: { blockPublicSecurityGroupRules: true },
    },
    "aws:ebs/snapshotBlockPublicAccess:SnapshotBlockPublicAccess": { props: { state: "block-all-sharing" } },
    "aws:ebs/encryptionByDefault:EncryptionByDefault": { props: {} },
    "aws:guardduty/detector:Detector": { props: { enable: true } },
    [passwords]: { props: { ...required, minimumPasswordLength: 14, passwordReusePrevention: 24 } },
  },
  faults: [
    disk(volume, { encrypted: undefined }),
    disk(volume, { encrypted: false, snapshotId: "snap-1" }),
    disk("aws:ebs/snapshotCopy:SnapshotCopy", { encrypted: false }),
    disk("aws:ec2/amiCopy:AmiCopy", { encrypted: undefined }),
    disk("aws:ec2/instance:Instance", { rootBlockDevice: { volumeSize: 20 } }),
    disk("aws:ec2/instance:Instance", { ebsBlockDevices: [{ deviceName: "b", encrypted: false }] }),
    disk(spot, { rootBlockDevice: { encrypted: false } }),
    disk(configuration, { ebsBlockDevices: [{ deviceName: "b" }] }),
    disk(template, { blockDeviceMappings: [{ deviceName: "a", ebs: { encrypted: "false" } }] }),
    { rule: "root-disks-stated", type: spot, change: { rootBlockDevice: undefined } },
    { rule: "root-disks-stated", type: template, change: { blockDeviceMappings: [] } },
    plain("aws:dax/cluster:Cluster", { serverSideEncryption: undefined }),
    plain("aws:docdb/cluster:Cluster", { storageEncrypted: undefined }),
    plain("aws:efs/fileSystem:FileSystem", { encrypted: false }),
    plain(cache, { atRestEncryptionEnabled: undefined }),
    plain("aws:elasticsearch/domain:Domain", { encryptAtRest: { enabled: false } }),
    plain("aws:opensearch/domain:Domain", { encryptAtRest: { enabled: false } }),
    plain("aws:kinesis/stream:Stream", { encryptionType: "NONE" }),
    plain("aws:neptune/cluster:Cluster", { storageEncrypted: false }),
    plain("aws:redshift/cluster:Cluster", { encrypted: "false" }),
    onItsWay("aws:apigateway/domainName:DomainName", { securityPolicy: "TLS_1_0" }),
    onItsWay(distribution, { defaultCacheBehavior: { viewerProtocolPolicy: "allow-all" } }),
    onItsWay(distribution, { orderedCacheBehaviors: [viewed, { viewerProtocolPolicy: "allow-all" }] }),
    onItsWay(distribution, { viewerCertificate: { minimumProtocolVersion: "TLSv1.1_2016" } }),
    speaks({ originProtocolPolicy: "match-viewer" }),
    speaks({ originSslProtocols: ["TLSv1", "TLSv1.2"] }),
    readSigned({}),
    readSigned({ originAccessControlId: "" }),
    readSigned({ s3OriginConfig: byIdentity }),
    readSigned({ domainName: "files.s3.amazonaws.com" }),
    readSigned({ domainName: "files.s3-website-us-east-1.amazonaws.com", originAccessControlId: "E1" }),
    readSigned({ domainName: "files.s3-website.eu-central-1.amazonaws.com" }),
    of("cdn-signs-every-request")(accessControl, { signingBehavior: "no-override" }),
    of("cdn-own-certificate")(distribution, { viewerCertificate: { cloudfrontDefaultCertificate: true } }),
    onItsWay("aws:docdb/clusterParameterGroup:ClusterParameterGroup", {
      parameters: [{ name: "tls", value: "disabled" }],
    }),
    onItsWay(cache, { transitEncryptionEnabled: false }),
    onItsWay("aws:elasticsearch/domain:Domain", { nodeToNodeEncryption: { enabled: false } }),
    onItsWay("aws:opensearch/domain:Domain", { domainEndpointOptions: { enforceHttps: false } }),
    onItsWay("aws:memorydb/cluster:Cluster", { tlsEnabled: false }),
    onItsWay(brokers, { encryptionInfo: { encryptionInTransit: { clientBroker: "TLS_PLAINTEXT" } } }),
    onItsWay(brokers, { encryptionInfo: { encryptionInTransit: { inCluster: false } } }),
    ...addressed.map((type) => open(type, { publiclyAccessible: true })),
    open("aws:ebs/snapshotBlockPublicAccess:SnapshotBlockPublicAccess", { state: "unblocked" }),
    open(cluster, { vpcConfig: {} }),
    open(cluster, { vpcConfig: { publicAccessCidrs: ["10.0.0.0/8", "0.0.0.0/0"] } }),
    open("aws:emr/blockPublicAccessConfiguration:BlockPublicAccessConfiguration", {
      blockPublicSecurityGroupRules: false,
    }),
    open(brokers, { brokerNodeGroupInfo: { connectivityInfo: { publicAccess: { type: "SERVICE_PROVIDED_EIPS" } } } }),
    open("aws:ssm/document:Document", { permissions: { type: "Share", accountIds: "All" } }),
    open("aws:ssm/serviceSetting:ServiceSetting", { settingValue: "Enable" }),
    {
      rule: "codebuild-not-public",
      type: "aws:codebuild/project:Project",
      change: { projectVisibility: "PUBLIC_READ" },
    },
    { rule: "account-guards-on", type: "aws:ebs/encryptionByDefault:EncryptionByDefault", change: { enabled: false } },
    { rule: "account-guards-on", type: "aws:guardduty/detector:Detector", change: { enable: false } },
    { rule: "iam-password-policy", type: passwords, change: { minimumPasswordLength: 6 } },
    ...Object.keys(required).map((one) => ({
      rule: "iam-password-policy",
      type: passwords,
      change: { [one]: undefined },
    })),
    { rule: "iam-password-policy-long", type: passwords, change: { minimumPasswordLength: 13 } },
    { rule: "iam-password-policy-long", type: passwords, change: { passwordReusePrevention: undefined } },
  ],
};
