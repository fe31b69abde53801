import * as z from "zod";
import { SwitchyardError } from "../../../programs/errors.ts";
import type { Aws } from "../../aws/clients.ts";
import type { Migration } from "../decide/model.ts";

const kind = z.enum(["expand", "contract"]);
const failure = z.object({
  name: z.string(),
  kind,
  file: z.string(),
  line: z.number().optional(),
  column: z.number().optional(),
  statementLine: z.number().optional(),
  message: z.string(),
  sqlState: z.string().optional(),
  detail: z.string().optional(),
  hint: z.string().optional(),
  context: z.string().optional(),
  left: z.string(),
  /** ISO 8601, UTC. */
  at: z.string(),
});
const answer = z.object({
  applied: z.array(z.object({ name: z.string(), kind, checksum: z.string().optional() })),
  pending: z.array(z.object({ name: z.string(), kind })),
  ran: z.array(z.string()).default([]),
  failed: z.array(failure).default([]),
});

export type MigrationRequest =
  | { readonly action: "status" }
  | { readonly action: "apply"; readonly phase: "expand" | "contract"; readonly runId: string };

export type AppliedMigration = z.output<typeof answer>["applied"][number];
export type MigrationAnswer = Readonly<z.output<typeof answer>>;

/** What the function says is applied and pending; nothing of either where an environment has no such function. */
export async function migrationStatus(
  aws: Aws,
  functionName: string | undefined,
): Promise<{ applied: readonly AppliedMigration[]; pending: readonly Migration[] }> {
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
  return invokeFunction(aws, functionName, request, answer, permit);
}

/** Asks the function anything it answers. @throws SwitchyardError `migration-failed` with the function's own message. */
export async function invokeFunction<Schema extends z.ZodType>(
  aws: Aws,
  functionName: string,
  request: object,
  schema: Schema,
  permit?: () => AbortSignal,
): Promise<z.output<Schema>> {
  const { InvokeCommand } = await import("@aws-sdk/client-lambda");
  const lambda = await aws.client("lambda");
  const reply = await lambda.send(
    new InvokeCommand({ FunctionName: functionName, Payload: new TextEncoder().encode(JSON.stringify(request)) }),
    { ...(permit && { abortSignal: permit() }) },
  );
  const text = new TextDecoder().decode(reply.Payload);
  if (reply.FunctionError !== undefined)
    throw failed(functionName, messageOf(text), await logGroupOf(aws, functionName));
  const parsed = schema.safeParse(jsonOf(text));
  if (!parsed.success) throw failed(functionName, "it answered something that is not a migration result", undefined);
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

/** Where the function's own words are; undefined when AWS does not say, which is no reason to hide why it failed. */
async function logGroupOf(aws: Aws, functionName: string): Promise<string | undefined> {
  try {
    const { GetFunctionConfigurationCommand } = await import("@aws-sdk/client-lambda");
    const lambda = await aws.client("lambda");
    const { LoggingConfig } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: functionName }));
    return LoggingConfig?.LogGroup;
  } catch {
    return undefined;
  }
}

function failed(functionName: string, what: string, logGroup: string | undefined): SwitchyardError {
  const log = logGroup === undefined ? "its log group" : `its log group ${logGroup}`;
  return new SwitchyardError("migration-failed", {
    what,
    where: `migration function ${functionName}`,
    fix: `read ${log}; correct the migration and deploy again, what was applied stays applied`,
  });
}
