/** Things that other things need: made through the stand-in itself, and deleted again in reverse order. */
import { RDS } from "@aws-sdk/client-rds";
import type { Bag } from "../../../sandbox/provider/values.ts";
import { eventually, unique } from "../../support/cloud.ts";
import type { Made, Served } from "./provider.ts";

export interface Fixtures {
  make(type: string, inputs: Bag, name?: string): Promise<Made>;
  vpc(): Promise<string>;
  /** Two subnets in different zones. */
  subnets(): Promise<string[]>;
  securityGroup(): Promise<string>;
  /** The identifier of one with data. */
  databaseSnapshot(): Promise<string>;
  role(service: string): Promise<Made>;
  cluster(): Promise<Made>;
  taskDefinition(): Promise<Made>;
  targetGroup(name?: string): Promise<Made>;
  loadBalancer(): Promise<Made>;
  bucket(): Promise<string>;
  key(): Promise<Made>;
  dispose(): Promise<void>;
}

export const trust = (Service: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole" }],
  });

export const containers = (image = "example") =>
  JSON.stringify([{ name: "app", image, essential: true, portMappings: [{ containerPort: 8080 }] }]);

let count = 0;

export function fixtures(aws: Served): Fixtures {
  const made: Made[] = [];
  const once = new Map<string, Promise<Made>>();
  const shared = (key: string, create: () => Promise<Made>) => {
    const existing = once.get(key) ?? create();
    once.set(key, existing);
    return existing;
  };
  const f: Fixtures = {
    make: async (type, inputs, name = `case-${++count}`) => {
      const one = await aws.make(type, name, inputs);
      made.push(one);
      return one;
    },
    vpc: async () =>
      (await shared("vpc", () => f.make("aws:ec2/vpc:Vpc", { cidrBlock: "10.9.0.0/16", enableDnsHostnames: true }))).id,
    subnets: async () => {
      const vpcId = await f.vpc();
      const subnet = (zone: string, part: number) =>
        shared(zone, () =>
          f.make("aws:ec2/subnet:Subnet", {
            vpcId,
            cidrBlock: `10.9.${part}.0/24`,
            availabilityZone: `us-east-1${zone}`,
          }),
        );
      return [(await subnet("a", 1)).id, (await subnet("b", 2)).id];
    },
    securityGroup: async () => {
      const vpcId = await f.vpc();
      return (await shared("group", () => f.make("aws:ec2/securityGroup:SecurityGroup", { vpcId }))).id;
    },
    databaseSnapshot: async () => {
      const settings = { engine: "postgres", engineVersion: "17", instanceClass: "db.t4g.micro", allocatedStorage: 20 };
      const user = { username: "master", password: "first-password", skipFinalSnapshot: true };
      const { state } = await shared("database", () => f.make("aws:rds/instance:Instance", { ...settings, ...user }));
      const DBSnapshotIdentifier = unique("snapshot");
      const rds = new RDS();
      await rds.createDBSnapshot({ DBInstanceIdentifier: String(state["identifier"]), DBSnapshotIdentifier });
      await eventually(async () => {
        const { DBSnapshots } = await rds.describeDBSnapshots({ DBSnapshotIdentifier });
        return DBSnapshots?.[0]?.Status === "available";
      });
      return DBSnapshotIdentifier;
    },
    role: (service) =>
      shared(`role ${service}`, () => f.make("aws:iam/role:Role", { assumeRolePolicy: trust(service) })),
    cluster: () => shared("cluster", () => f.make("aws:ecs/cluster:Cluster", {})),
    taskDefinition: () =>
      shared("task definition", () =>
        f.make("aws:ecs/taskDefinition:TaskDefinition", {
          family: `family-${++count}`,
          containerDefinitions: containers(),
          cpu: "256",
          memory: "512",
          networkMode: "awsvpc",
          requiresCompatibilities: ["FARGATE"],
        }),
      ),
    targetGroup: async (name = "group") => {
      const vpcId = await f.vpc();
      const inputs = { port: 80, protocol: "HTTP", targetType: "ip", vpcId };
      return shared(`target ${name}`, () => f.make("aws:lb/targetGroup:TargetGroup", inputs));
    },
    loadBalancer: async () => {
      const [subnets, group] = [await f.subnets(), await f.securityGroup()];
      return shared("balancer", () => f.make("aws:lb/loadBalancer:LoadBalancer", { subnets, securityGroups: [group] }));
    },
    bucket: async () => (await shared("bucket", () => f.make("aws:s3/bucket:Bucket", { forceDestroy: true }))).id,
    key: () => shared("key", () => f.make("aws:kms/key:Key", { description: "fixture" })),
    // What cannot be deleted must not keep the rest from being deleted.
    dispose: async () => {
      const errors: unknown[] = [];
      for (const one of made.reverse()) await aws.delete(one).catch((error) => errors.push(error));
      if (errors.length > 0) throw errors[0];
    },
  };
  return f;
}
