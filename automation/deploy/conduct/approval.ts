import type { Goal } from "../decide/goal.ts";
import type { Progress } from "../decide/progress.ts";
import type { EnvironmentShape } from "../observe/shape.ts";

/** When an operation that waits for approval stops waiting, in milliseconds since the epoch; undefined when it does not wait. */
export function waitsUntil(goal: Goal, { approvalAt, approved, undo, ended }: Progress): number | undefined {
  const waits = goal.kind === "deploy" && goal.approval && !approved && undo === undefined && !ended;
  return waits && approvalAt !== undefined ? approvalAt + goal.limits.approvalMs : undefined;
}

/**
 * What a person who is asked for approval needs: where the new version is to be seen, and the two answers. The preview
 * header's value is a secret: it is never printed, only the command that prints it for who may read it.
 */
export function approvalHints(
  stack: string,
  { url, previewHeader }: Pick<EnvironmentShape, "url" | "previewHeader">,
): readonly string[] {
  const { name, secretArn } = previewHeader;
  const [, , , region] = secretArn.split(":");
  return [
    `preview: ${url} with the header ${name}; its value:`,
    `  aws secretsmanager get-secret-value --region ${region} --secret-id ${secretArn} --query SecretString --output text`,
    `go on:   switchyard promote ${stack}`,
    `undo:    switchyard abort ${stack}`,
  ];
}
