/** For each resource type: how to make one, how to change it in place, and what replaces it. */
import type { Bag } from "../../../sandbox/provider/values.ts";
import { containers, type Fixtures, trust } from "./fixtures.ts";

export interface Case {
  readonly inputs: (f: Fixtures) => Bag | Promise<Bag>;
  /** Inputs that change in place. */
  readonly update?: Bag | ((f: Fixtures) => Promise<Bag>);
  /** Inputs whose change replaces the resource. */
  readonly replace?: Bag;
  /** Outputs a program reads, which must have a value. */
  readonly outputs?: readonly string[];
  /** AWS keeps the thing after a deletion (adopted things, registers). */
  readonly remains?: true;
}

const policy = (Action: string, Resource = "*", Sid = "One") =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Sid, Effect: "Allow", Action, Resource }] });
const resourcePolicy = (Action: string, Sid = "One") =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Sid, Effect: "Allow", Principal: { AWS: "arn:aws:iam::123456789012:root" }, Action, Resource: "*" }],
  });
const tags = { tags: { team: "platform" } };
const service = async (f: Fixtures, rest: Bag = {}) => ({
  cluster: (await f.cluster()).id,
  taskDefinition: (await f.taskDefinition()).state["arn"],
  desiredCount: 0,
  launchType: "FARGATE",
  networkConfiguration: { subnets: await f.subnets(), securityGroups: [await f.securityGroup()] },
  ...rest,
});
const lifecycleRule = (days: number) => ({
  id: "expire",
  status: "Enabled",
  filter: { prefix: "logs/" },
  expiration: { days },
});

async function listener(f: Fixtures) {
  const [balancer, group] = [await f.loadBalancer(), await f.targetGroup()];
  return f.make("aws:lb/listener:Listener", {
    loadBalancerArn: balancer.id,
    port: 80,
    protocol: "HTTP",
    defaultActions: [{ type: "forward", targetGroupArn: group.id }],
  });
}

async function scalableTarget(f: Fixtures) {
  const made = await f.make("aws:ecs/service:Service", await service(f));
  const cluster = (await f.cluster()).state["name"];
  const resourceId = `service/${cluster}/${made.state["name"]}`;
  return { resourceId, scalableDimension: "ecs:service:DesiredCount", serviceNamespace: "ecs" };
}

const forward = async (f: Fixtures, blue: number) => [
  {
    type: "forward",
    forward: {
      targetGroups: [
        { arn: (await f.targetGroup()).id, weight: blue },
        { arn: (await f.targetGroup("green")).id, weight: 100 - blue },
      ],
    },
  },
];

const expireImages = (countNumber: number) =>
  JSON.stringify({
    rules: [
      {
        rulePriority: 1,
        selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber },
        action: { type: "expire" },
      },
    ],
  });

