/** Rows that many resource types share the shape of, made from what differs from type to type. */
import { type AnyRow, type Context, type In, type Row, row } from "../row.ts";
import type { Bag } from "../values.ts";
import { camel, pascal } from "./shared.ts";

type Shape<A, R> = Omit<Row<A, R>, "create" | "write">;

/**
 * A thing that one operation makes and changes alike, such as a bucket's policy. Its id is one of its inputs, or is made
 * of several.
 */
export interface Put<A, R> extends Shape<A, R> {
  readonly id: (keyof A & string) | ((inputs: In<A>) => string);
  readonly put: (inputs: In<A>, aws: Context) => Promise<unknown>;
}

export function putRow<A, R>({ id, put, ...rest }: Put<A, R>): AnyRow {
  return row<A, R>({
    ...rest,
    create: async (inputs, aws) => {
      await put(inputs, aws);
      return typeof id === "function" ? id(inputs) : String((inputs as Bag)[id]);
    },
    write: async (_id, inputs, aws) => {
      await put(inputs, aws);
      return undefined;
    },
  });
}

/** The parts of an id under their names; what follows the last separator but one belongs to the last part. */
export function partsOf<N extends string>(id: string, separator: string, names: readonly N[]): Record<N, string> {
  const parts = id.split(separator);
  const rest = parts.splice(names.length - 1).join(separator);
  return Object.fromEntries([...parts, rest].map((part, index) => [names[index], part])) as Record<N, string>;
}

/** A connection between things that are there: made and undone, never changed. Its id is all of its inputs, joined. */
export interface Attachment<A, R, N extends keyof A & string> {
  readonly parts: readonly N[];
  readonly separator: string;
  /** Which parts must be given: all, unless it says otherwise. */
  readonly required?: readonly N[];
  readonly update?: readonly (keyof A)[];
  readonly computed?: readonly (keyof R)[];
  readonly deleteBeforeReplace?: boolean;
  readonly attach: (parts: Record<N, string>, aws: Context) => Promise<unknown>;
  /** What there is beside the parts, or undefined where nothing is attached. */
  readonly find: (parts: Record<N, string>, aws: Context) => Promise<Awaited<ReturnType<Row<A, R>["read"]>>>;
  readonly detach: (parts: Record<N, string>, aws: Context) => Promise<unknown>;
}

export function attachmentRow<A, R, N extends keyof A & string>(shape: Attachment<A, R, N>): AnyRow {
  const { parts: names, separator, attach, find, detach, ...rest } = shape;
  const split = (id: string) => partsOf(id, separator, names);
  return row<A, R>({
    required: names,
    ...rest,
    replace: names,
    create: async (inputs, aws) => {
      const id = names.map((name) => (inputs as Bag)[name]).join(separator);
      await attach(split(id), aws);
      return id;
    },
    read: async (id, aws) => {
      const found = await find(split(id), aws);
      return found && { ...split(id), ...found };
    },
    delete: (id, aws) => detach(split(id), aws),
  });
}

const upper = (key: string) => key.charAt(0).toUpperCase() + key.slice(1);

/** The properties whose names the API has too, but for the first letter's case. */
type Alike<Resource, Member> = {
  [K in keyof Resource & string]: Capitalize<K> extends Member ? K : never;
}[keyof Resource & string];

/** Which properties of a resource its API has, and what it calls them where that is another name. */
interface Members<Resource, Request, Description> {
  /** Inputs of the same name but for the first letter's case. */
  readonly alike: readonly Alike<Resource, keyof Request & keyof Description>[];
  readonly renamed?: { readonly [K in keyof Resource]?: keyof Request & keyof Description & string };
  /** What only the description has, by the same name. */
  readonly outputs?: readonly Alike<Resource, keyof Description>[];
  /** Which of all these are empty lists where the description lacks them. */
  readonly lists?: readonly (keyof Resource)[];
}

export interface Fields<Resource, Request, Description> {
  /** The request's members, of those inputs that are given. */
  request(inputs: object): Request;
  /** The properties as the description has them: undefined what it lacks. Dates and bytes are not for this. */
  state(found: Description): { [K in keyof Resource]?: never };
}

/** Turns inputs into requests and descriptions into states, for what is called alike in Pulumi and in AWS. */
export function fields<Resource, Request extends object, Description extends object = Request>(
  members: Members<Resource, Request, Description>,
): Fields<Resource, Request, Description> {
  const named = (keys: readonly string[]) => keys.map((key): [string, string] => [key, upper(key)]);
  const inputs = [...named(members.alike), ...(Object.entries(members.renamed ?? {}) as [string, string][])];
  const all = [...inputs, ...named(members.outputs ?? [])];
  const lists = new Set(members.lists?.map(String));
  return {
    request: (given) => {
      const present = inputs.filter(([key]) => (given as Bag)[key] !== undefined);
      return Object.fromEntries(present.map(([key, name]) => [name, pascal((given as Bag)[key])])) as Request;
    },
    state: (found) => {
      const value = (key: string, name: string) => (found as Bag)[name] ?? (lists.has(key) ? [] : undefined);
      return Object.fromEntries(all.map(([key, name]) => [key, camel(value(key, name))])) as object;
    },
  };
}
