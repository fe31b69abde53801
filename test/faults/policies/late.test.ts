import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { EC2 } from "@aws-sdk/client-ec2";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { LocalWorkspace, type PulumiFn } from "@pulumi/pulumi/automation/index.js";
import { loadEngine, loadProviders } from "@switchyard/sandbox";
import type { OpenStack } from "../../../automation/stacks/open.ts";
import { packKeeper } from "../../../automation/stacks/pack/keep.ts";
import { apply, plan, refuseViolations } from "../../../automation/stacks/update.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import { useClosedAccount } from "../../policies/support/closed-account.ts";
import { writesSince } from "../../policies/support/refusal.ts";
import { FakeCloud, Thing } from "../../sandbox/engine/fake.ts";
import { serveFake } from "../../sandbox/engine/fake-server.ts";
import { unique, useCloud } from "../../support/cloud.ts";

const { embeddedPulumi } = await loadEngine();
const { serveProvider } = await loadProviders();

const world = "0.0.0.0/0";

/** Ids of two security groups. */
type Groups = readonly [string, string];

function sshFrom(
  cidrIpv4: pulumi.Input<string>,
  options: pulumi.CustomResourceOptions = {},
  securityGroupId = "sg-00000001",
) {
  const args = { securityGroupId, ipProtocol: "tcp", fromPort: 22, toPort: 22, description: "fault" };
  return new aws.vpc.SecurityGroupIngressRule("fault", { ...args, cidrIpv4 }, options);
}

/** The remote face of a component that makes its rule where its provider runs. */
class RemoteOpening extends pulumi.ComponentResource {
  constructor(name: string, args: { readonly from: pulumi.Input<string> }) {
    super("fake:index:Opening", name, args, {}, true);
  }
}

class Opening extends pulumi.ComponentResource {
  constructor(name: string, inputs: pulumi.Inputs, options: pulumi.ComponentResourceOptions) {
    super("fake:index:Opening", name, inputs, options);
    pulumi.output(inputs["from"]).apply((from: string) => sshFrom(from, { parent: this }));
    this.registerOutputs({});
  }
}

class FakeWithOpening extends FakeCloud {
  override async construct(
    name: string,
    type: string,
    inputs: pulumi.Inputs,
    options: pulumi.ComponentResourceOptions,
  ): ReturnType<FakeCloud["construct"]> {
    if (type !== "fake:index:Opening") return super.construct(name, type, inputs, options);
    return { urn: new Opening(name, inputs, options).urn, state: {} as never };
  }
}

/** As Pulumi's SDK registers a dynamic resource, whose provider is code of the program's. */
class Dynamic extends pulumi.CustomResource {
  constructor(name: string) {
    super("pulumi-nodejs:dynamic:Resource", name, { __provider: "exports.handler = () => undefined" });
  }
}

/** What is not known before the update, and then is this value. */
function later<T>(value: T, name = "thing"): pulumi.Output<T> {
  return new Thing(name, { value }).arn.apply(() => value);
}

/** Each way a fault can be none in the preview and one in the update. */
const late: Readonly<Record<string, () => void>> = {
  "made inside the apply of an output": () => {
    later(world).apply((from) => sshFrom(from));
  },
  "made in an update only": () => {
    if (!pulumi.runtime.isDryRun()) sshFrom(world);
  },
  "a value that only the update knows": () => {
    sshFrom(later(world));
  },
  "made by a remote component from a value that only the update knows": () => {
    new RemoteOpening("opening", { from: later(world) });
  },
  "made inside a component in an update only": () => {
    const parent = new pulumi.ComponentResource("switchyard:test:Component", "component");
    later(world).apply((from) => sshFrom(from, { parent }));
  },
  "a transformation that changes it in an update only": () => {
    const open: pulumi.ResourceTransformation = ({ props, opts }) =>
      pulumi.runtime.isDryRun() ? undefined : { props: { ...props, cidrIpv4: world }, opts };
    sshFrom("10.0.0.0/16", { transformations: [open] });
  },
  "a transformation of the whole stack": () => {
    pulumi.runtime.registerStackTransformation(({ type, props, opts }) =>
      type.startsWith("aws:vpc/") && !pulumi.runtime.isDryRun()
        ? { props: { ...props, cidrIpv4: world }, opts }
        : undefined,
    );
    sshFrom("10.0.0.0/16");
  },
  "of a provider that only the update configures": () => {
    const provider = new aws.Provider("late", { region: later<aws.Region>("us-east-1", "region") });
    later(world).apply((from) => sshFrom(from, { provider }));
  },
};

