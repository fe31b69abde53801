import * as z from "zod";
import { SwitchyardError } from "../../programs/errors.ts";
import type { Aws } from "../aws/clients.ts";
import type { Migration } from "./model.ts";

const kind = z.enum(["expand", "contract"]);
const answer = z.object({
  applied: z.array(z.object({ name: z.string(), kind })),
  pending: z.array(z.object({ name: z.string(), kind })),
  ran: z.array(z.string()).default([]),
});

export type MigrationRequest =
  | { readonly action: "status" }
  | { readonly action: "apply"; readonly phase: "expand" | "contract"; readonly runId: string };

export interface MigrationAnswer {
  readonly applied: readonly Migration[];
  readonly pending: readonly Migration[];
  readonly ran: readonly string[];
}

/** What the function says is applied and pending; nothing of either where an environment has no such function. */
export async function migrationStatus(
  aws: Aws,
  functionName: string | undefined,
): Promise<{ applied: readonly Migration[]; pending: readonly Migration[] }> {
  if (functionName === undefined) return { applied: [], pending: [] };
  const { applied, pending } = await invokeMigrations(aws, functionName, { action: "status" });
  return { applied, pending };
}

/**
 * @param permit Asked right before the call; throws when the lease is not held any more. Every `apply` has one.
 * @throws SwitchyardError `migration-failed` with the function's own message.
 */
export async function invokeMigrations(
  aws: Aws,
  functionName: string,
  request: MigrationRequest,
  permit?: () => AbortSignal,
): Promise<MigrationAnswer> {
  const { InvokeCommand } = await import("@aws-sdk/client-lambda");
  const lambda = await aws.client("lambda");
  const reply = await lambda.send(
    new InvokeCommand({ FunctionName: functionName, Payload: new TextEncoder().encode(JSON.stringify(request)) }),
    { ...(permit && { abortSignal: permit() }) },
  );
  const text = new TextDecoder().decode(reply.Payload);
  if (reply.FunctionError !== undefined) throw failed(functionName, messageOf(text));
  const parsed = answer.safeParse(jsonOf(text));
  if (!parsed.success) throw failed(functionName, "it answered something that is not a migration result");
  return parsed.data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function messageOf(text: string): string {
  const error = jsonOf(text) as { errorMessage?: unknown } | undefined;
  return typeof error?.errorMessage === "string" ? error.errorMessage : "it failed without saying why";
}

function failed(functionName: string, what: string): SwitchyardError {
  return new SwitchyardError("migration-failed", {
    what,
    where: `migration function ${functionName}`,
    fix: `read its log group /aws/lambda/${functionName}; correct the migration and deploy again, what was applied stays applied`,
  });
}
