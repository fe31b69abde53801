import * as pulumi from "@pulumi/pulumi";

/** One resource as a program registered it. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  readonly ignoreChanges: readonly string[];
  readonly dependsOn: readonly string[];
  /** URN of what it is part of; empty for the program itself. */
  readonly parent: string;
}

export interface Subnet {
  readonly name: string;
  readonly availabilityZone: string;
  readonly cidrBlock: string;
}

export interface World {
  /** Outputs of other stacks, by name. */
  readonly stacks?: Readonly<Record<string, Record<string, unknown>>>;
  /** The release document's item; absent means the ledger has none. */
  readonly release?: string;
  /** The weight of the ledger's item `names`; absent means the ledger has none. */
  readonly namesWeight?: string;
  /** Networks' subnets as AWS has them, called `<stack>-<private, public or isolated>-<number>`; none before the first `up`. */
  readonly subnets?: readonly Subnet[];
  /** Of the organization; none when null. */
  readonly managementAccount?: string | null;
  /** us-east-1 when absent. */
  readonly region?: string;
  /** What the ledger's read fails with instead. */
  readonly ledgerError?: string;
  readonly organization?: OrganizationWorld;
  /** Whether the program runs for a preview; false when absent. */
  readonly preview?: boolean;
}

/** An organization, its Identity Center and what an identity provider put into that. */
export interface OrganizationWorld {
  readonly policyTypes?: readonly string[];
  readonly accounts?: readonly { id: string; name: string; email: string; state: string; tags?: object }[];
  /** Whether Identity Center is enabled; true when absent. */
  readonly identityCenter?: boolean;
  /** Group → its members. */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
}

export const digestOf = (name: string) =>
  `123456789012.dkr.ecr.us-east-1.amazonaws.com/switchyard/${name}@sha256:${"ab".repeat(32)}`;

export const pipelineStack = "organization/switchyard/pipeline";

const pipelineOutputs = {
  repositoryUrls: Object.fromEntries(
    ["base", "web", "api", "migrate"].map((name) => [name, digestOf(name).replace(/@.*/, "")]),
  ),
  ledgerTableName: "ledger",
  ledgerTableArn: "arn:aws:dynamodb:us-east-1:123456789012:table/ledger",
  workloadBoundaryArn: "arn:aws:iam::123456789012:policy/switchyard-workload",
  rolePolicyArns: Object.fromEntries(
    ["plan", "images", "platform", "preview", "drift", "deploy-production"].map((role) => [
      role,
      [`arn:aws:iam::123456789012:policy/switchyard-${role}-one`],
    ]),
  ),
};

interface Request {
  getType(): string;
  getName(): string;
  getProtect(): boolean;
  getRetainondelete(): boolean;
  getIgnorechangesList(): string[];
  getDependenciesList(): string[];
  getParent(): string;
}

interface Monitor {
  registerResource(request: Request, callback: (error: unknown, response: unknown) => void): Promise<void>;
}

/**
 * Runs a program against Pulumi's mocks and answers everything it registered, options included, with its outputs
 * resolved.
 */
export async function run<Outputs extends object>(
  stack: string,
  world: World,
  program: () => Promise<Outputs>,
): Promise<{ readonly outputs: pulumi.Unwrap<Outputs>; readonly resources: Resources }> {
  const resources = new Resources();
  await pulumi.runtime.setMocks(mocks(world, resources), "switchyard", stack, world.preview ?? false);
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    resources.options.set(`${request.getType()} ${request.getName()}`, {
      protect: request.getProtect(),
      retainOnDelete: request.getRetainondelete(),
      ignoreChanges: request.getIgnorechangesList(),
      dependsOn: request.getDependenciesList(),
      parent: request.getParent(),
    });
    return register(request, callback);
  };
  const outputs = await program();
  const resolved = await new Promise<pulumi.Unwrap<Outputs>>((resolve) => pulumi.output(outputs).apply(resolve));
  await pulumi.runtime.disconnect();
  return { outputs: resolved, resources };
}

type Options = Pick<Registered, "protect" | "retainOnDelete" | "ignoreChanges" | "dependsOn" | "parent">;

/** What a program registered. */
export class Resources {
  readonly inputs = new Map<string, Record<string, unknown>>();
  readonly options = new Map<string, Options>();
  readonly calls: { readonly token: string; readonly inputs: Record<string, unknown> }[] = [];

  all(type: string): readonly Registered[] {
    return [...this.inputs].flatMap(([key, inputs]) => {
      const [found, name] = key.split(" ");
      const options = this.options.get(key);
      if (found !== type || name === undefined || options === undefined) return [];
      return [{ type, name, inputs, ...options }];
    });
  }