export const cases: Record<string, Case> = {
  "aws:ec2/vpc:Vpc": {
    inputs: () => ({ cidrBlock: "10.1.0.0/16", ...tags }),
    update: { enableDnsHostnames: true, tags: { team: "other", more: "yes" } },
    replace: { cidrBlock: "10.2.0.0/16" },
    outputs: ["arn", "mainRouteTableId", "defaultSecurityGroupId", "ownerId"],
  },
  "aws:ec2/subnet:Subnet": {
    inputs: async (f) => ({ vpcId: await f.vpc(), cidrBlock: "10.9.77.0/24", availabilityZone: "us-east-1a", ...tags }),
    update: { mapPublicIpOnLaunch: true },
    replace: { cidrBlock: "10.9.78.0/24" },
    outputs: ["arn", "availabilityZone"],
  },
  "aws:ec2/routeTable:RouteTable": {
    inputs: async (f) => ({ vpcId: await f.vpc(), ...tags }),
    update: { tags: {} },
    outputs: ["arn"],
  },
  "aws:ec2/routeTableAssociation:RouteTableAssociation": {
    inputs: async (f) => ({
      routeTableId: (await f.make("aws:ec2/routeTable:RouteTable", { vpcId: await f.vpc() })).id,
      subnetId: (await f.subnets())[0],
    }),
    replace: { subnetId: "subnet-other" },
  },
  "aws:ec2/route:Route": {
    inputs: async (f) => ({
      routeTableId: (await f.make("aws:ec2/routeTable:RouteTable", { vpcId: await f.vpc() })).id,
      destinationCidrBlock: "0.0.0.0/0",
      gatewayId: (await f.make("aws:ec2/internetGateway:InternetGateway", { vpcId: await f.vpc() })).id,
    }),
    replace: { destinationCidrBlock: "10.200.0.0/16" },
    outputs: ["state"],
  },
  "aws:ec2/internetGateway:InternetGateway": {
    inputs: async (f) => ({ vpcId: await f.vpc(), ...tags }),
    update: { tags: { a: "b" } },
    outputs: ["arn"],
  },
  "aws:ec2/eip:Eip": { inputs: () => tags, update: { tags: { a: "b" } }, outputs: ["allocationId", "publicIp"] },
  "aws:ec2/natGateway:NatGateway": {
    inputs: async (f) => ({
      subnetId: (await f.subnets())[0],
      allocationId: (await f.make("aws:ec2/eip:Eip", {})).id,
      ...tags,
    }),
    update: { tags: { a: "b" } },
    replace: { subnetId: "subnet-other" },
    outputs: ["publicIp"],
  },
  "aws:ec2/vpcEndpoint:VpcEndpoint": {
    inputs: async (f) => ({
      vpcId: await f.vpc(),
      serviceName: "com.amazonaws.us-east-1.s3",
      routeTableIds: [(await f.make("aws:ec2/routeTable:RouteTable", { vpcId: await f.vpc() })).id],
      ...tags,
    }),
    update: { tags: { a: "b" } },
    replace: { serviceName: "com.amazonaws.us-east-1.dynamodb" },
    outputs: ["arn"],
  },
  "aws:ec2/flowLog:FlowLog": {
    inputs: async (f) => ({
      vpcId: await f.vpc(),
      trafficType: "ALL",
      logDestination: (await f.make("aws:cloudwatch/logGroup:LogGroup", {})).state["arn"],
      iamRoleArn: (await f.role("vpc-flow-logs.amazonaws.com")).state["arn"],
      ...tags,
    }),
    update: { tags: { a: "b" } },
    replace: { trafficType: "REJECT" },
    outputs: ["arn"],
  },
  "aws:ec2/securityGroup:SecurityGroup": {
    inputs: async (f) => ({
      vpcId: await f.vpc(),
      ingress: [{ protocol: "tcp", fromPort: 80, toPort: 80, cidrBlocks: ["0.0.0.0/0"] }],
      egress: [{ protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] }],
      ...tags,
    }),
    update: {
      ingress: [
        { protocol: "tcp", fromPort: 443, toPort: 443, cidrBlocks: ["0.0.0.0/0"], description: "TLS" },
        { protocol: "tcp", fromPort: 22, toPort: 22, self: true },
      ],
      egress: [],
      tags: { a: "b" },
    },
    replace: { description: "other" },
    outputs: ["arn", "name"],
  },
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {
    inputs: async (f) => ({ vpcId: await f.vpc(), ingress: [], egress: [] }),
    update: { ingress: [{ protocol: "tcp", fromPort: 1, toPort: 2, cidrBlocks: ["10.0.0.0/8"] }] },
    remains: true,
  },
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {
    inputs: async (f) => ({
      securityGroupId: await f.securityGroup(),
      ipProtocol: "tcp",
      fromPort: 80,
      toPort: 80,
      cidrIpv4: "10.0.0.0/8",
      ...tags,
    }),
    update: { toPort: 81, description: "changed" },
    replace: { securityGroupId: "sg-other" },
    outputs: ["arn", "securityGroupRuleId"],
  },
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": {
    inputs: async (f) => ({
      securityGroupId: await f.securityGroup(),
      ipProtocol: "-1",
      referencedSecurityGroupId: await f.securityGroup(),
      description: "to itself",
    }),
    update: { description: "changed" },
    replace: { securityGroupId: "sg-other" },
  },
  "aws:lb/loadBalancer:LoadBalancer": {
    inputs: async (f) => ({ subnets: await f.subnets(), securityGroups: [await f.securityGroup()], ...tags }),
    update: { idleTimeout: 30, dropInvalidHeaderFields: true, tags: { a: "b" } },
    replace: { internal: true },
    outputs: ["arn", "arnSuffix", "dnsName", "zoneId", "vpcId"],
  },
  "aws:lb/targetGroup:TargetGroup": {
    inputs: async (f) => ({
      port: 80,
      protocol: "HTTP",
      targetType: "ip",
      vpcId: await f.vpc(),
      healthCheck: { path: "/healthz" },
      ...tags,
    }),
    update: {
      deregistrationDelay: 30,
      healthCheck: { path: "/other", interval: 10, timeout: 5 },
      stickiness: { enabled: true, type: "lb_cookie", cookieDuration: 60 },
    },
    replace: { port: 81 },
    outputs: ["arn", "arnSuffix"],
  },
  "aws:lb/listener:Listener": {
    inputs: async (f) => ({
      loadBalancerArn: (await f.loadBalancer()).id,
      port: 8080,
      protocol: "HTTP",
      defaultActions: [
        { type: "fixedResponse", fixedResponse: { contentType: "text/plain", messageBody: "no", statusCode: "404" } },
      ].map((action) => ({ ...action, type: "fixed-response" })),
      ...tags,
    }),
    update: {
      defaultActions: [{ type: "redirect", redirect: { port: "443", protocol: "HTTPS", statusCode: "HTTP_301" } }],
    },
    replace: { loadBalancerArn: "arn:other" },
    outputs: ["arn"],
  },
  "aws:lb/listenerRule:ListenerRule": {
    inputs: async (f) => ({
      listenerArn: (await listener(f)).id,
      priority: 10,
      actions: await forward(f, 100),
      conditions: [
        { pathPattern: { values: ["/api/*"] } },
        { httpHeader: { httpHeaderName: "x-preview", values: ["secret"] } },
      ],
      ...tags,
    }),
    update: async (f) => ({ actions: await forward(f, 20), priority: 11 }),
    replace: { listenerArn: "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/a/b/c" },
    outputs: ["arn"],
  },
  "aws:ecs/cluster:Cluster": {
    inputs: () => ({ settings: [{ name: "containerInsights", value: "enabled" }], ...tags }),
    update: { settings: [{ name: "containerInsights", value: "disabled" }] },
    replace: { name: "other" },
    outputs: ["arn", "name"],
  },
  "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": {
    inputs: async (f) => ({
      clusterName: (await f.make("aws:ecs/cluster:Cluster", {})).state["name"],
      capacityProviders: ["FARGATE"],
    }),
    update: {
      capacityProviders: ["FARGATE", "FARGATE_SPOT"],
      defaultCapacityProviderStrategies: [{ capacityProvider: "FARGATE", weight: 1 }],
    },
    replace: { clusterName: "other" },
    remains: true,
  },
  "aws:ecs/taskDefinition:TaskDefinition": {
    inputs: async (f) => ({
      family: "round-trip",
      containerDefinitions: containers(),
      cpu: "256",
      memory: "512",
      networkMode: "awsvpc",
      requiresCompatibilities: ["FARGATE"],
      executionRoleArn: (await f.role("ecs-tasks.amazonaws.com")).state["arn"],
      ...tags,
    }),
    update: { tags: { a: "b" } },
    replace: { containerDefinitions: containers("other") },
    outputs: ["arn", "arnWithoutRevision", "revision"],
  },
  "aws:ecs/service:Service": {
    inputs: (f) =>
      service(f, { deploymentCircuitBreaker: { enable: true, rollback: false }, enableExecuteCommand: true, ...tags }),
    update: { deploymentMaximumPercent: 150, enableExecuteCommand: false, tags: { a: "b" } },
    replace: { launchType: "EC2" },
    outputs: ["arn", "name"],
  },
  "aws:appautoscaling/target:Target": {
    inputs: async (f) => ({ ...(await scalableTarget(f)), minCapacity: 1, maxCapacity: 2 }),
    update: { maxCapacity: 4, suspendedState: { dynamicScalingInSuspended: true } },
    replace: { resourceId: "service/other/other" },
  },
  "aws:appautoscaling/policy:Policy": {
    inputs: async (f) => {
      const target = await scalableTarget(f);
      await f.make("aws:appautoscaling/target:Target", { ...target, minCapacity: 1, maxCapacity: 2 });
      const tracking = {
        targetValue: 50,
        predefinedMetricSpecification: { predefinedMetricType: "ECSServiceAverageCPUUtilization" },
      };
      return { ...target, policyType: "TargetTrackingScaling", targetTrackingScalingPolicyConfiguration: tracking };
    },
    update: {
      targetTrackingScalingPolicyConfiguration: {
        targetValue: 60,
        predefinedMetricSpecification: { predefinedMetricType: "ECSServiceAverageCPUUtilization" },
      },
    },
    replace: { resourceId: "service/other/other" },
    outputs: ["arn"],
  },
  "aws:iam/role:Role": {
    inputs: () => ({ assumeRolePolicy: trust("ecs-tasks.amazonaws.com"), description: "one", ...tags }),
    update: {
      assumeRolePolicy: trust("lambda.amazonaws.com"),
      description: "two",
      maxSessionDuration: 7200,
      tags: { a: "b" },
    },
    replace: { path: "/other/" },
    outputs: ["arn", "name", "uniqueId"],
  },
  "aws:iam/rolePolicy:RolePolicy": {
    inputs: async (f) => ({ role: (await f.role("ecs-tasks.amazonaws.com")).id, policy: policy("s3:GetObject") }),
    update: { policy: policy("s3:PutObject") },
    replace: { role: "other" },
  },
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {
    inputs: async (f) => ({
      role: (await f.role("ecs-tasks.amazonaws.com")).id,
      policyArn: (await f.make("aws:iam/policy:Policy", { policy: policy("s3:GetObject") })).id,
    }),
    replace: { policyArn: "arn:aws:iam::123456789012:policy/other" },
  },
  "aws:iam/policy:Policy": {
    inputs: () => ({ policy: policy("s3:GetObject"), description: "one", ...tags }),
    update: { policy: policy("s3:PutObject") },
    replace: { description: "two" },
    outputs: ["arn", "policyId"],
  },
  "aws:iam/openIdConnectProvider:OpenIdConnectProvider": {
    inputs: () => ({
      url: "https://token.actions.example.com",
      clientIdLists: ["sts.amazonaws.com"],
      thumbprintLists: ["a".repeat(40)],
      ...tags,
    }),
    // moto has no AddClientIDToOpenIDConnectProvider: a change of clientIdLists cannot be played here.
    update: { thumbprintLists: ["b".repeat(40)] },
    replace: { url: "https://other.example.com" },
    outputs: ["arn"],
  },
  "aws:cloudwatch/logGroup:LogGroup": {
    inputs: () => ({ retentionInDays: 7, ...tags }),
    update: { retentionInDays: 30, tags: { a: "b" } },
    replace: { name: "/other" },
    outputs: ["arn", "name"],
  },
  "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": {
    inputs: () => ({ policyName: "round-trip", policyDocument: resourcePolicy("logs:PutLogEvents") }),
    update: { policyDocument: resourcePolicy("logs:CreateLogStream") },
    replace: { policyName: "other" },
  },
  "aws:cloudwatch/metricAlarm:MetricAlarm": {
    inputs: () => ({
      namespace: "AWS/ApplicationELB",
      metricName: "HTTPCode_Target_5XX_Count",
      statistic: "Sum",
      period: 60,
      evaluationPeriods: 1,
      threshold: 1,
      comparisonOperator: "GreaterThanThreshold",
      dimensions: { LoadBalancer: "app/a/b" },
      treatMissingData: "notBreaching",
      ...tags,
    }),
    update: { threshold: 5, dimensions: { LoadBalancer: "app/a/b", TargetGroup: "targetgroup/a/b" } },
    replace: { name: "other" },
    outputs: ["arn", "name"],
  },
  "aws:kms/key:Key": {
    inputs: () => ({
      description: "one",
      enableKeyRotation: true,
      deletionWindowInDays: 7,
      policy: resourcePolicy("kms:*"),
      ...tags,
    }),
    update: { description: "two", enableKeyRotation: false, policy: resourcePolicy("kms:*", "Two"), tags: { a: "b" } },
    replace: { customerMasterKeySpec: "RSA_2048" },
    outputs: ["arn", "keyId"],
  },
  "aws:kms/alias:Alias": {
    inputs: async (f) => ({ targetKeyId: (await f.key()).id }),
    update: async (f) => ({ targetKeyId: (await f.make("aws:kms/key:Key", {})).id }),
    replace: { name: "alias/other" },
    outputs: ["arn", "targetKeyArn"],
  },
  "aws:s3/bucket:Bucket": {
    inputs: () => ({ forceDestroy: true, ...tags }),
    update: { tags: {} },
    replace: { bucket: "other" },
    outputs: ["arn", "bucket", "bucketDomainName", "bucketRegionalDomainName", "hostedZoneId"],
  },
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {
    inputs: async (f) => ({ bucket: await f.bucket(), blockPublicAcls: true, blockPublicPolicy: true }),
    update: { ignorePublicAcls: true, restrictPublicBuckets: true },
    replace: { bucket: "other" },
  },
  "aws:s3/bucketPolicy:BucketPolicy": {
    inputs: async (f) => ({ bucket: await f.bucket(), policy: resourcePolicy("s3:GetObject") }),
    update: { policy: resourcePolicy("s3:PutObject") },
    replace: { bucket: "other" },
  },
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": {
    inputs: async (f) => ({
      bucket: await f.bucket(),
      rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    }),
    update: async (f) => ({
      rules: [
        {
          applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: (await f.key()).state["arn"] },
          bucketKeyEnabled: true,
        },
      ],
    }),
    replace: { bucket: "other" },
  },
  "aws:s3/bucketVersioning:BucketVersioning": {
    inputs: async (f) => ({ bucket: await f.bucket(), versioningConfiguration: { status: "Enabled" } }),
    update: { versioningConfiguration: { status: "Suspended" } },
    replace: { bucket: "other" },
    remains: true,
  },
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": {
    inputs: async (f) => ({ bucket: await f.bucket(), rules: [lifecycleRule(30)] }),
    update: { rules: [{ ...lifecycleRule(60), noncurrentVersionExpiration: { noncurrentDays: 5 } }] },
    replace: { bucket: "other" },
  },
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": {
    inputs: async (f) => ({ bucket: await f.bucket(), rule: { objectOwnership: "BucketOwnerEnforced" } }),
    update: { rule: { objectOwnership: "BucketOwnerPreferred" } },
    replace: { bucket: "other" },
  },
  "aws:s3/bucketLogging:BucketLogging": {
    inputs: async (f) => {
      const target = await f.bucket();
      const principal = { Service: "logging.s3.amazonaws.com" };
      const statement = {
        Effect: "Allow",
        Principal: principal,
        Action: "s3:PutObject",
        Resource: `arn:aws:s3:::${target}/*`,
      };
      await f.make("aws:s3/bucketPolicy:BucketPolicy", {
        bucket: target,
        policy: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }),
      });
      return { bucket: target, targetBucket: target, targetPrefix: "one/" };
    },
    update: { targetPrefix: "two/" },
    replace: { bucket: "other" },
  },
  "aws:rds/subnetGroup:SubnetGroup": {
    inputs: async (f) => ({ subnetIds: await f.subnets(), ...tags }),
    update: { tags: { a: "b" }, description: "changed" },
    replace: { name: "other" },
    outputs: ["arn", "name"],
  },
  "aws:rds/parameterGroup:ParameterGroup": {
    inputs: () => ({ family: "postgres17", parameters: [{ name: "rds.force_ssl", value: "1" }], ...tags }),
    update: {
      parameters: [
        { name: "rds.force_ssl", value: "0" },
        { name: "log_min_duration_statement", value: "100" },
      ],
    },
    replace: { family: "postgres16" },
    outputs: ["arn", "name"],
  },
  "aws:rds/instance:Instance": {
    inputs: async (f) => ({
      engine: "postgres",
      engineVersion: "17",
      instanceClass: "db.t4g.micro",
      allocatedStorage: 20,
      dbName: "app",
      username: "switchyard",
      manageMasterUserPassword: true,
      skipFinalSnapshot: true,
      storageEncrypted: true,
      dbSubnetGroupName: (await f.make("aws:rds/subnetGroup:SubnetGroup", { subnetIds: await f.subnets() })).id,
      vpcSecurityGroupIds: [await f.securityGroup()],
      ...tags,
    }),
    update: { backupRetentionPeriod: 3, copyTagsToSnapshot: true, tags: { a: "b" } },
    replace: { dbName: "other" },
    outputs: ["arn", "address", "endpoint", "port", "resourceId", "masterUserSecrets"],
  },
  "aws:secretsmanager/secret:Secret": {
    inputs: () => ({ description: "one", recoveryWindowInDays: 0, ...tags }),
    update: { description: "two", policy: resourcePolicy("secretsmanager:GetSecretValue"), tags: { a: "b" } },
    replace: { name: "other" },
    outputs: ["arn", "name"],
  },
  "aws:secretsmanager/secretVersion:SecretVersion": {
    inputs: async (f) => ({
      secretId: (await f.make("aws:secretsmanager/secret:Secret", { recoveryWindowInDays: 0 })).id,
      secretString: "hush",
    }),
    replace: { secretString: "louder" },
    outputs: ["arn", "versionId"],
    remains: true,
  },
  "aws:secretsmanager/secretPolicy:SecretPolicy": {
    inputs: async (f) => ({
      secretArn: (await f.make("aws:secretsmanager/secret:Secret", { recoveryWindowInDays: 0 })).id,
      policy: resourcePolicy("secretsmanager:GetSecretValue"),
    }),
    update: { policy: resourcePolicy("secretsmanager:DescribeSecret") },
    replace: { secretArn: "arn:other" },
  },
  "aws:ecr/repository:Repository": {
    inputs: () => ({
      imageTagMutability: "IMMUTABLE",
      imageScanningConfiguration: { scanOnPush: true },
      forceDelete: true,
      ...tags,
    }),
    update: { imageTagMutability: "MUTABLE", imageScanningConfiguration: { scanOnPush: false } },
    replace: { name: "other" },
    outputs: ["arn", "repositoryUrl", "registryId"],
  },
  "aws:ecr/lifecyclePolicy:LifecyclePolicy": {
    inputs: async (f) => ({
      repository: (await f.make("aws:ecr/repository:Repository", {})).id,
      policy: expireImages(10),
    }),
    update: { policy: expireImages(20) },
    replace: { repository: "other" },
  },
  "aws:ecr/repositoryPolicy:RepositoryPolicy": {
    inputs: async (f) => ({
      repository: (await f.make("aws:ecr/repository:Repository", {})).id,
      policy: resourcePolicy("ecr:BatchGetImage"),
    }),
    update: { policy: resourcePolicy("ecr:GetDownloadUrlForLayer") },
    replace: { repository: "other" },
  },
  "aws:dynamodb/table:Table": {
    inputs: () => ({
      billingMode: "PAY_PER_REQUEST",
      hashKey: "stack",
      rangeKey: "item",
      attributes: [
        { name: "stack", type: "S" },
        { name: "item", type: "S" },
      ],
      ...tags,
    }),
    update: {
      pointInTimeRecovery: { enabled: true },
      ttl: { attributeName: "expires", enabled: true },
      tags: { a: "b" },
    },
    replace: { hashKey: "other" },
    outputs: ["arn", "name"],
  },
  "aws:dynamodb/tableItem:TableItem": {
    inputs: async (f) => ({
      tableName: (
        await f.make("aws:dynamodb/table:Table", {
          billingMode: "PAY_PER_REQUEST",
          hashKey: "id",
          attributes: [{ name: "id", type: "S" }],
        })
      ).id,
      hashKey: "id",
      item: JSON.stringify({ id: { S: "one" }, value: { N: "1" } }),
    }),
    update: { item: JSON.stringify({ id: { S: "one" }, value: { N: "2" } }) },
    replace: { hashKey: "other" },
  },
  "aws:acm/certificate:Certificate": {
    inputs: () => ({
      domainName: "example.com",
      subjectAlternativeNames: ["www.example.com"],
      validationMethod: "DNS",
      ...tags,
    }),
    update: { tags: { a: "b" } },
    replace: { domainName: "example.org" },
    outputs: ["arn", "domainValidationOptions"],
  },
  "aws:acm/certificateValidation:CertificateValidation": {
    inputs: async (f) => ({
      certificateArn: (
        await f.make("aws:acm/certificate:Certificate", { domainName: "valid.example.com", validationMethod: "DNS" })
      ).id,
    }),
    replace: { certificateArn: "arn:other" },
    remains: true,
  },
  "aws:route53/zone:Zone": {
    inputs: () => ({ name: "zone.example.com", ...tags }),
    update: { comment: "changed", tags: { a: "b" } },
    replace: { name: "other.example.com" },
    outputs: ["zoneId", "nameServers"],
  },
  "aws:route53/record:Record": {
    inputs: async (f) => ({
      zoneId: (await f.make("aws:route53/zone:Zone", { name: "records.example.com" })).id,
      name: "www.records.example.com",
      type: "A",
      ttl: 60,
      records: ["10.0.0.1"],
    }),
    update: { ttl: 30, records: ["10.0.0.2"] },
    replace: { name: "api.records.example.com" },
    outputs: ["fqdn"],
  },
  "aws:sns/topic:Topic": {
    inputs: () => ({ displayName: "one", ...tags }),
    update: { displayName: "two", kmsMasterKeyId: "alias/aws/sns", tags: { a: "b" } },
    replace: { name: "other" },
    outputs: ["arn", "name", "owner"],
  },
  "aws:sns/topicPolicy:TopicPolicy": {
    inputs: async (f) => ({ arn: (await f.make("aws:sns/topic:Topic", {})).id, policy: resourcePolicy("sns:Publish") }),
    update: { policy: resourcePolicy("sns:Subscribe") },
    replace: { arn: "arn:other" },
    remains: true,
  },
  "aws:sns/topicSubscription:TopicSubscription": {
    inputs: async (f) => ({
      topic: (await f.make("aws:sns/topic:Topic", {})).id,
      protocol: "email",
      endpoint: "ops@example.com",
    }),
    replace: { endpoint: "other@example.com" },
    outputs: ["arn"],
  },
  "aws:lambda/function:Function": {
    inputs: async (f) => ({
      packageType: "Image",
      imageUri: await pushedImage(f),
      role: (await f.role("lambda.amazonaws.com")).state["arn"],
      timeout: 10,
      environment: { variables: { A: "1", B: "2" } },
      ...tags,
    }),
    update: { timeout: 20, environment: { variables: { A: "1" } }, tags: { a: "b" } },
    replace: { name: "other" },
    outputs: ["arn", "invokeArn", "version"],
  },
  "aws:lambda/permission:Permission": {
    inputs: async (f) => ({
      action: "lambda:InvokeFunction",
      principal: "elasticloadbalancing.amazonaws.com",
      function: (
        await f.make("aws:lambda/function:Function", {
          packageType: "Image",
          imageUri: await pushedImage(f),
          role: (await f.role("lambda.amazonaws.com")).state["arn"],
        })
      ).id,
    }),
    replace: { action: "lambda:GetFunction" },
  },
};

/** Set by the suite: pushes a small image through the docker stand-in and gives its digest. */
export const images: { push?: (repository: string) => Promise<string> } = {};

async function pushedImage(f: Fixtures): Promise<string> {
  const repository = await f.make("aws:ecr/repository:Repository", { forceDelete: true });
  if (!images.push) throw new Error("The suite has not said how to push an image");
  return images.push(String(repository.state["repositoryUrl"]));
}
