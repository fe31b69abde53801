import type * as pulumi from "@pulumi/pulumi";
import { SwitchyardError } from "../../errors.ts";
import { subnetsOf } from "./existing.ts";

/** Where an environment's parts are: in a network of its own, or in another's. */
export interface Place {
  readonly vpcId: pulumi.Input<string>;
  /** Of load balancers and NAT gateways. */
  readonly publicSubnetIds: pulumi.Input<string[]>;
  /** Of services and functions: out to the internet, not in. */
  readonly privateSubnetIds: pulumi.Input<string[]>;
  /** Of databases: no way to or from the internet. */
  readonly isolatedSubnetIds: pulumi.Input<string[]>;
}

/**
 * The network of another environment of this account and region, as AWS has it.
 *
 * @throws SwitchyardError `invalid-config` when that has none: it is not applied, or is in another's itself.
 */
export async function networkOfStack(stack: string, options: pulumi.InvokeOptions): Promise<Place> {
  const [publics, privates, isolated] = await Promise.all(
    (["Public", "Private", "Isolated"] as const).map((type) => subnetsOf(stack, type, options)),
  );
  const [first] = privates ?? [];
  if (first === undefined)
    throw new SwitchyardError("invalid-config", {
      what: `the stack ${stack} has no network of its own in this account and region`,
      where: "switchyard:network.of",
      fix: `Apply it first (\`switchyard up ${stack}\`), or name one that has a network`,
    });
  return {
    vpcId: first.vpcId,
    publicSubnetIds: idsInOrder(publics),
    privateSubnetIds: idsInOrder(privates),
    isolatedSubnetIds: idsInOrder(isolated),
  };
}

/** Zone by zone: AWS lists them as it likes, and a changed order is a change of what they are given to. */
function idsInOrder(subnets: Awaited<ReturnType<typeof subnetsOf>> = []): string[] {
  return subnets.toSorted((one, other) => one.number - other.number).map(({ id }) => id);
}
