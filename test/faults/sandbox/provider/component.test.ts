import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as aws from "@pulumi/aws";
import * as awsx from "@pulumi/awsx";
import * as pulumi from "@pulumi/pulumi";
import { LocalWorkspace, type PulumiFn, type Stack } from "@pulumi/pulumi/automation/index.js";
import { embeddedPulumi } from "../../../../sandbox/engine/command.ts";
import { serveProvider } from "../../../../sandbox/provider/serve.ts";
import { useEnvironment } from "../../../sandbox/provider/environment.ts";
import { unique, useCloud } from "../../../support/cloud.ts";

const specs = [
  { type: awsx.ec2.SubnetType.Private, cidrMask: 20 },
  { type: awsx.ec2.SubnetType.Public, cidrMask: 24 },
  { type: awsx.ec2.SubnetType.Isolated, cidrMask: 24 },
];

describe("awsx.ec2.Vpc, constructed by the awsx stand-in", function () {
  this.timeout(60_000);
  const cloud = useCloud();
  useEnvironment(() => cloud.env);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "switchyard-awsx-"));
    mkdirSync(join(folder, "state"));
  });
  after(() => rmSync(folder, { recursive: true }));

  function open(program: PulumiFn): Promise<Stack> {
    const providers = {
      aws: (engine: string) => serveProvider("aws", engine),
      awsx: (engine: string) => serveProvider("awsx", engine),
    };
    const backend = { url: `file://${join(folder, "state")}` };
    return LocalWorkspace.createStack(
      { stackName: unique("vpc"), projectName: "component", program },
      {
        workDir: folder,
        pulumiCommand: embeddedPulumi({ providers, allowedBackend: backend.url }),
        envVars: { PULUMI_CONFIG_PASSPHRASE: "test" },
        projectSettings: { name: "component", runtime: "nodejs", backend },
      },
    );
  }

  const vpc = (strategy: "None" | "Single" | "OnePerAz", rest: awsx.ec2.VpcArgs = {}) =>
    new awsx.ec2.Vpc("net", {
      cidrBlock: "10.20.0.0/16",
      numberOfAvailabilityZones: 2,
      natGateways: { strategy },
      subnetStrategy: "Auto",
      subnetSpecs: specs,
      ...rest,
    });

  /** Every resource of the stack as `<type without package> <name> < <parent's name>`. */
  async function resources(stack: Stack): Promise<string[]> {
    const { deployment } = (await stack.exportStack()) as {
      deployment: { resources: { urn: string; type: string; parent?: string }[] };
    };
    const name = (urn: string | undefined) => urn?.split("::").at(-1);
    return deployment.resources
      .filter(({ type }) => type.startsWith("aws:") || type.startsWith("awsx:"))
      .map(({ urn, type, parent }) => `${type.split(":").at(-1)} ${name(urn)} < ${name(parent)}`)
      .sort();
  }

  it("has the children of the real component, by the same names under the same parents", async () => {
    const stack = await open(async () => ({ ids: vpc("Single").vpcId }));
    await stack.up();
    const subnet = (name: string) => [
      `Subnet net-${name} < net`,
      `RouteTable net-${name} < net-${name}`,
      `RouteTableAssociation net-${name} < net-${name}`,
    ];
    const route = (name: string) => `Route net-${name} < net-${name}`;
    const names = ["public-1", "private-1", "isolated-1", "public-2", "private-2", "isolated-2"];
    const root = `component-${stack.name}`;
    assert.deepEqual(
      await resources(stack),
      [
        `Vpc net < ${root}`,
        "Vpc net < net",
        "InternetGateway net < net",
        "Eip net-1 < net-public-1",
        "NatGateway net-1 < net-public-1",
        ...names.flatMap(subnet),
        ...names.filter((name) => !name.startsWith("isolated")).map(route),
      ].sort(),
    );
    await stack.destroy();
  });

  it("has a NAT gateway a zone, or none, as asked", async () => {
    for (const [strategy, count] of [
      ["OnePerAz", 2],
      ["None", 0],
    ] as const) {
      const stack = await open(async () => {
        const { natGateways, routes } = vpc(strategy);
        return { nats: natGateways.apply((list) => list.length), routes: routes.apply((list) => list.length) };
      });
      const { outputs } = await stack.up();
      assert.deepEqual([outputs["nats"]?.value, outputs["routes"]?.value], [count, count === 0 ? 2 : 4]);
      await stack.destroy();
    }
  });

  it("answers resources and ids, and leaves the program's own settings alone", async () => {
    const stack = await open(async () => {
      const made = vpc("None");
      const own = new pulumi.Config().require("own");
      return {
        own,
        stack: pulumi.getStack(),
        public: made.publicSubnetIds,
        private: made.privateSubnetIds,
        isolated: made.isolatedSubnetIds,
        all: made.subnets.apply((subnets) => pulumi.all(subnets.map(({ id }) => id))),
        cidr: made.vpc.cidrBlock,
        after: made.vpcId.apply(() => `${pulumi.getProject()} ${new pulumi.Config().require("own")}`),
      };
    });
    await stack.setConfig("own", { value: "kept" });
    const { outputs } = await stack.up();
    const value = (name: string) => outputs[name]?.value;
    assert.deepEqual(
      [value("own"), value("stack"), value("after"), value("cidr")],
      ["kept", stack.name, "component kept", "10.20.0.0/16"],
    );
    const ids = [...value("public"), ...value("private"), ...value("isolated")];
    assert.equal(new Set(ids).size, 6);
    assert.deepEqual([...value("all")].sort(), [...ids].sort());
    assert.deepEqual(Object.keys((await stack.preview()).changeSummary), ["same"], "and plans nothing the second time");
    await stack.destroy();
  });

  it("gives every output the dependencies of the real one's: the network and all of its subnets", async () => {
    const stack = await open(async () => {
      new aws.rds.SubnetGroup("database", { subnetIds: vpc("Single").isolatedSubnetIds });
    });
    await stack.up();
    const { resources: all } = (await stack.exportStack()).deployment as {
      resources: { urn: string; type: string; propertyDependencies?: Record<string, string[]> }[];
    };
    const within = all.filter(({ type }) => type === "aws:ec2/vpc:Vpc" || type === "aws:ec2/subnet:Subnet");
    const group = all.find(({ type }) => type === "aws:rds/subnetGroup:SubnetGroup");
    const urns = within.map(({ urn }) => urn).sort();
    const named = group?.propertyDependencies?.["subnetIds"] ?? [];
    assert.equal(urns.length, 7);
    assert.deepEqual(named.filter((urn) => !urn.endsWith("awsx:ec2:Vpc::net")).sort(), urns);
    assert.deepEqual(Object.keys((await stack.preview()).changeSummary), ["same"]);
    await stack.destroy();
  });

  it("refuses what it does not implement", async () => {
    const stack = await open(async () => ({ id: vpc("None", { subnetStrategy: "Legacy" }).vpcId }));
    await assert.rejects(stack.preview(), /awsx:ec2:Vpc subnetStrategy: the sandbox's stand-in implements "Auto" only/);
  });
});
