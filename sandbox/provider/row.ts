/** The shape of one row of the table: how a resource type or a function of a package maps to AWS calls. */
import type { Output, Unwrap } from "@pulumi/pulumi";
import type { Clients } from "./clients.ts";
import type { Bag } from "./values.ts";

/** A resource class's arguments as plain values. */
export type In<A> = Unwrap<A>;

/** A resource class's output properties as plain values. */
export type Out<R> = {
  [K in keyof R as R[K] extends Output<unknown> ? K : never]?: R[K] extends Output<infer T> ? T | undefined : never;
};

export type Tags = Record<string, string>;

/** What a row works with. */
export interface Context extends Clients {
  readonly region: string;
  /** Clients of another region: a registry's, which an image's name says. */
  readonly in: (region: string) => Clients;
  /** The Pulumi name of the resource. */
  readonly name: string;
  /** The resource's tags together with the provider's default tags. */
  readonly tags: Tags;
  account(): Promise<string>;
  /** Notes the id as soon as the thing exists, so a failure of a later step of `create` does not lose it. */
  created(id: string): string;
  /** Asks again, ever less often, until the answer is not undefined. `what` completes "timed out waiting for …". */
  until<T>(what: string, probe: () => Promise<T | undefined>, deadlineSeconds?: number): Promise<T>;
}

export interface Change<A, R> {
  readonly old: In<A> & Out<R>;
  /** Whether any of these inputs differs from what is there. */
  changed(...keys: (keyof A)[]): boolean;
}

/** One resource type. Inputs in neither `update` nor `replace` (but tags, where `tag` is given) are refused. */
export interface Row<A, R> {
  /** Inputs that can change in place. */
  readonly update?: readonly (keyof A)[];
  /** Inputs whose change replaces the resource. */
  readonly replace?: readonly (keyof A)[];
  readonly required?: readonly (keyof A)[];
  /** Outputs only known after creation, as a preview shows them. */
  readonly computed?: readonly (keyof R)[];
  /** Computed outputs an update gives a new value. */
  readonly recomputed?: readonly (keyof R)[];
  /** Input that is named after the resource, with seven random hex digits, when not given. */
  readonly autoName?: {
    readonly key: keyof A & string;
    readonly max: number;
    readonly lower?: boolean;
    readonly prefix?: string;
  };
  readonly defaults?: Partial<In<A>>;
  /** Inputs whose arrays' order matters. */
  readonly ordered?: readonly (keyof A)[];
  /** Inputs that AWS never adds entries to by itself: any further entry is drift. */
  readonly exact?: readonly (keyof A)[];
  readonly secrets?: readonly (keyof A | keyof R)[];
  readonly deleteBeforeReplace?: boolean;
  /** Refuses inputs, naming the fault, before anything is created. */
  readonly check?: (inputs: Partial<In<A>>) => { property: keyof A & string; reason: string } | undefined;
  /** Brings inputs into the form AWS answers them in. */
  readonly normalise?: (inputs: In<A>) => In<A>;
  /** Inputs for which two forms mean the same to AWS, e.g. a name and an ARN. */
  readonly equal?: { readonly [K in keyof A]?: (left: unknown, right: unknown) => boolean };
  /** Creates the thing and returns its id, and what reading it needs beside its inputs. */
  readonly create: (inputs: In<A>, aws: Context) => Promise<string | { readonly id: string; readonly state: Out<R> }>;
  /** Waits until what was made can be used: after its creation, and before a creation that was cut off is completed. */
  readonly ready?: (id: string, aws: Context, state: In<A>) => Promise<unknown>;
  /**
   * What is there now, or undefined when it is gone. Inputs it does not return keep the value they were given, so
   * nobody is told when a hand changes them (`drift`, `up --refresh`); of what the programs give, those are only inputs
   * that AWS does not keep, such as `forceDelete`, `skipFinalSnapshot` and `recoveryWindowInDays`.
   */
  readonly read: (id: string, aws: Context, state: In<A> & Out<R>) => Promise<Out<R> | undefined>;
  /** Changes the thing; returns what reading the outcome needs, where that is new. */
  readonly write?: (id: string, inputs: In<A>, aws: Context, change: Change<A, R>) => Promise<Out<R> | undefined>;
  /** What a preview of a creation or change does, once all inputs are known. */
  readonly rehearse?: (inputs: In<A>, aws: Context) => Promise<void>;
  /** Sets tags, one or more; a row that has it takes `tags`, and says how to `untag`. */
  readonly tag?: (id: string, tags: Tags, aws: Context, state: In<A> & Out<R>) => Promise<unknown>;
  /** Removes tags, one or more, before others are set. */
  readonly untag?: (id: string, keys: string[], aws: Context, state: In<A> & Out<R>) => Promise<unknown>;
  readonly delete: (id: string, aws: Context, state: In<A> & Out<R>) => Promise<unknown>;
}

// biome-ignore lint/suspicious/noExplicitAny: a table holds rows of many types; each is checked where it is written
export type AnyRow = Row<any, any>;
export type Rows = Record<string, AnyRow>;

/** A function (invoke) of a package: arguments to result. */
export type Invoke = (args: Bag, aws: Context) => Promise<Bag>;
export type Functions = Record<string, Invoke>;

/** A row checked against the resource's class and arguments in the real package. */
export function row<A, R>(definition: Row<A, R>): AnyRow {
  return definition;
}

/** A function checked against its arguments and result in the real package. */
export function fn<A, R>(call: (args: A, aws: Context) => Promise<Partial<R>>): Invoke {
  return async (args, aws) => (await call(args as A, aws)) as Bag;
}
