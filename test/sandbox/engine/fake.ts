import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import { type EngineEvent, LocalWorkspace, type PulumiFn, type Stack } from "@pulumi/pulumi/automation/index.js";
import { embeddedPulumi } from "../../../sandbox/engine/command.ts";
import { type Props, serveFake } from "./fake-server.ts";

const secretKey = "4dabf18193072939515e22adb298388d";

/**
 * A provider of things in a map. Inputs that steer it: `fail: "create" | "update" | "delete" | "check"`,
 * `replaceKey` (its change replaces), `name` (its change replaces, and names must be unique).
 */
export class FakeCloud implements pulumi.provider.Provider {
  readonly version = "1.0.0";
  readonly things = new Map<string, Props>();
  /** Every call that changes something, in order: "create a", "delete b". */
  readonly calls: string[] = [];
  /** Set to hold creations until it resolves. */
  hold: Promise<void> | undefined;
  failDelete = false;
  deleteBeforeReplace = false;
  private running = 0;
  peak = 0;

  async check(urn: string, _olds: Props, news: Props) {
    const failures = news["fail"] === "check" ? [{ property: "fail", reason: `asked to, at ${nameOf(urn)}` }] : [];
    return { inputs: news, failures };
  }

  async diff(_id: string, _urn: string, olds: Props, news: Props) {
    const changed = Object.keys({ ...olds, ...news }).filter(
      (key) => !["arn", "id", "password"].includes(key) && JSON.stringify(olds[key]) !== JSON.stringify(news[key]),
    );
    const replaces = changed.filter((key) => ["replaceKey", "name", "parentId"].includes(key));
    return { changes: changed.length > 0, replaces, deleteBeforeReplace: this.deleteBeforeReplace };
  }

  async create(urn: string, inputs: Props) {
    this.running += 1;
    this.peak = Math.max(this.peak, this.running);
    try {
      await this.hold;
      await new Promise((resolve) => setImmediate(resolve));
      this.calls.push(`create ${nameOf(urn)}`);
      if (inputs["fail"] === "create") throw new Error(`cannot create ${nameOf(urn)}`);
      const id = `id-${this.things.size + this.calls.length}`;
      const outs = {
        ...inputs,
        arn: `arn:fake:${id}`,
        ...(inputs["hidden"] === true && { password: secretOf("hunter2") }),
      };
      this.things.set(id, outs);
      if (inputs["fail"] === "init")
        throw Object.assign(new Error("not ready"), { id, properties: outs, reasons: ["slow"] });
      return { id, outs };
    } finally {
      this.running -= 1;
    }
  }

  async update(id: string, urn: string, _olds: Props, news: Props) {
    this.calls.push(`update ${nameOf(urn)}`);
    if (news["fail"] === "update") throw new Error(`cannot update ${nameOf(urn)}`);
    const outs = { ...news, arn: `arn:fake:${id}` };
    this.things.set(id, outs);
    return { outs };
  }

  async delete(id: string, urn: string) {
    this.calls.push(`delete ${nameOf(urn)}`);
    if (this.failDelete) throw new Error(`cannot delete ${nameOf(urn)}`);
    this.things.delete(id);
  }

  async read(id: string, _urn: string, _props?: Props) {
    const props = this.things.get(id);
    if (!props) return { id: "", props: {} };
    const { arn, password, ...inputs } = props;
    return { id, props, inputs };
  }

  async invoke(token: string, args: Props) {
    if (token === "fake:index:echo") return { outputs: { said: args["say"] } };
    throw new Error(`unknown function ${token}`);
  }

  async construct(
    name: string,
    type: string,
    inputs: pulumi.Inputs,
    options: pulumi.ComponentResourceOptions,
  ): Promise<pulumi.provider.ConstructResult> {
    if (type !== "fake:index:Pair") throw new Error(`unknown component ${type}`);
    const pair = new Pair(name, inputs, options);
    return { urn: pair.urn, state: { firstArn: pair.firstArn } };
  }
}

class Pair extends pulumi.ComponentResource {
  readonly firstArn: pulumi.Output<string>;

  constructor(name: string, inputs: pulumi.Inputs, options: pulumi.ComponentResourceOptions) {
    super("fake:index:Pair", name, inputs, options);
    const first = new Thing(`${name}-first`, { value: inputs["value"] }, { parent: this });
    new Thing(`${name}-second`, { value: first.arn }, { parent: this });
    this.firstArn = first.arn;
    this.registerOutputs({ firstArn: this.firstArn });
  }
}

/** The remote face of Pair, as a program's SDK has it. */
export class RemotePair extends pulumi.ComponentResource {
  declare readonly firstArn: pulumi.Output<string>;

  constructor(name: string, args: { value: pulumi.Input<string> }, options?: pulumi.ComponentResourceOptions) {
    super("fake:index:Pair", name, { ...args, firstArn: undefined }, options, true);
  }
}

export class Thing extends pulumi.CustomResource {
  declare readonly arn: pulumi.Output<string>;
  declare readonly value: pulumi.Output<unknown>;
  declare readonly password: pulumi.Output<string>;

  constructor(name: string, args: Record<string, pulumi.Input<unknown>> = {}, options?: pulumi.CustomResourceOptions) {
    super("fake:index:Thing", name, { value: undefined, arn: undefined, password: undefined, ...args }, options);
  }
}

export class FakeProvider extends pulumi.ProviderResource {
  constructor(name: string, args: Record<string, pulumi.Input<string>> = {}, options?: pulumi.ResourceOptions) {
    super("fake", name, args, options);
  }
}

function secretOf(value: string) {
  return { [secretKey]: "1b47061264138c4ac30d75fd1eb44270", value };
}

function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? "";
}

/** A backend and a working directory of one test, with stacks driven through the Automation API. */
export class Lab {
  readonly cloud = new FakeCloud();
  readonly directory = mkdtempSync(join(tmpdir(), "engine-test-"));
  readonly backend = pathToFileURL(this.directory).href;
  readonly pulumi = embeddedPulumi({
    providers: { fake: (engineAddress) => serveFake(this.cloud, engineAddress) },
    allowedBackend: this.backend,
  });

  async stack(
    program: PulumiFn,
    options: { name?: string; project?: string; env?: Record<string, string> } = {},
  ): Promise<Stack> {
    const { name = "dev", project = "lab", env = {} } = options;
    const args = { stackName: name, projectName: project, program };
    return LocalWorkspace.createOrSelectStack(args, {
      pulumiCommand: this.pulumi,
      workDir: this.workDirectory(project),
      envVars: { PULUMI_BACKEND_URL: this.backend, ...env },
      projectSettings: { name: project, runtime: "nodejs" },
    });
  }

  workDirectory(project = "lab"): string {
    const directory = join(this.directory, "work", project);
    mkdirSync(directory, { recursive: true });
    return directory;
  }

  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The operations of a run in the order they began: "create a". */
export function operations(events: readonly EngineEvent[]): string[] {
  return events.flatMap(({ resourcePreEvent }) =>
    resourcePreEvent ? [`${resourcePreEvent.metadata.op} ${nameOf(resourcePreEvent.metadata.urn)}`] : [],
  );
}
