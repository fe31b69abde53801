/** What a role is granted, and what of it is used. */

import assert from "node:assert/strict";
import { IAMClient, type IAMClientConfig } from "@aws-sdk/client-iam";
import { speaksOfAction, speaksOfResource } from "@switchyard/iam/decide.ts";
import type { Statement } from "@switchyard/iam/document.ts";
import { loadAccess, type Took } from "@switchyard/sandbox";

const { roleDocuments } = await loadAccess();

/** Actions, as a document names them, that nothing tried here uses, and why they are granted all the same. */
export type Reasons = Readonly<Record<string, readonly string[]>>;

/**
 * Fails on an action that a statement of a role allows and no call of the record used, on any resource of the statement:
 * unless a reason is given, which has to be of an action the role is granted.
 */
export async function assertAllUsed(
  config: IAMClientConfig,
  role: string,
  took: readonly Took[],
  reasons: Reasons,
): Promise<void> {
  const iam = new IAMClient(config);
  const documents = await roleDocuments(iam, role).finally(() => iam.destroy());
  assert.ok(documents, `there is no role ${role}`);
  const statements = documents.identity.flatMap((document) => document.statements);
  const unused = unusedActions(
    statements,
    took.filter((one) => one.role === role && one.allowed),
  );
  const granted = unusedActions(statements, []);
  const excepted = Object.values(reasons).flat();
  assert.deepEqual(
    {
      "granted and never used": unused.filter((action) => !excepted.includes(action)),
      "excepted and not granted": excepted.filter((action) => !granted.includes(action)),
    },
    { "granted and never used": [], "excepted and not granted": [] },
    role,
  );
}

/** Actions, or patterns of them, as the statements name them; sorted, each once. */
export function unusedActions(
  statements: readonly Statement[],
  used: readonly Pick<Took, "action" | "resource">[],
): readonly string[] {
  const found = statements
    .filter(({ allow }) => allow)
    .flatMap((statement) =>
      statement.actions.filter((action) => !used.some((one) => uses({ ...statement, actions: [action] }, one))),
    );
  return [...new Set(found)].sort();
}

function uses(statement: Statement, { action, resource }: Pick<Took, "action" | "resource">): boolean {
  const request = { action, resource, account: "", context: new Map() };
  return speaksOfAction(statement, action) && speaksOfResource(statement, request);
}
