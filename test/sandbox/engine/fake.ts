import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import type { Props } from "./fake-server.ts";

interface Contents {
  things: Record<string, Props>;
  /** Every call that changed something, or tried to, in order: "create a", "delete b". */
  calls: string[];
  deleteBeforeReplace: boolean;
  failDelete: boolean;
}

/**
 * A provider of things, kept in a file when `path` is given (so that another process can serve the same cloud). What a
 * thing's inputs say steers it: `fail: "check" | "create" | "init" | "update"`; a change of `name` or `parentId`
 * replaces it; `hidden: true` gives it a secret password; `says: "details" | "nothing"` makes it tell of a change each
 * property, or leave the comparison to the engine.
 */
export class FakeCloud implements pulumi.provider.Provider {
  readonly version = "1.0.0";
  readonly previews: boolean;
  /** Set to hold creations until it resolves. */
  hold: Promise<void> | undefined;
  /** The most creations that ran at once. */
  peak = 0;
  private running = 0;
  private readonly path: string | undefined;
  private contents: Contents = { things: {}, calls: [], deleteBeforeReplace: false, failDelete: false };

  constructor(path?: string, previews = false) {
    this.path = path;
    this.previews = previews;
  }

  get now(): Contents {
    if (this.path && existsSync(this.path)) this.contents = JSON.parse(readFileSync(this.path, "utf8")) as Contents;
    return this.contents;
  }

  set(change: (contents: Contents) => void): void {
    const contents = this.now;
    change(contents);
    if (this.path) writeFileSync(this.path, JSON.stringify(contents));
  }

  private record(call: string, urn: string): void {
    this.set(({ calls }) => calls.push(`${call} ${nameOf(urn)}`));
  }

  async check(urn: string, _olds: Props, news: Props) {
    const failures = news["fail"] === "check" ? [{ property: "fail", reason: `asked to, at ${nameOf(urn)}` }] : [];
    return { inputs: news, failures };
  }

  async diff(_id: string, _urn: string, olds: Props, news: Props) {
    const changed = Object.keys({ ...olds, ...news }).filter(
      (key) => !["arn", "password"].includes(key) && JSON.stringify(olds[key]) !== JSON.stringify(news[key]),
    );
    const replaces = changed.filter((key) => ["name", "parentId"].includes(key));
    if (news["says"] === "nothing") return {};
    if (news["says"] === "details") return { changes: changed.length > 0, replaces, changed };
    return { changes: changed.length > 0, replaces, deleteBeforeReplace: this.now.deleteBeforeReplace };
  }

  async create(urn: string, inputs: Props) {
    this.running += 1;
    this.peak = Math.max(this.peak, this.running);
    try {
      await this.hold;
      await new Promise((resolve) => setImmediate(resolve));
      this.record("create", urn);
      const name = nameOf(urn);
      if (inputs["fail"] === "create") throw new Error(`cannot create ${name}`);
      const count = this.now.calls.filter((call) => call === `create ${name}`).length;
      const id = `${name}-${count}`;
      const outs = { ...inputs, arn: `arn:fake:${id}`, ...(inputs["hidden"] === true && { password: hunter2 }) };
      this.set(({ things }) => {
        things[id] = outs;
      });
      if (inputs["fail"] === "init")
        throw Object.assign(new Error("not ready"), { id, properties: outs, reasons: ["slow"] });
      return { id, outs };
    } finally {
      this.running -= 1;
    }
  }

  async update(id: string, urn: string, olds: Props, news: Props) {
    this.record("update", urn);
    if (news["fail"] === "update") throw new Error(`cannot update ${nameOf(urn)}`);
    const outs = { ...news, arn: olds["arn"], ...(news["hidden"] === true && { password: hunter2 }) };
    this.set(({ things }) => {
      things[id] = outs;
    });
    return { outs };
  }

  async delete(id: string, urn: string) {
    this.record("delete", urn);
    if (this.now.failDelete) throw new Error(`cannot delete ${nameOf(urn)}`);
    this.set(({ things }) => delete things[id]);
  }

  async read(id: string) {
    const props = this.now.things[id];
    if (!props) return { id: "", props: {} };
    const { arn, password, ...inputs } = props;
    return { id, props, inputs };
  }

  async invoke(token: string, args: Props) {
    if (token === "fake:index:echo") return { outputs: { said: args["say"] } };
    throw new Error(`unknown function ${token}`);
  }

  async construct(name: string, type: string, inputs: pulumi.Inputs, options: pulumi.ComponentResourceOptions) {
    if (type !== "fake:index:Pair") throw new Error(`unknown component ${type}`);
    const pair = new Pair(name, inputs, options);
    return { urn: pair.urn, state: { firstArn: pair.firstArn } };
  }
}

const hunter2 = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: "hunter2" };

function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? "";
}

export class Thing extends pulumi.CustomResource {
  declare readonly arn: pulumi.Output<string>;
  declare readonly value: pulumi.Output<unknown>;
  declare readonly password: pulumi.Output<string>;

  constructor(name: string, args: Record<string, pulumi.Input<unknown>> = {}, options?: pulumi.CustomResourceOptions) {
    super("fake:index:Thing", name, { value: undefined, arn: undefined, password: undefined, ...args }, options);
  }
}

/** Two things, made where the program or the provider runs. */
export class Pair extends pulumi.ComponentResource {
  readonly firstArn: pulumi.Output<string>;

  constructor(name: string, inputs: pulumi.Inputs, options: pulumi.ComponentResourceOptions = {}) {
    super("fake:index:Pair", name, inputs, options);
    const { value, fail } = inputs;
    const first = new Thing(`${name}-first`, { value, ...(fail && { fail }) }, { parent: this });
    new Thing(`${name}-second`, { value: first.arn }, { parent: this });
    this.firstArn = first.arn;
    this.registerOutputs({ firstArn: this.firstArn });
  }
}

/** The remote face of Pair, as a package's SDK has it: the provider constructs it. */
export class RemotePair extends pulumi.ComponentResource {
  declare readonly firstArn: pulumi.Output<string>;

  constructor(name: string, args: { value: pulumi.Input<string> }, options?: pulumi.ComponentResourceOptions) {
    super("fake:index:Pair", name, { ...args, firstArn: undefined }, options, true);
  }
}

export class FakeProvider extends pulumi.ProviderResource {
  constructor(name: string, args: Record<string, pulumi.Input<string>> = {}, options?: pulumi.ResourceOptions) {
    super("fake", name, args, options);
  }
}
