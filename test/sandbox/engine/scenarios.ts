import * as pulumi from "@pulumi/pulumi";
import type { PulumiFn } from "@pulumi/pulumi/automation/index.js";
import type { FakeCloud } from "./fake.ts";
import { FakeProvider, Pair, RemotePair, Thing } from "./fake.ts";

/** One thing done to a stack. */
export interface Act {
  readonly do: "up" | "preview" | "refresh" | "previewRefresh" | "destroy";
  readonly program?: PulumiFn;
  /** What happens to the cloud before it. */
  readonly before?: (cloud: FakeCloud) => void;
  readonly target?: string[];
  readonly targetDependents?: boolean;
  readonly refresh?: boolean;
}

/** Acts that both engines must play alike: same operations in the same order, same calls, same state. */
export interface Scenario {
  readonly name: string;
  readonly previews?: boolean;
  readonly acts: readonly Act[];
}

const up = (program: PulumiFn, more: Partial<Act> = {}): Act => ({ do: "up", program, ...more });
const preview = (program: PulumiFn, more: Partial<Act> = {}): Act => ({ do: "preview", program, ...more });
const nothing: PulumiFn = async () => {};

/** a ← b ← c by value; `name` replaces. */
const chain = (a: Record<string, unknown>, options: pulumi.CustomResourceOptions = {}): PulumiFn => {
  return async () => {
    const first = new Thing("a", a, options);
    const second = new Thing("b", { value: first.arn });
    const third = new Thing("c", { value: second.arn }, { dependsOn: [first] });
    return { arn: third.arn, everything: { list: [first.arn, 1, true, null] } };
  };
};

/** a ← b by a property whose change replaces it, a ← c by one that does not. */
const family = (name: string, options: pulumi.CustomResourceOptions = {}): PulumiFn => {
  return async () => {
    const root = new Thing("a", { name }, options);
    const child = new Thing("b", { parentId: root.arn });
    new Thing("c", { value: child.arn });
  };
};

const one = (args: Record<string, unknown>, options?: pulumi.CustomResourceOptions): PulumiFn => {
  return async () => ({ arn: new Thing("a", args as Record<string, pulumi.Input<unknown>>, options).arn });
};

/** One after the other, so that what is done has one order: a provider that says much, little or nothing of a change. */
const kinds: PulumiFn = async () => {
  const given: [string, Record<string, unknown>, pulumi.CustomResourceOptions?][] = [
    ["terse", { value: "1" }],
    ["wordy", { value: "1", tags: { x: "1", y: "1" }, says: "details" }],
    ["mute", { value: "1", tags: { x: "1", y: "1" }, says: "nothing" }],
    ["secret", { value: pulumi.secret("1"), says: "details" }],
    ["ignored", { value: "1", says: "details" }, { ignoreChanges: ["value"] }],
    ["still", { value: "1", says: "details" }],
    ["lost", { value: "1" }],
  ];
  const made: Thing[] = [];
  for (const [name, args, options] of given)
    made.push(
      new Thing(name, args as Record<string, pulumi.Input<unknown>>, { ...options, dependsOn: made.slice(-1) }),
    );
  new Thing("seen", {}, { id: "still-1", dependsOn: made });
};

/** Somebody's hand on each of them; of `still` only what no program says has changed. */
const meddle = (cloud: FakeCloud) =>
  cloud.set(({ things }) => {
    const { "terse-1": terse, "wordy-1": wordy, "mute-1": mute, "secret-1": secret } = things;
    for (const thing of [terse, secret, things["ignored-1"]]) Object.assign(thing ?? {}, { value: "2" });
    for (const thing of [wordy, mute]) Object.assign(thing ?? {}, { value: "2", tags: { y: "2", z: "2" } });
    Object.assign(things["still-1"] ?? {}, { arn: "arn:fake:moved" });
    delete things["lost-1"];
  });

const dbr = (cloud: FakeCloud) => cloud.set((contents) => Object.assign(contents, { deleteBeforeReplace: true }));

class Box extends pulumi.ComponentResource {
  constructor(name: string, options: pulumi.ComponentResourceOptions = {}, child = `${name}-inner`) {
    super("fake:index:Box", name, {}, options);
    new Thing(child, { value: "1" }, { parent: this });
    this.registerOutputs({ done: true });
  }
}

