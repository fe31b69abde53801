import { covered } from "@switchyard/iam/actions.ts";
import type { PolicyDocument, Statement } from "@switchyard/iam/document.ts";
import { isUnscoped, unlimited } from "./holder.ts";

/** AWS counts decrypting among writing; it changes nothing. */
const reads = new Set(["kms:Decrypt"]);
/** What hands out rights beyond the role's own, whatever AWS counts it among. */
const handsOut =
  /^sts:(GetFederationToken|GetSessionToken|AssumeRole|AssumeRoleWithSAML|AssumeRoleWithWebIdentity|AssumeRoot)$/;
const everySecret = ["secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue"];

/**
 * What an allowing statement does beyond reading; undefined when it only reads.
 *
 * @param exempt writing actions it may have
 */
export function writesWith(
  document: PolicyDocument,
  statement: Statement,
  exempt: readonly string[],
): string | undefined {
  if (statement.byNotAction) return "may write: it allows everything but a list";
  if (statement.actions.some((action) => !onlyReads(action) && !exempt.includes(action))) return "may write";
  const batch = statement.actions.length > 0 && isUnscoped(statement);
  if (unlimited(document, statement, batch ? everySecret : everySecret.slice(0, 1)).length > 0)
    return "reads every secret";
  return undefined;
}

function onlyReads(pattern: string): boolean {
  const found = covered(pattern);
  return (
    found.length > 0 &&
    found.every(
      ({ name, accessLevels }) =>
        !handsOut.test(name) &&
        (reads.has(name) || accessLevels.every((level) => level === "Read" || level === "List")),
    )
  );
}
