/**
 * What an update of each type of resource does to what serves, property by property. What is not here counts as
 * disruptive. Where AWS's own word decides, its page is named.
 */
import { workloadBoundaryName } from "../../programs/components/roles/names.ts";
import { otherColour } from "../deploy/decide/situation.ts";
import { typeOf } from "../stacks/changes.ts";
import { another, newRule } from "./arrivals.ts";
import { database, parameters, subnetGroup } from "./database.ts";
import { isUnusedHttps, nameRecord, ofHttps, recordKind, recordTarget } from "./https.ts";
import { aside, document, fine, mayGrow } from "./judges.ts";
import { rightsOfTasks, unlessNamed } from "./needs.ts";
import { network } from "./network.ts";
import { listener, listenerRule } from "./routing.ts";
import { disrupts, harmless, type Judge, type Row, sides, type Verdict } from "./verdict.ts";

/** Only the driver calls the function, so it matters to nobody else. */
const migrations: Judge = (_, { inFlight }) =>
  inFlight === undefined ? harmless : disrupts(`changes the migration function, which ${inFlight} may yet call`);

const anotherSecret: Judge = ({ within }) =>
  // What proofs are asked with: no task names it.
  within.some((urn) => typeOf(urn) === "switchyard:traffic:PreviewHeader")
    ? harmless
    : disrupts("changes what a secret holds: tasks that start from now on get the new one");

/** Of a log that may be the firewall's, which no task names. */
const unlessOfFirewall =
  (why: string): Judge =>
  ({ within }) =>
    within.some((urn) => typeOf(urn) === "switchyard:traffic:WebAcl") ? harmless : disrupts(why);

/** Of a colour that does not serve: the driver sets it up again before it does. */
const unlessIdle =
  (verdict: Verdict): Judge =>
  ({ service = "", urn }, { release }) => {
    const { live } = release.services[service] ?? {};
    return live !== undefined && urn.endsWith(`::${service}-${otherColour(live)}`) ? harmless : verdict;
  };

/** The program's own allows what it gives roles, and none limits nothing. */
const otherBoundary: Judge = ({ after }) => {
  const boundary = after?.["permissionsBoundary"];
  return boundary === undefined || String(boundary).endsWith(`:policy/${workloadBoundaryName}`)
    ? harmless
    : disrupts("limits what runs by another permissions boundary");
};

const colourOfTheLive = "runs what serves in another way than it was proven in";

