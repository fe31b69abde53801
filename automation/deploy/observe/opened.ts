/** Who may come in by a hand's doing: rules of security groups that the program did not make. */
import type { SecurityGroupRule } from "@aws-sdk/client-ec2";
import { SwitchyardError } from "../../../programs/errors.ts";
import type { Aws } from "../../aws/clients.ts";
import { type Plan, refuseViolations } from "../../stacks/update.ts";
import type { Halt } from "../decide/decision.ts";

/**
 * Refuses what a mandatory rule forbids. Once it is refreshed, a group's own list repeats the rules that a hand has added to
 * it, which the policies judge as the program's: then it is the hand that is told of.
 *
 * @throws SwitchyardError `drift` with the command that takes the rules away; `policy-violation`.
 */
export async function refuseForbidden(aws: Aws, planned: Pick<Plan, "stack" | "violations">): Promise<void> {
  const { stack, violations } = planned;
  const isList = violations.some(({ level, message }) => level === "mandatory" && /\bingress\[\d+\]/.test(message));
  const [halt] = isList ? await openedByHand(aws, stack) : [];
  if (halt === undefined) return refuseViolations(planned);
  throw new SwitchyardError("drift", {
    what: `${halt.why}; the policies forbid it, so nothing was changed`,
    where: `stack ${stack}`,
    fix: `${halt.fix}, then run this again`,
  });
}

/** Rules of the stack's security groups that the program did not make: its own carry its tags. */
async function foreignRules(aws: Aws, stack: string): Promise<readonly SecurityGroupRule[]> {
  const { paginateDescribeSecurityGroupRules, paginateDescribeSecurityGroups } = await import("@aws-sdk/client-ec2");
  const client = await aws.client("ec2");
  const Filters = [
    { Name: `tag:${mark.Key}`, Values: [mark.Value] },
    { Name: "tag:stack", Values: [stack] },
  ];
  const groups: string[] = [];
  for await (const page of paginateDescribeSecurityGroups({ client }, { Filters }))
    groups.push(...(page.SecurityGroups ?? []).flatMap(({ GroupId }) => GroupId ?? []));
  if (groups.length === 0) return [];
  const rules: SecurityGroupRule[] = [];
  const ofGroups = { Filters: [{ Name: "group-id", Values: groups }] };
  for await (const page of paginateDescribeSecurityGroupRules({ client }, ofGroups))
    rules.push(...(page.SecurityGroupRules ?? []));
  return rules.filter(({ Tags = [] }) => !Tags.some(({ Key, Value }) => Key === mark.Key && Value === mark.Value));
}

/** What the program writes on everything it makes. */
const mark = { Key: "managed-by", Value: "switchyard" };

/** A halt for the rules a hand has added to the stack's security groups. */
export async function openedByHand(aws: Aws, stack: string): Promise<readonly Halt[]> {
  const rules = await foreignRules(aws, stack);
  if (rules.length === 0) return [];
  const revokes = rules.map(
    ({ GroupId, IsEgress, SecurityGroupRuleId }) =>
      `aws ec2 revoke-security-group-${IsEgress ? "egress" : "ingress"} --group-id ${GroupId} --security-group-rule-ids ${SecurityGroupRuleId}`,
  );
  return [
    {
      kind: "halt",
      why: `security group rules were added by hand: ${rules.map(ruleText).join("; ")}`,
      fix: `no command of Switchyard's takes them away: \`${revokes.join("; ")}\``,
    },
  ];
}

function ruleText(rule: SecurityGroupRule): string {
  const { GroupId, IsEgress, IpProtocol, FromPort, ToPort, CidrIpv4, CidrIpv6, PrefixListId, ReferencedGroupInfo } =
    rule;
  const who = CidrIpv4 ?? CidrIpv6 ?? PrefixListId ?? ReferencedGroupInfo?.GroupId ?? "an unknown source";
  const ports =
    IpProtocol === "-1" ? "everything" : `${IpProtocol} ${FromPort === ToPort ? FromPort : `${FromPort} to ${ToPort}`}`;
  return `${GroupId} lets ${ports} ${IsEgress ? "out to" : "in from"} ${who}`;
}
