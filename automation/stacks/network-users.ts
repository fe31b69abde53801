/** Other environments in a stack's network: those with `network.of`. */
import { SwitchyardError } from "../../programs/errors.ts";
import type { Aws } from "../aws/clients.ts";
import { type StateResource, stateResources } from "./destroy.ts";
import type { OpenStack } from "./open.ts";

/**
 * Refuses to take a network from under others, which AWS would do only when most of the stack is gone.
 *
 * @throws SwitchyardError `protected` naming the environments.
 */
export async function refuseUsedNetwork({ name, stack }: OpenStack, aws: Aws): Promise<void> {
  const users = await usersOf(networksIn(await stateResources(stack)), name, aws);
  if (users.length === 0) return;
  const [first] = users;
  throw new SwitchyardError("protected", {
    what: `its network is that of ${users.join(", ")} too; nothing was deleted`,
    where: `stack ${name}`,
    fix: `destroy ${users.length === 1 ? "that" : "those"} first, such as with \`switchyard destroy ${first} --yes\` (a preview: \`switchyard preview destroy <number>\`)`,
  });
}

/** The ids of the networks a stack's state has. */
function networksIn(resources: readonly StateResource[]): readonly string[] {
  return resources.flatMap(({ type, id }) => (type === "aws:ec2/vpc:Vpc" && id ? [id] : []));
}

/** By the security groups in it: every environment has some, with its name among their tags. */
async function usersOf(networks: readonly string[], owner: string, aws: Aws): Promise<readonly string[]> {
  if (networks.length === 0) return [];
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-ec2"), aws.client("ec2")]);
  const found = new Set<string>();
  const inThem = { Filters: [{ Name: "vpc-id", Values: [...networks] }] };
  for await (const { SecurityGroups = [] } of sdk.paginateDescribeSecurityGroups({ client }, inThem))
    for (const { Tags = [] } of SecurityGroups) {
      const stack = Tags.find(({ Key }) => Key === "stack")?.Value;
      if (stack !== undefined && stack !== owner && Tags.some(isOurs)) found.add(stack);
    }
  return [...found].sort();
}

function isOurs({ Key, Value }: { Key?: string; Value?: string }): boolean {
  return Key === "managed-by" && Value === "switchyard";
}