export const table: Readonly<Record<string, Row>> = {
  "aws:lb/loadBalancer:LoadBalancer": {
    properties: {
      ...fine("accessLogs", "connectionLogs", "enableDeletionProtection", "enableHttp2"),
      idleTimeout: (change) => {
        const [before, after] = sides(change, "idleTimeout").map(Number);
        return Number(after) >= Number(before)
          ? harmless
          : disrupts(`cuts off requests that take longer than ${after} s`);
      },
      securityGroups: disrupts("changes the firewall before the balancer"),
      subnets: mayGrow("subnets", "takes the balancer out of subnets it answers in"),
    },
    replace: disrupts("replaces the balancer: new address"),
    delete: disrupts("deletes the balancer: nobody is answered"),
  },
  "aws:lb/listener:Listener": {
    properties: { ...fine(), ...listener },
    replace: (change, view) =>
      isUnusedHttps(change, view)
        ? harmless
        : disrupts("replaces the listener: nobody is answered on its port meanwhile"),
    delete: (change, view) =>
      isUnusedHttps(change, view) ? harmless : disrupts("closes the port that requests come in at"),
  },
  "aws:lb/listenerCertificate:ListenerCertificate": {
    properties: fine(),
    replace: ofHttps("takes the certificate of a name that is answered, meanwhile"),
    delete: ofHttps("takes the certificate of a name that is answered"),
  },
  "aws:lb/listenerRule:ListenerRule": {
    properties: { ...fine(), ...listenerRule },
    create: newRule,
    replace: ({ service, properties }) =>
      disrupts(
        properties.includes("listenerArn")
          ? `moves ${service ?? "it"} to another listener: its path is not answered on the one that clients use`
          : `replaces the rule: the path of ${service ?? "what it serves"} is not answered meanwhile`,
      ),
    delete: ({ service }) => disrupts(`the path of ${service ?? "what it serves"} is not answered any more`),
  },
  "aws:lb/targetGroup:TargetGroup": {
    properties: {
      ...fine(),
      healthCheck: disrupts("checks what serves as its release was not proven: AWS may take it out of traffic"),
      deregistrationDelay: disrupts("drains what serves in another way than it was proven with"),
      stickiness: disrupts("binds clients of what serves in another way than it was proven with"),
      slowStart: disrupts("gives tasks that start another share than what serves was proven with"),
    },
    replace: disrupts("replaces the target group that serves"),
    delete: disrupts("deletes the target group that serves"),
  },
  "aws:ecs/cluster:Cluster": {
    properties: fine("settings", "configuration"),
    replace: disrupts("ends every task"),
  },
  "aws:ecs/service:Service": {
    properties: {
      ...fine("deploymentCircuitBreaker", "deploymentMinimumHealthyPercent", "deploymentMaximumPercent"),
      ...fine("forceDelete", "waitForSteadyState", "enableEcsManagedTags", "propagateTags", "alarms"),
      taskDefinition: disrupts(colourOfTheLive),
      desiredCount: disrupts("changes how many tasks serve"),
      loadBalancers: disrupts(colourOfTheLive),
      networkConfiguration: disrupts(colourOfTheLive),
      healthCheckGracePeriodSeconds: disrupts(colourOfTheLive),
    },
    create: another,
    replace: disrupts("replaces the ECS service: its tasks end"),
    delete: disrupts("ends the tasks that serve or are kept for a rollback"),
  },
  "aws:ecs/taskDefinition:TaskDefinition": {
    properties: { "*": "at release" },
    create: () => "at release",
    replace: ({ before }) =>
      before?.["skipDestroy"] === true ? "at release" : disrupts("deregisters the task definition that runs"),
    delete: ({ before }) =>
      before?.["skipDestroy"] === true ? harmless : disrupts("deregisters the task definition that runs"),
  },
  "aws:appautoscaling/target:Target": {
    properties: {
      ...fine(),
      minCapacity: disrupts("changes how many tasks serve"),
      maxCapacity: disrupts("changes how many tasks may serve"),
    },
    create: another,
    replace: unlessIdle(disrupts("what serves scales no longer, until the next deploy")),
  },
  "aws:appautoscaling/policy:Policy": {
    properties: fine("targetTrackingScalingPolicyConfiguration", "stepScalingPolicyConfiguration"),
    create: another,
    replace: harmless,
    delete: unlessIdle(disrupts("what serves scales no longer")),
  },
  "aws:cloudwatch/logGroup:LogGroup": {
    properties: fine("retentionInDays"),
    replace: unlessOfFirewall("replaces the log that running tasks name: those that start meanwhile fail"),
    delete: unlessOfFirewall("deletes the log that running tasks name: those that start fail"),
  },
  ...network,
  "aws:rds/instance:Instance": database(fine()),
  "aws:rds/parameterGroup:ParameterGroup": parameters(fine()),
  "aws:rds/snapshotCopy:SnapshotCopy": aside,
  "aws:rds/subnetGroup:SubnetGroup": subnetGroup(fine()),
  "aws:secretsmanager/secret:Secret": {
    properties: fine("recoveryWindowInDays", "forceOverwriteReplicaSecret", "replicas"),
    replace: disrupts("replaces a secret that task definitions name: a task that stops does not come back"),
    delete: unlessNamed("service", () =>
      disrupts("deletes a secret that task definitions name: a task that stops does not come back"),
    ),
  },
  "aws:secretsmanager/secretVersion:SecretVersion": {
    properties: { ...fine(), secretString: anotherSecret, versionStages: anotherSecret },
    replace: anotherSecret,
    delete: unlessNamed("service", anotherSecret),
  },
  "aws:iam/role:Role": {
    properties: {
      ...fine("maxSessionDuration", "forceDetachPolicies"),
      assumeRolePolicy: document("assumeRolePolicy", "who may take the role on changes: running tasks may lose it"),
      permissionsBoundary: otherBoundary,
    },
    replace: disrupts("replaces a role that running tasks have: a task that stops does not come back"),
    delete: disrupts("deletes a role that running tasks have"),
  },
  "aws:iam/rolePolicy:RolePolicy": {
    properties: {
      ...fine(),
      // The network's only role writes its flow logs: nothing that serves has it.
      policy: (change, context) =>
        change.urn.includes("switchyard:network:Network$")
          ? harmless
          : rightsOfTasks(disrupts("takes rights away from what runs"))(change, context),
    },
    replace: disrupts("takes rights away from what runs, meanwhile"),
    delete: disrupts("takes rights away from what runs"),
  },
  "aws:kms/key:Key": {
    properties: {
      ...fine("deletionWindowInDays", "enableKeyRotation", "rotationPeriodInDays"),
      policy: document("policy", "takes away who may use the key"),
    },
    replace: disrupts("replaces the key: secrets, logs and the database are encrypted with the old one"),
    delete: disrupts("deletes the key that secrets, logs and the database are encrypted with"),
  },
  "aws:kms/alias:Alias": aside,
  "aws:lambda/function:Function": { properties: { "*": migrations }, replace: migrations },
  "aws:cloudwatch/compositeAlarm:CompositeAlarm": aside,
  "aws:cloudwatch/dashboard:Dashboard": aside,
  "aws:cloudwatch/logDelivery:LogDelivery": aside,
  "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": aside,
  "aws:cloudwatch/logDeliverySource:LogDeliverySource": aside,
  "aws:cloudwatch/metricAlarm:MetricAlarm": aside,
  "aws:cloudwatch/queryDefinition:QueryDefinition": aside,
  "aws:sns/topic:Topic": aside,
  "aws:sns/topicPolicy:TopicPolicy": aside,
  "aws:sns/topicSubscription:TopicSubscription": aside,
  // AWS keeps covering what a web ACL is in front of while it changes (AWS WAF API reference, UpdateWebACL). Which requests
  // its rules refuse is what its configuration asks for.
  "aws:wafv2/webAcl:WebAcl": {
    properties: {
      ...fine("rules", "visibilityConfig"),
      defaultAction: disrupts("changes what happens to requests that no rule is about"),
    },
    replace: harmless,
  },
  "aws:wafv2/webAclAssociation:WebAclAssociation": aside,
  "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": aside,
  "aws:sesv2/emailIdentity:EmailIdentity": {
    properties: fine("configurationSetName"),
    replace: disrupts("services can send no mail meanwhile"),
    delete: disrupts("services can send no mail any more"),
  },
  // A domain whose set is gone sends nothing until it is told of another (SES developer guide, "Default configuration sets").
  "aws:sesv2/configurationSet:ConfigurationSet": {
    properties: fine("reputationOptions"),
    replace: disrupts("services can send no mail meanwhile"),
    delete: disrupts("services can send no mail, where the domain still names it"),
  },
  "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination": aside,
  "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes": aside,
  "aws:route53/record:Record": {
    properties: {
      ...fine("ttl", "allowOverwrite"),
      ...{ aliases: recordTarget, setIdentifier: recordKind, weightedRoutingPolicies: recordKind },
      "*": nameRecord("clients resolve the name to something else"),
    },
    replace: nameRecord("the name does not resolve meanwhile"),
    delete: nameRecord("the name does not resolve any more"),
  },
  "aws:acm/certificate:Certificate": {
    properties: fine(),
    replace: ofHttps("replaces the certificate that HTTPS is answered with"),
    delete: ofHttps("deletes the certificate that HTTPS is answered with"),
  },
  "aws:acm/certificateValidation:CertificateValidation": aside,
  "aws:s3/bucket:Bucket": {
    properties: fine("forceDestroy"),
    replace: disrupts("replaces a bucket: what is stored in it is lost"),
    delete: disrupts("deletes a bucket and what is stored in it"),
  },
  "aws:cloudfront/distribution:Distribution": {
    properties: {
      ...fine("comment", "httpVersion", "isIpv6Enabled", "priceClass", "retainOnDelete", "waitForDeployment"),
      "*": disrupts("changes how public files are answered"),
    },
    replace: disrupts("public files have another address"),
    delete: disrupts("public files are answered nowhere any more"),
  },
  "aws:cloudfront/originAccessControl:OriginAccessControl": {
    properties: { ...fine(), "*": disrupts("changes how the CDN asks for public files") },
    replace: disrupts("the CDN gets no public files meanwhile"),
    delete: disrupts("the CDN gets no public files any more"),
  },
  "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": aside,
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": aside,
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": aside,
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": aside,
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": aside,
  "aws:s3/bucketVersioning:BucketVersioning": aside,
  "aws:s3/bucketPolicy:BucketPolicy": {
    properties: { ...fine(), policy: document("policy", "takes away who may use the bucket") },
    replace: disrupts("takes away who may use the bucket, meanwhile"),
  },
};
