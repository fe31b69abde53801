/** What an environment's program asked for, and what an update changes of it; nothing is asked of any engine or AWS. */

import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { loadProviders } from "@switchyard/sandbox";
import type { PlannedChange } from "../../../automation/stacks/changes.ts";
import { nameOf, typeOf } from "../../../automation/stacks/changes.ts";
import type { Resources } from "../../programs/mocks.ts";

const { awsRows } = await loadProviders();

export interface Resource {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly within: readonly string[];
}

/** By `<type> <name>`, in the order they were asked for. */
export type Account = ReadonlyMap<string, Resource>;

type Row = { readonly replace?: readonly string[] };
const rows = awsRows as unknown as Readonly<Record<string, Row>>;

/** What the account will be: inputs that an update ignores stay as they are. */
export function accountAfter(before: Account, resources: Resources): Account {
  const parents = (key: string): readonly string[] => {
    const parent = resources.options.get(key)?.parent ?? "";
    if (parent === "" || typeOf(parent) === "pulumi:pulumi:Stack") return [];
    return [parent, ...parents(`${typeOf(parent)} ${nameOf(parent)}`)];
  };
  return new Map(
    [...resources.inputs].map(([key, secret]) => {
      const inputs = reveal(secret) as Readonly<Record<string, unknown>>;
      const [type = "", name = ""] = key.split(" ");
      const old = before.get(key);
      const ignored = old ? (resources.options.get(key)?.ignoreChanges ?? []) : [];
      const kept = Object.fromEntries(
        ignored.flatMap((name) => (old && name in old.inputs ? [[name, old.inputs[name]]] : [])),
      );
      const asked = Object.fromEntries(Object.entries(inputs).filter(([name]) => !ignored.includes(name)));
      return [key, { type, name, inputs: { ...asked, ...kept }, within: parents(key) }];
    }),
  );
}

/** Values without the mark of a secret, by which Pulumi's SDK sends them. */
function reveal(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(reveal);
  if (pulumi.runtime.specialSigKey in value && "value" in value) return reveal(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, reveal(inner)]));
}

/** As an engine's preview tells it: creations and updates in the order they are asked for, deletions last. */
export function changesBetween(before: Account, after: Account): readonly PlannedChange[] {
  const kept = [...after].flatMap(([key, now]) => {
    const old = before.get(key);
    if (!old) return [changeOf("create", now, [], undefined, now)];
    const properties = [...new Set([...Object.keys(old.inputs), ...Object.keys(now.inputs)])].filter(
      (name) => !isDeepStrictEqual(old.inputs[name], now.inputs[name]),
    );
    if (properties.length === 0) return [];
    const replaced = properties.some((name) => rows[now.type]?.replace?.includes(name));
    return [changeOf(replaced ? "replace" : "update", now, properties, old, now)];
  });
  const gone = [...before].filter(([key]) => !after.has(key)).reverse();
  return [...kept, ...gone.map(([, old]) => changeOf("delete", old, [], old, undefined))];
}

function changeOf(
  op: string,
  { type, name, within }: Resource,
  properties: readonly string[],
  before: Resource | undefined,
  after: Resource | undefined,
): PlannedChange {
  return {
    ...{ urn: `urn:pulumi:sandbox::switchyard::${type}::${name}`, type, op, properties, within },
    ...(before && { before: before.inputs }),
    ...(after && { after: after.inputs }),
  };
}
