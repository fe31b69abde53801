/** Shared names that lead to another environment: a new record with a weight would take a part of what is asked there. */
import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import { SwitchyardError } from "../../../programs/errors.ts";
import type { Aws } from "../../aws/clients.ts";
import { recordsOf } from "../../aws/records.ts";
import type { PlannedChange } from "../../stacks/changes.ts";
import type { Plan } from "../../stacks/update.ts";

/** A weighted record that a plan makes. */
interface Coming {
  readonly zoneId: string;
  readonly host: string;
  readonly identifier: string;
  readonly weight: number;
}

/** @throws SwitchyardError `name-taken` before the first write. */
export async function refuseTakenNames(aws: Aws, { stack, changes }: Pick<Plan, "stack" | "changes">): Promise<void> {
  // One after the other: Route 53 answers five calls a second (Route 53 developer guide, "Quotas").
  for (const coming of comingNames(changes)) {
    const taken = takenBy(coming, await recordsOf(aws, coming.zoneId, coming.host));
    if (taken !== undefined) throw nameTaken(stack, coming.host, taken);
  }
}

export function comingNames(changes: readonly PlannedChange[]): readonly Coming[] {
  return changes.flatMap(({ type, op, after }) => {
    const { zoneId, name, setIdentifier, weightedRoutingPolicies } = (after ?? {}) as Partial<Asked>;
    if (type !== "aws:route53/record:Record" || op !== "create" || setIdentifier === undefined) return [];
    const weight = weightedRoutingPolicies?.[0]?.weight ?? 0;
    return [{ zoneId: zoneId ?? "", host: name ?? "", identifier: setIdentifier, weight }];
  });
}

interface Asked {
  readonly zoneId: string;
  readonly name: string;
  readonly setIdentifier: string;
  readonly weightedRoutingPolicies: readonly { readonly weight: number }[];
}

/** Whose the name is; undefined where nobody's is taken from. Route 53 has no weighted record beside one without a weight. */
export function takenBy(
  { identifier, weight }: Pick<Coming, "identifier" | "weight">,
  records: readonly Pick<ResourceRecordSet, "SetIdentifier" | "Weight">[],
): { readonly by: string } | "plain" | undefined {
  if (records.some(({ SetIdentifier }) => SetIdentifier === undefined)) return "plain";
  const other = records.find(({ SetIdentifier, Weight = 0 }) => SetIdentifier !== identifier && Weight > 0);
  return weight > 0 && other?.SetIdentifier !== undefined ? { by: other.SetIdentifier } : undefined;
}

function nameTaken(stack: string, host: string, taken: { readonly by: string } | "plain"): SwitchyardError {
  return new SwitchyardError("name-taken", {
    where: `stack ${stack}`,
    ...(taken === "plain"
      ? {
          what: `${host} has a record without a weight, which none with a weight can be beside`,
          fix: `take that record away first; where it is another environment's, move ${host} from \`names\` to \`shared\` there`,
        }
      : {
          what: `${host} leads to ${taken.by}: this environment would answer a part of what is asked there, from another database`,
          fix: `\`switchyard upgrade ${taken.by} --to <tag> --beside ${stack}\` makes this one beside it; or take ${host} out of \`switchyard:domain.shared\``,
        }),
  });
}
