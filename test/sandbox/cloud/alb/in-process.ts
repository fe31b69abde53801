/** A cloud in this process: moto, the front endpoint and the data plane, with images given as plain directories. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { CreateSubnetCommand, CreateVpcCommand, EC2Client, ModifyVpcAttributeCommand } from "@aws-sdk/client-ec2";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
  ModifyTargetGroupAttributesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { after, before } from "mocha";
import { type Access, installAccess } from "../../../../sandbox/cloud/access/access.ts";
import { install as installAlb } from "../../../../sandbox/cloud/alb/install.ts";
import { createCloud } from "../../../../sandbox/cloud/context.ts";
import { install as installEcs } from "../../../../sandbox/cloud/ecs/install.ts";
import { createFaults } from "../../../../sandbox/cloud/faults.ts";
import { installFirewall } from "../../../../sandbox/cloud/firewall.ts";
import { createFront } from "../../../../sandbox/cloud/front.ts";
import {
  awsError,
  type ClientClass,
  type CloudContext,
  type UnpackedImage,
} from "../../../../sandbox/cloud/handlers.ts";
import { install as installMetrics } from "../../../../sandbox/cloud/metrics/install.ts";
import { type Moto, startMoto } from "../../../../sandbox/cloud/moto/server.ts";
import { recordedProcesses } from "../../../../sandbox/cloud/processes.ts";
import { createRegistry } from "../../../../sandbox/cloud/registry.ts";
import { patience } from "../../../support/patience.ts";

export interface InProcessCloud {
  readonly context: CloudContext;
  readonly enter: Access["enter"];
  readonly endpoint: string;
  readonly dir: string;
  /** Images by the reference a task definition names. */
  readonly images: Map<string, UnpackedImage>;
  client<C>(type: ClientClass<C>): C;
  stop(): Promise<void>;
}

const python = join(resolve(import.meta.dirname, "../../../.."), ".sandbox/venv/bin/python");

/** A moto that nobody uses now, emptied, with what ends it. They are kept while the process runs: a start takes two seconds. */
interface Kept {
  readonly moto: Moto;
  end(): Promise<void>;
}

const kept: Kept[] = [];

after("stop the motos", async function () {
  this.timeout(30_000 * patience);
  await Promise.all(kept.splice(0).map((one) => one.end()));
});

async function startKept(): Promise<Kept> {
  const dir = mkdtempSync(join(tmpdir(), "switchyard-moto-"));
  const processes = recordedProcesses(join(dir, "pids"));
  const moto = await startMoto({ python, dir, pace: 0.02, processes });
  const end = async () => {
    await moto.stop();
    await processes.stopAll(2000);
    rmSync(dir, { recursive: true, force: true });
  };
  return { moto, end };
}

