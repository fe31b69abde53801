import type * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../../account.ts";
import type { Statement } from "../../../policy.ts";

/** The account a role acts in, and the stacks it acts on: names, or patterns of names such as `pr-*`. */
export interface Place {
  readonly account: Account;
  readonly stacks: readonly string[];
}

/** ARNs of a service in the account's region, one for each of the stacks. */
export function ofStacks({ account, stacks }: Place, service: string, resource: (stack: string) => string): string[] {
  return stacks.map((stack) => inRegion(account, service, resource(stack)));
}

export function inRegion({ partition, region, id }: Account, service: string, resource: string): string {
  return `arn:${partition}:${service}:${region}:${id}:${resource}`;
}

export function allow(
  Sid: string,
  Action: readonly string[],
  Resource: pulumi.Input<string> | readonly pulumi.Input<string>[],
  Condition?: Statement["Condition"],
): Statement {
  return {
    Sid,
    Effect: "Allow",
    Action: [...Action],
    Resource: typeof Resource === "object" && Symbol.iterator in Resource ? [...Resource] : Resource,
    ...(Condition === undefined ? {} : { Condition }),
  };
}