/** Call in a `describe`: stacks in a state of each test's own. */
function useStacks(): (program: PulumiFn, name?: string) => Promise<OpenStack> {
  const cloud = new FakeWithOpening();
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "late-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));
  return async (program, name = "late") => {
    const backend = pathToFileURL(directory).href;
    const fake = (address: string) => serveFake(cloud, address);
    const aws = (address: string) => serveProvider("aws", address);
    const engine = embeddedPulumi({ allowedBackend: backend, providers: { aws, fake, "pulumi-nodejs": fake } });
    const pack = await packKeeper();
    const stack = await LocalWorkspace.createOrSelectStack(
      { stackName: name, projectName: "switchyard", program },
      {
        pulumiCommand: engine,
        projectSettings: { name: "switchyard", runtime: "nodejs", backend: { url: backend } },
        envVars: { ...pack.env, PULUMI_CONFIG_PASSPHRASE: "test" },
      },
    );
    return { name, stack, pack, values: { tier: "production" }, refusal: () => undefined };
  };
}

describe("a fault that appears late", function () {
  this.timeout(60_000);
  const account = useClosedAccount();
  const open = useStacks();
  beforeEach(() => account.forget());

  for (const [way, program] of Object.entries(late)) {
    it(`${way}: the preview finds nothing, the update refuses it before AWS is asked`, async () => {
      const stack = await open(async () => program());
      refuseViolations(await plan(stack));
      await assert.rejects(apply(stack), refusedBy("sg-no-public-ssh on fault"));
      assert.deepEqual(account.calls, []);
    });
  }

  it("a dynamic resource, which could make it in any call: refused wherever it appears", async () => {
    const program = () => void new Dynamic("made");
    const early = await plan(await open(async () => program()));
    assert.throws(() => refuseViolations(early), refusedBy("types-are-judged on made"));
    const stack = await open(async () => void later(world).apply(program));
    refuseViolations(await plan(stack));
    await assert.rejects(apply(stack), refusedBy("types-are-judged on made"));
  });
});

/** What a stack with a sound rule in it becomes: what is asked for, and how. */
const changed: Readonly<
  Record<string, { readonly rule: (groups: Groups) => void; readonly byHand?: true; readonly refresh?: true }>
> = {
  "an update in place": { rule: ([group]) => sshFrom(later(world), {}, group) },
  "a replacement": { rule: ([, other]) => sshFrom(later(world), {}, other) },
  "an update that reads the account first": { rule: ([group]) => sshFrom(later(world), {}, group), refresh: true },
  "what a hand took away, made anew": {
    rule: ([group]) => sshFrom(later(world), {}, group),
    refresh: true,
    byHand: true,
  },
};

describe("a fault that appears late in what is there", function () {
  this.timeout(60_000);
  const cloud = useCloud();
  const open = useStacks();
  const former: Record<string, string | undefined> = {};
  let groups: Groups;
  before(async () => {
    for (const [key, value] of Object.entries(cloud.env)) {
      former[key] = process.env[key];
      process.env[key] = value;
    }
    const ec2 = new EC2(cloud.sdk());
    const made = ["one", "two"].map(async (name) => {
      const { GroupId = "" } = await ec2.createSecurityGroup({ GroupName: unique(name), Description: name });
      return GroupId;
    });
    groups = (await Promise.all(made)) as unknown as Groups;
  });
  after(() => {
    for (const [key, value] of Object.entries(former)) {
      if (value === undefined) delete process.env[key];
      else process.env[key] = value;
    }
  });

  const empty = async () => (await open(async () => undefined)).stack.up();

  for (const [way, { rule, byHand, refresh = false }] of Object.entries(changed)) {
    it(`${way}: refused before anything is written`, async () => {
      const sound = await open(async () => {
        const { id } = sshFrom("10.0.0.0/16", {}, groups[0]);
        return { id };
      });
      const { outputs } = await apply(sound);
      if (byHand) {
        const ids = [String(outputs["id"])];
        await new EC2(cloud.sdk()).revokeSecurityGroupIngress({ GroupId: groups[0], SecurityGroupRuleIds: ids });
      }
      const stack = await open(async () => rule(groups));
      refuseViolations(await plan(stack, { refresh }));
      const before = await cloud.calls();
      await assert.rejects(apply(stack, { refresh }), refusedBy("sg-no-public-ssh on fault"));
      assert.deepEqual(await writesSince(cloud, before), []);
      await empty();
    });
  }

  it("a replacement with what the program ignored until then: refused by the preview", async () => {
    const program = (group: string) => async () => {
      sshFrom(group === groups[0] ? "10.0.0.0/16" : world, { ignoreChanges: ["cidrIpv4"] }, group);
    };
    await apply(await open(program(groups[0])));
    const planned = await plan(await open(program(groups[1])));
    assert.throws(() => refuseViolations(planned), refusedBy("ignored-changes-judged on fault"));
    await empty();
  });
});

function refusedBy(rule: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof SwitchyardError && error.code === "policy-violation", String(error));
    assert.ok(error.message.includes(rule), error.message);
    return true;
  };
}
