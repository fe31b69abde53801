import { type Inputs, resourceRule } from "../rule.ts";
import { isTrue } from "../unknown.ts";
import { eachType } from "./each-type.ts";

type Searched = Inputs<"aws:opensearch/domain:Domain"> | Inputs<"aws:elasticsearch/domain:Domain">;

const kept = eachType({
  "aws:dax/cluster:Cluster": ({ serverSideEncryption }) =>
    off("serverSideEncryption.enabled", serverSideEncryption?.enabled),
  "aws:docdb/cluster:Cluster": ({ storageEncrypted }) => off("storageEncrypted", storageEncrypted),
  "aws:efs/fileSystem:FileSystem": ({ encrypted }) => off("encrypted", encrypted),
  "aws:elasticache/replicationGroup:ReplicationGroup": ({ atRestEncryptionEnabled }) =>
    off("atRestEncryptionEnabled", atRestEncryptionEnabled),
  "aws:elasticsearch/domain:Domain": ({ encryptAtRest }) =>
    off("encryptAtRest.enabled", encryptAtRest?.enabled ?? true),
  "aws:kinesis/stream:Stream": ({ encryptionType }) =>
    encryptionType === "KMS" ? undefined : "encryptionType is not KMS",
  "aws:neptune/cluster:Cluster": ({ storageEncrypted }) => off("storageEncrypted", storageEncrypted),
  "aws:opensearch/domain:Domain": ({ encryptAtRest }) => off("encryptAtRest.enabled", encryptAtRest?.enabled ?? true),
  // Encrypted unless it is said.
  "aws:redshift/cluster:Cluster": ({ encrypted = true }) => off("encrypted", encrypted),
});

const moved = eachType({
  "aws:apigateway/domainName:DomainName": ({ securityPolicy }) =>
    securityPolicy === "TLS_1_0" ? "securityPolicy lets TLS 1.0 in" : undefined,
  *"aws:cloudfront/distribution:Distribution"({
    defaultCacheBehavior,
    orderedCacheBehaviors,
    origins,
    viewerCertificate,
  }) {
    if (defaultCacheBehavior.viewerProtocolPolicy === "allow-all")
      yield "defaultCacheBehavior.viewerProtocolPolicy lets plain HTTP in";
    for (const [index, { viewerProtocolPolicy }] of (orderedCacheBehaviors ?? []).entries())
      if (viewerProtocolPolicy === "allow-all")
        yield `orderedCacheBehaviors[${index}].viewerProtocolPolicy lets plain HTTP in`;
    const { cloudfrontDefaultCertificate, minimumProtocolVersion } = viewerCertificate;
    if (!isTrue(cloudfrontDefaultCertificate) && !/^TLSv1\.[23]/.test(minimumProtocolVersion ?? ""))
      yield "viewerCertificate.minimumProtocolVersion is older than TLS 1.2";
    for (const [index, { customOriginConfig }] of origins.entries()) {
      if (customOriginConfig === undefined) continue;
      const at = `origins[${index}].customOriginConfig`;
      const { originProtocolPolicy, originSslProtocols } = customOriginConfig;
      if (originProtocolPolicy !== "https-only") yield `${at}.originProtocolPolicy lets plain HTTP in`;
      if (originSslProtocols.some((protocol) => protocol !== "TLSv1.2"))
        yield `${at}.originSslProtocols has one that is older than TLS 1.2`;
    }
  },
  *"aws:docdb/clusterParameterGroup:ClusterParameterGroup"({ parameters }) {
    for (const { name, value } of parameters ?? [])
      if (name === "tls" && value === "disabled") yield "parameters switch tls off";
  },
  "aws:elasticache/replicationGroup:ReplicationGroup": ({ transitEncryptionEnabled }) =>
    off("transitEncryptionEnabled", transitEncryptionEnabled),
  "aws:elasticsearch/domain:Domain": searchedInPlain,
  "aws:memorydb/cluster:Cluster": ({ tlsEnabled = true }) => off("tlsEnabled", tlsEnabled),
  *"aws:msk/cluster:Cluster"({ encryptionInfo }) {
    const { clientBroker = "TLS", inCluster = true } = encryptionInfo?.encryptionInTransit ?? {};
    if (clientBroker !== "TLS") yield "encryptionInfo.encryptionInTransit.clientBroker is not TLS";
    if (!isTrue(inCluster)) yield "encryptionInfo.encryptionInTransit.inCluster is not true";
  },
  "aws:opensearch/domain:Domain": searchedInPlain,
});

export const otherServiceRules = [
  resourceRule(kept.types, {
    name: "data-encrypted",
    level: "mandatory",
    severity: "high",
    controls: [
      "EFS.1",
      "DocumentDB.1",
      "DynamoDB.3",
      "ElastiCache.4",
      "ES.1",
      "Kinesis.1",
      "Neptune.1",
      "Opensearch.1",
      "Redshift.10",
      "CKV_AWS_5",
      "CKV_AWS_29",
      "CKV_AWS_42",
      "CKV_AWS_43",
      "CKV_AWS_44",
      "CKV_AWS_47",
      "CKV_AWS_64",
      "CKV_AWS_74",
    ],
    title: "File systems, caches, streams and other services' databases are encrypted",
    why: "Most of them can only be encrypted when they are made: later it takes a copy and a move.",
    fix: "Switch the property that the finding names on.",
    check: kept.check,
  }),
  resourceRule(moved.types, {
    name: "data-encrypted-on-its-way",
    level: "mandatory",
    severity: "high",
    controls: [
      "CloudFront.3",
      "CloudFront.9",
      "CloudFront.10",
      "ElastiCache.5",
      "ES.3",
      "MSK.1",
      "Opensearch.3",
      "CKV_AWS_6",
      "CKV_AWS_30",
      "CKV_AWS_34",
      "CKV_AWS_81",
      "CKV_AWS_83",
      "CKV_AWS_90",
      "CKV_AWS_174",
      "CKV_AWS_202",
      "CKV_AWS_206",
    ],
    title: "Caches, brokers, search domains and distributions are spoken to over TLS 1.2 or later only",
    why: "What passes in plain text is read, and changed, on the way.",
    fix: "Require TLS by the property that the finding names; for viewers, redirect-to-https.",
    check: moved.check,
  }),
];

function off(at: string, value: unknown): string | undefined {
  return isTrue(value) ? undefined : `${at} is not true`;
}

/** By what is said: what a domain has otherwise is its engine's, and needed where it has users of its own. */
function* searchedInPlain({ nodeToNodeEncryption, domainEndpointOptions }: Searched): Iterable<string> {
  const { enforceHttps = true, tlsSecurityPolicy = "" } = domainEndpointOptions ?? {};
  if (!isTrue(nodeToNodeEncryption?.enabled ?? true)) yield "nodeToNodeEncryption.enabled is not true";
  if (!isTrue(enforceHttps)) yield "domainEndpointOptions.enforceHttps is not true";
  if (tlsSecurityPolicy.startsWith("Policy-Min-TLS-1-0"))
    yield "domainEndpointOptions.tlsSecurityPolicy lets TLS 1.0 in";
}
