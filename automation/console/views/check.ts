/** What a comparison with the account found, and what guardrails say of the next update. */
import { parseMessage } from "../../../policies/message.ts";
import type { Compared } from "../../commands/drift.ts";
import { nameOf } from "../../stacks/changes.ts";
import type { Plan, Violation } from "../../stacks/update.ts";

export interface RuleFindings {
  readonly policy: string;
  readonly level: string;
  /** What the rule asks for, or what the policy says. */
  readonly title: string;
  readonly fix?: string;
  readonly resources: readonly string[];
}

export interface CheckView extends Pick<Compared, "byHand"> {
  readonly differences: readonly {
    readonly resource: string;
    readonly type: string;
    readonly deleted: boolean;
    readonly properties: readonly string[];
  }[];
  /** What blocks an update first. */
  readonly findings: readonly RuleFindings[];
}

export function checkView({ differences, byHand }: Compared, { violations }: Pick<Plan, "violations">): CheckView {
  return {
    byHand,
    differences: differences.map(({ op, type, urn, properties }) => ({
      ...{ type, resource: nameOf(urn), deleted: op === "delete" },
      properties: properties.map(({ path }) => path),
    })),
    findings: byRule(violations),
  };
}

function byRule(violations: readonly Violation[]): readonly RuleFindings[] {
  const rules = new Map<string, RuleFindings>();
  for (const { policy, level, message, urn } of violations) {
    const key = `${level} ${policy}`;
    const said = parseMessage(message);
    const before = rules.get(key) ?? {
      ...{ policy, level, title: said?.title ?? message.split("\n")[0] ?? "", resources: [] },
      ...(said && { fix: said.fix }),
    };
    rules.set(key, { ...before, resources: [...before.resources, nameOf(urn)] });
  }
  const rank = ({ level }: RuleFindings) => (level === "mandatory" ? 0 : 1);
  return [...rules.values()].sort((a, b) => rank(a) - rank(b) || (a.policy < b.policy ? -1 : 1));
}
