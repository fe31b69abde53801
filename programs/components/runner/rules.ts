/** Of which events the status queue is told. A rule of the default bus hears of its own account and region alone. */
import type * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";

export interface Rule {
  readonly suffix: string;
  readonly description: string;
  /** Amazon EventBridge, "Event patterns". */
  readonly pattern: Readonly<Record<string, unknown>>;
}

export function executionsRule(stateMachineArn: readonly pulumi.Input<string>[]): Rule {
  return {
    suffix: "executions",
    description: "How executions of the runner's state machines end",
    pattern: {
      source: ["aws.states"],
      "detail-type": ["Step Functions Execution Status Change"],
      detail: { stateMachineArn, status: ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"] },
    },
  };
}

/** Characters of the names in one pattern, of which a rule takes 2,048 in all (Amazon EventBridge, "Quotas"). */
const mostOfNames = 1_800;

/** None where no repository is of this account and region, as a pattern must not have an empty list; several for many of them. */
export function pushesRules(repositoryUrls: readonly string[], { id, region }: Account): readonly Rule[] {
  const registry = `${id}.dkr.ecr.${region}.`;
  const own = repositoryUrls.filter((url) => url.startsWith(registry));
  const names = own.map((url) => url.slice(url.indexOf("/") + 1));
  return chunked(names).map((these, at) => ({
    suffix: at === 0 ? "pushes" : `pushes-${at + 1}`,
    description: "Images that are pushed to the pipeline's repositories",
    pattern: {
      source: ["aws.ecr"],
      "detail-type": ["ECR Image Action"],
      detail: { "action-type": ["PUSH"], result: ["SUCCESS"], "repository-name": these },
    },
  }));
}

function chunked(names: readonly string[]): string[][] {
  const chunks: string[][] = [];
  let length = mostOfNames;
  for (const name of names) {
    length += JSON.stringify(name).length + 1;
    if (length > mostOfNames) {
      chunks.push([]);
      length = JSON.stringify(name).length + 1;
    }
    chunks.at(-1)?.push(name);
  }
  return chunks;
}

export function alarmsRule(alarmName: readonly pulumi.Input<string>[]): Rule {
  return {
    suffix: "alarms",
    description: "The runner's alarms that go off and that are over",
    pattern: {
      source: ["aws.cloudwatch"],
      "detail-type": ["CloudWatch Alarm State Change"],
      detail: { alarmName, state: { value: ["ALARM", "OK"] } },
    },
  };
}