export const scenarios: readonly Scenario[] = [
  {
    name: "create, keep, update, delete",
    acts: [
      preview(chain({ value: "1" })),
      up(chain({ value: "1" })),
      preview(chain({ value: "1" })),
      up(chain({ value: "1" })),
      preview(chain({ value: "2" })),
      up(chain({ value: "2" })),
      up(one({ value: "2" })),
      { do: "destroy" },
    ],
  },
  {
    name: "replace, creating first",
    acts: [up(chain({ name: "x" })), preview(chain({ name: "y" })), up(chain({ name: "y" })), { do: "destroy" }],
  },
  {
    name: "replace, creating first, with a provider that previews",
    previews: true,
    acts: [up(chain({ name: "x" })), preview(chain({ name: "y" })), up(chain({ name: "y" })), { do: "destroy" }],
  },
  {
    name: "replace, deleting first, with dependents, as the provider asks",
    acts: [up(family("x")), preview(family("y"), { before: dbr }), up(family("y")), up(family("y"))],
  },
  {
    name: "replace, deleting first, as the program asks",
    acts: [
      up(family("x", { deleteBeforeReplace: true })),
      up(family("y", { deleteBeforeReplace: true })),
      { do: "destroy" },
    ],
  },
  {
    name: "ignoreChanges at paths, nested and for all of a list",
    acts: [
      up(one({ tags: { a: "1", b: "1" }, list: [{ x: 1, y: 1 }] })),
      preview(one({ tags: { a: "2", b: "1" }, list: [{ x: 2, y: 1 }] }, { ignoreChanges: ["tags.a", "list[*].x"] })),
      up(one({ tags: { a: "2", b: "2" }, list: [{ x: 2, y: 2 }] }, { ignoreChanges: ["tags.a", "list[*].x"] })),
      up(one({ value: "new" }, { ignoreChanges: ["value", "tags", "list"] })),
    ],
  },
  {
    name: "ignoreChanges of everything",
    acts: [up(one({ value: "1", other: "1" })), up(one({ value: "2", other: "2" }, { ignoreChanges: ["*"] }))],
  },
  {
    name: "protected resources are not deleted",
    acts: [
      up(one({ name: "x" }, { protect: true })),
      preview(nothing),
      up(nothing),
      up(one({ name: "x" }, { protect: false })),
      up(nothing),
    ],
  },
  {
    name: "protected resources are not replaced",
    acts: [up(one({ name: "x" }, { protect: true })), up(one({ name: "y" }, { protect: true }))],
  },
  { name: "retainOnDelete leaves the thing", acts: [up(one({}, { retainOnDelete: true })), up(nothing)] },
  {
    name: "deletedWith spares the call",
    acts: [
      up(async () => {
        const a = new Thing("a");
        new Thing("b", {}, { deletedWith: a });
      }),
      { do: "destroy" },
    ],
  },
  {
    name: "aliases by name, by URN, by parent",
    acts: [
      up(async () => {
        new Thing("a", { value: "1" });
        new Thing("b", { value: "1" });
        new Box("box");
      }),
      up(async () => {
        new Thing("renamed", { value: "1" }, { aliases: [{ name: "a" }] });
        new Thing("b2", { value: "1" }, { aliases: ["urn:pulumi:dev::lab::fake:index:Thing::b"] });
        new Box("crate", { aliases: [{ name: "box" }] }, "crate-inner");
      }),
      up(async () => {
        const box = new Box("crate", { aliases: [{ name: "box" }] }, "crate-inner");
        new Thing("renamed", { value: "1" }, { parent: box, aliases: [{ parent: pulumi.rootStackResource }] });
        new Thing("b2", { value: "1" });
      }),
    ],
  },
  {
    name: "a resource that others depend on is renamed while they are not registered yet",
    acts: [
      up(chain({ value: "1" })),
      up(async () => {
        const a = new Thing("z", { value: "1" }, { aliases: [{ name: "a" }] });
        const b = new Thing("b", { value: a.arn });
        new Thing("c", { value: b.arn }, { dependsOn: [a] });
      }),
    ],
  },
  {
    name: "explicit providers, and a change of account that replaces their resources",
    acts: ["1", "1", "2"].map((account) =>
      up(async () => {
        const provider = new FakeProvider("mine", { account });
        new Thing("a", { value: "1" }, { provider });
      }),
    ),
  },
  {
    name: "a failed creation, repaired by the next update",
    acts: [
      up(async () => {
        const a = new Thing("a");
        new Thing("b", { value: a.arn, fail: "create" });
      }),
      up(async () => {
        const a = new Thing("a");
        new Thing("b", { value: a.arn });
      }),
    ],
  },
  {
    name: "a failed update and a failed deletion",
    acts: [
      up(one({ value: "1" })),
      up(one({ value: "2", fail: "update" })),
      up(nothing, { before: (cloud) => cloud.set((contents) => Object.assign(contents, { failDelete: true })) }),
      up(nothing, { before: (cloud) => cloud.set((contents) => Object.assign(contents, { failDelete: false })) }),
    ],
  },
  {
    name: "a creation that fails to initialise",
    acts: [up(one({ value: "1", fail: "init" })), up(one({ value: "1", fail: "init" })), up(one({ value: "1" }))],
  },
  { name: "inputs the provider refuses", acts: [preview(one({ fail: "check" })), up(one({ fail: "check" }))] },
  {
    name: "refresh after drift and loss",
    acts: [
      up(chain({ value: "1" })),
      {
        do: "refresh",
        before: (cloud) => cloud.set(({ things }) => Object.assign(things["a-1"] ?? {}, { value: "drifted" })),
      },
      preview(chain({ value: "1" })),
      { do: "refresh", before: (cloud) => cloud.set(({ things }) => delete things["b-1"]) },
      up(chain({ value: "1" })),
    ],
  },
  {
    name: "update with --refresh",
    acts: [
      up(chain({ value: "1" })),
      up(chain({ value: "1" }), {
        refresh: true,
        before: (cloud) => cloud.set(({ things }) => Object.assign(things["a-1"] ?? {}, { value: "drifted" })),
      }),
    ],
  },
  {
    name: "what a refresh finds",
    acts: [
      up(kinds),
      { do: "previewRefresh", before: meddle },
      preview(kinds, { refresh: true }),
      up(kinds, { refresh: true }),
      { do: "previewRefresh" },
      {
        do: "refresh",
        before: (cloud) =>
          cloud.set(({ things }) => {
            for (const id of ["terse-1", "wordy-1", "ignored-1"]) Object.assign(things[id] ?? {}, { value: "3" });
            Object.assign(things["still-1"] ?? {}, { arn: "arn:fake:moved-again" });
          }),
      },
    ],
  },
  {
    name: "components here and at the provider",
    acts: [1, 2].map(() =>
      up(async () => {
        const here = new Pair("here", { value: "1" });
        const there = new RemotePair("there", { value: here.firstArn });
        return { here: here.firstArn, there: there.firstArn };
      }),
    ),
  },
  {
    name: "import, and a read",
    acts: [
      up(one({ value: "1" })),
      up(async () => {
        const a = new Thing("a", { value: "1" }, { retainOnDelete: true });
        const seen = new Thing("seen", {}, { id: "a-1", dependsOn: [a] });
        return { seen: seen.arn, a: a.arn };
      }),
      up(nothing),
      up(one({ value: "1" }, { import: "a-1" })),
      up(one({ value: "1" }, { import: "a-1" })),
      { do: "destroy" },
    ],
  },
  {
    name: "import of what is different or missing",
    acts: [
      up(one({ value: "1" }, { retainOnDelete: true })),
      up(nothing),
      up(one({ value: "2" }, { import: "a-1" })),
      up(one({ value: "2" }, { import: "none" })),
    ],
  },
  {
    name: "secrets in inputs and outputs",
    acts: [
      up(one({ value: pulumi.secret("quiet"), hidden: true })),
      up(async () => {
        const a = new Thing("a", { value: pulumi.secret("quiet"), hidden: true });
        const b = new Thing("b", { value: a.password, nested: { deep: [pulumi.secret("deep")] } });
        const c = new Thing("c", { value: "open" }, { additionalSecretOutputs: ["arn"], dependsOn: [b] });
        return { a: a.value, b: b.value, arn: c.arn, plain: "1" };
      }),
      { do: "refresh" },
    ],
  },
  {
    name: "targets",
    acts: [
      up(chain({ value: "1" })),
      up(chain({ value: "2" }), { target: ["urn:pulumi:dev::lab::fake:index:Thing::b"] }),
      up(chain({ value: "2" }), { target: ["urn:pulumi:dev::lab::fake:index:Thing::a"] }),
      { do: "destroy", target: ["urn:pulumi:dev::lab::fake:index:Thing::c"] },
      { do: "destroy", target: ["urn:pulumi:dev::lab::fake:index:Thing::a"] },
      { do: "destroy", target: ["urn:pulumi:dev::lab::fake:index:Thing::a"], targetDependents: true },
    ],
  },
  {
    name: "the same name twice",
    acts: [
      up(async () => {
        const a = new Thing("a");
        a.arn.apply(() => new Thing("a"));
      }),
    ],
  },
  {
    name: "a program that throws",
    acts: [
      up(async () => {
        new Thing("a");
        throw new Error("the program is wrong");
      }),
    ],
  },
];