  /** The only resource of a type, or the one of that name. */
  one(type: string, name?: string): Registered {
    const found = this.all(type).filter((each) => name === undefined || each.name === name);
    const [first] = found;
    if (first === undefined || found.length > 1)
      throw new Error(`${found.length} of ${type} ${name ?? ""}; there are ${this.all(type).map((each) => each.name)}`);
    return first;
  }

  types(): readonly string[] {
    return [...new Set([...this.inputs.keys()].map((key) => key.split(" ")[0] ?? ""))].sort();
  }
}

function mocks(world: World, resources: Resources): pulumi.runtime.Mocks {
  return {
    newResource: ({ type, name, inputs }) => {
      resources.inputs.set(`${type} ${name}`, inputs);
      return { id: idOf(type, name), state: { ...inputs, ...computed(type, name, inputs, world) } };
    },
    call: ({ token, inputs }) => {
      resources.calls.push({ token, inputs });
      return answer(token, inputs, world);
    },
  };
}

/** As AWS forms the ids that something else reads a part of. */
function idOf(type: string, name: string): string {
  if (type === "aws:organizations/organizationalUnit:OrganizationalUnit") return `ou-${name}`;
  if (type !== "aws:organizations/account:Account") return `${name}-id`;
  const digits = [...name].map((letter) => letter.charCodeAt(0) % 10).join("");
  return digits.padEnd(12, "0").slice(0, 12);
}