export async function startInProcess(pace: number): Promise<InProcessCloud> {
  const dir = mkdtempSync(join(tmpdir(), "switchyard-cloud-"));
  const processes = recordedProcesses(join(dir, "pids"));
  const own = kept.pop() ?? (await startKept());
  const { moto } = own;
  const registry = createRegistry({ motoEndpoint: moto.endpoint, account: "123456789012" });
  const server = createServer({ keepAliveTimeout: 0 });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const images = new Map<string, UnpackedImage>();
  const cloud = createCloud({
    dir,
    pace,
    endpoint,
    wellKnownPorts: false,
    registry,
    processes,
    unpackImage: async (reference) => {
      const image = images.get(reference);
      if (image === undefined) throw awsError("ImageNotFoundException", `${reference} was never pushed`);
      return image;
    },
    databaseAuthority: async () => {
      const file = join(dir, "authority.pem");
      writeFileSync(file, "");
      return file;
    },
  });
  for (const install of [installAlb, installEcs, installMetrics, installFirewall]) await install(cloud.context);
  const access = installAccess(cloud.context);
  const front = createFront({ moto, registry, faults: createFaults(), access, log: cloud.context.log });
  server.on("request", front.listener);
  const clients = new Map<unknown, { destroy(): void }>();
  return {
    context: cloud.context,
    enter: access.enter,
    endpoint,
    dir,
    images,
    client: <C>(type: ClientClass<C>) => {
      const credentials = { accessKeyId: "sandbox", secretAccessKey: "sandbox" };
      const made = clients.get(type) ?? new type({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
      clients.set(type, made as { destroy(): void });
      return made as C;
    },
    stop: async () => {
      for (const client of clients.values()) client.destroy();
      await cloud.stop();
      await processes.stopAll(2000);
      await moto.reset();
      kept.push(own);
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** One cloud for a describe block. */
export function useInProcessCloud(pace = 0.02): () => InProcessCloud {
  let cloud: InProcessCloud | undefined;
  before(async function () {
    this.timeout(60_000);
    cloud = await startInProcess(pace);
  });
  after(async function () {
    this.timeout(30_000);
    await cloud?.stop();
  });
  return () => {
    if (cloud === undefined) throw new Error("The cloud has not started");
    return cloud;
  };
}

/** Waits for a condition, looking every few milliseconds. */
export async function until<T>(
  what: string,
  read: () => Promise<T | undefined | false> | T | undefined | false,
  ms = 15_000,
): Promise<T> {
  const deadline = Date.now() + ms * patience;
  for (;;) {
    const value = await read();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`Not within ${ms * patience} ms: ${what}`);
    await new Promise((again) => setTimeout(again, 15));
  }
}

export async function createNetwork(cloud: InProcessCloud): Promise<{ vpc: string; subnets: string[] }> {
  const ec2 = cloud.client(EC2Client);
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }));
  const vpc = Vpc?.VpcId ?? "";
  await ec2.send(new ModifyVpcAttributeCommand({ VpcId: vpc, EnableDnsHostnames: { Value: true } }));
  const subnets = await Promise.all(
    ["a", "b"].map(async (zone, i) => {
      const command = new CreateSubnetCommand({
        VpcId: vpc,
        CidrBlock: `10.0.${i}.0/24`,
        AvailabilityZone: `us-east-1${zone}`,
      });
      return (await ec2.send(command)).Subnet?.SubnetId ?? "";
    }),
  );
  return { vpc, subnets };
}

let names = 0;

export interface Balancer {
  readonly arn: string;
  readonly url: string;
  readonly listener: string;
  readonly vpc: string;
  readonly subnets: string[];
}

/** A load balancer with an HTTP listener that answers 404 by default. */
export async function createBalancer(cloud: InProcessCloud): Promise<Balancer> {
  const elb = cloud.client(ElasticLoadBalancingV2Client);
  const { vpc, subnets } = await createNetwork(cloud);
  names += 1;
  const created = await elb.send(new CreateLoadBalancerCommand({ Name: `lb-${names}`, Subnets: subnets }));
  const { LoadBalancerArn: arn = "", DNSName } = created.LoadBalancers?.[0] ?? {};
  const { Listeners } = await elb.send(
    new CreateListenerCommand({
      LoadBalancerArn: arn,
      Protocol: "HTTP",
      Port: 80,
      DefaultActions: [
        { Type: "fixed-response", FixedResponseConfig: { StatusCode: "404", MessageBody: "nothing here" } },
      ],
    }),
  );
  return { arn, url: `http://${DNSName}`, listener: Listeners?.[0]?.ListenerArn ?? "", vpc, subnets };
}

export async function createGroup(
  cloud: InProcessCloud,
  vpc: string,
  attributes: Record<string, string> = {},
  check: { path?: string; intervalSeconds?: number } = {},
): Promise<string> {
  const elb = cloud.client(ElasticLoadBalancingV2Client);
  names += 1;
  const created = await elb.send(
    new CreateTargetGroupCommand({
      Name: `group-${names}`,
      Protocol: "HTTP",
      Port: 8080,
      VpcId: vpc,
      TargetType: "ip",
      HealthCheckPath: check.path ?? "/healthz",
      HealthCheckIntervalSeconds: check.intervalSeconds ?? 6,
      HealthCheckTimeoutSeconds: 2,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 2,
    }),
  );
  const arn = created.TargetGroups?.[0]?.TargetGroupArn ?? "";
  const Attributes = Object.entries({ "deregistration_delay.timeout_seconds": "30", ...attributes });
  await elb.send(
    new ModifyTargetGroupAttributesCommand({
      TargetGroupArn: arn,
      Attributes: Attributes.map(([Key, Value]) => ({ Key, Value })),
    }),
  );
  return arn;
}