/** What AWS would add to a resource: enough of it for others to refer to. */
function computed(type: string, name: string, inputs: Record<string, unknown>, world: World): Record<string, unknown> {
  const arn = `arn:aws:${type.split(":")[1]?.split("/")[0]}:us-east-1:123456789012:${name}`;
  switch (type) {
    case "pulumi:pulumi:StackReference": {
      const stack = String(inputs["name"]);
      return { outputs: world.stacks?.[stack] ?? (stack === pipelineStack ? pipelineOutputs : {}) };
    }
    case "awsx:ec2:Vpc":
      return {
        vpcId: "vpc-1",
        publicSubnetIds: ["subnet-public-1", "subnet-public-2"],
        privateSubnetIds: ["subnet-private-1", "subnet-private-2"],
        isolatedSubnetIds: ["subnet-isolated-1", "subnet-isolated-2"],
        routeTables: [{ id: "rtb-1" }, { id: "rtb-2" }],
      };
    case "aws:lb/loadBalancer:LoadBalancer":
      return { arn, arnSuffix: `app/${name}/1`, dnsName: "alb.example.com", zoneId: "Z1" };
    case "aws:lb/targetGroup:TargetGroup":
      return { arn, arnSuffix: `targetgroup/${name}/1` };
    case "aws:s3/bucket:Bucket": {
      const bucket = String(inputs["bucket"] ?? name);
      const [bucketDomainName, bucketRegionalDomainName] = ["s3", "s3.us-east-1"].map(
        (host) => `${bucket}.${host}.amazonaws.com`,
      );
      return { arn: `arn:aws:s3:::${bucket}`, bucket, bucketDomainName, bucketRegionalDomainName };
    }
    case "aws:cloudfront/distribution:Distribution":
      return {
        arn: `arn:aws:cloudfront::123456789012:distribution/${name}`,
        ...{ domainName: "d1.cloudfront.net", hostedZoneId: "Z2FDTNDATAQYW2" },
      };
    case "aws:rds/instance:Instance":
      return {
        arn,
        identifier: name,
        address: "db.internal",
        port: 5432,
        endpoint: "db.internal:5432",
        masterUserSecrets: [{ secretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds-master" }],
      };
    case "aws:acm/certificate:Certificate":
      return {
        arn,
        domainValidationOptions: [
          { resourceRecordName: "_p.app.example.com", resourceRecordType: "CNAME", resourceRecordValue: "_v.acm" },
        ],
      };
    case "aws:sesv2/emailIdentity:EmailIdentity":
      return { arn, dkimSigningAttributes: { tokens: ["token1", "token2", "token3"] } };
    case "aws:sesv2/configurationSet:ConfigurationSet":
      return { arn };
    case "aws:acm/certificateValidation:CertificateValidation":
      return { certificateArn: inputs["certificateArn"] };
    case "aws:ecr/repository:Repository":
      return { arn, repositoryUrl: `123456789012.dkr.ecr.us-east-1.amazonaws.com/${String(inputs["name"])}` };
    case "aws:ecrpublic/repository:Repository":
      return { arn, repositoryUri: `public.ecr.aws/a1b2c3d4/${String(inputs["repositoryName"])}` };
    case "aws:secretsmanager/secret:Secret":
      // Secrets Manager puts a hyphen and six characters behind the name.
      return { arn: `arn:aws:secretsmanager:us-east-1:123456789012:secret:${String(inputs["name"])}-AbCdEf` };
    case "aws:identitystore/group:Group":
      return { groupId: `${name}-group` };
    case "aws:identitystore/user:User":
      return { userId: `${name}-user` };
    case "docker:index/image:Image":
      return { repoDigest: digestOf(name) };
    default:
      return { arn, name: inputs["name"] ?? name };
  }
}

function answer(token: string, inputs: Record<string, unknown>, world: World): Record<string, unknown> {
  switch (token) {
    case "aws:index/getCallerIdentity:getCallerIdentity":
      return { accountId: "123456789012" };
    case "aws:index/getRegion:getRegion":
      return { region: world.region ?? "us-east-1" };
    case "aws:index/getPartition:getPartition":
      return { partition: "aws" };
    case "aws:index/getAvailabilityZones:getAvailabilityZones":
      return { names: ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d"] };
    case "aws:ec2/getSubnets:getSubnets": {
      const { stack, SubnetType } = inputs["tags"] as Record<string, string>;
      const start = `${stack}-${SubnetType?.toLowerCase()}-`;
      return { ids: (world.subnets ?? []).flatMap(({ name }) => (name.startsWith(start) ? [name] : [])) };
    }
    case "aws:ec2/getSubnet:getSubnet": {
      const found = world.subnets?.find(({ name }) => name === inputs["id"]);
      return { ...found, id: inputs["id"], vpcId: "vpc-1", tags: { Name: inputs["id"] } };
    }
    case "aws:secretsmanager/getRandomPassword:getRandomPassword":
      return { randomPassword: "drawn-at-random" };
    case "aws:ecr/getAuthorizationToken:getAuthorizationToken":
      return { userName: "AWS", password: "login" };
    case "aws:dynamodb/getTableItem:getTableItem": {
      if (world.ledgerError !== undefined) throw failure(world.ledgerError);
      const { item } = JSON.parse(String(inputs["key"])) as { item?: { S?: string } };
      if (item?.S === "names" && world.namesWeight !== undefined)
        return { item: JSON.stringify({ weight: { N: world.namesWeight } }) };
      if (item?.S === "names" || world.release === undefined)
        throw failure("reading DynamoDB Table Item (ledger|...): empty result");
      return { item: JSON.stringify({ document: { S: world.release } }) };
    }
    default:
      return ofOrganization(token, inputs, world);
  }
}

const own = "123456789012";
const another = "999999999999";

function ofOrganization(
  token: string,
  inputs: Record<string, unknown>,
  { organization = {}, managementAccount = pulumi.getStack() === "organization" ? own : another }: World,
): Record<string, unknown> {
  if (managementAccount === null) throw failure("AWSOrganizationsNotInUseException: Your account is not a member");
  const { policyTypes = ["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"] } = organization;
  const { accounts = [], groups = {}, identityCenter = true } = organization;
  switch (token) {
    case "aws:organizations/getOrganization:getOrganization":
      return {
        ...{ id: "o-1", masterAccountId: managementAccount, nonMasterAccounts: accounts },
        masterAccountEmail: "aws@example.com",
        arn: `arn:aws:organizations::${managementAccount}:organization/o-1`,
        roots: [{ id: "r-1", policyTypes: policyTypes.map((type) => ({ type, status: "ENABLED" })) }],
      };
    case "aws:organizations/getResourceTags:getResourceTags":
      return { tags: accounts.find(({ id }) => id === inputs["resourceId"])?.tags ?? {} };
    case "aws:ssoadmin/getInstances:getInstances":
      return {
        region: "us-east-1",
        arns: identityCenter ? ["arn:aws:sso:::instance/ssoins-1"] : [],
        identityStoreIds: identityCenter ? ["d-1"] : [],
      };
    case "aws:identitystore/getGroups:getGroups":
      return { groups: Object.keys(groups).map((name) => ({ displayName: name, groupId: `${name}-group` })) };
    case "aws:identitystore/getUsers:getUsers": {
      const names = [...new Set(Object.values(groups).flat())];
      return { users: names.map((name) => ({ userName: name, userId: `${name}-user` })) };
    }
    case "aws:identitystore/getGroupMemberships:getGroupMemberships": {
      const members = groups[String(inputs["groupId"]).replace(/-group$/, "")] ?? [];
      return { groupMemberships: members.map((name) => ({ memberId: { userId: `${name}-user` } })) };
    }
    default:
      throw new Error(`${token} has no mock`);
  }
}

/** A failed call as it comes over the wire: the SDK reads the details. */
function failure(details: string): Error {
  return Object.assign(new Error(details), { details });
}
