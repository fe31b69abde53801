import type { Context } from "@switchyard/iam/conditions.ts";
import { type Caller, decide } from "@switchyard/iam/decide.ts";
import type { PolicyDocument } from "@switchyard/iam/document.ts";

/** Callers a request without TLS could come from; who they are must make no difference. */
const callers: readonly (Caller | undefined)[] = [
  undefined,
  { kind: "AWS", arn: "arn:aws:iam::111111111111:role/unnamed", account: "111111111111" },
  { kind: "AWS", arn: "arn:aws:iam::222222222222:user/unnamed", account: "222222222222" },
];
const actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "s3:GetBucketLocation"];
const plain: Context = new Map([
  ["aws:securetransport", "false"],
  ["aws:sourceip", "198.51.100.77"],
  ["aws:principalaccount", "111111111111"],
]);

/**
 * What of a bucket may be asked for without TLS; undefined when nothing may, by anyone.
 *
 * @param alternatives ways to write the bucket and something in it, one of which must be closed
 */
export function admitsPlainRequests(
  document: PolicyDocument,
  alternatives: readonly (readonly string[])[],
): string | undefined {
  const open = alternatives.map((resources) => {
    const [bucket = "", object = ""] = resources;
    if (!denied(document, bucket, actions.slice(3))) return "for the bucket itself";
    return denied(document, object, actions.slice(0, 3)) ? undefined : "for its objects";
  });
  return open.includes(undefined) ? undefined : open[0];
}

function denied(document: PolicyDocument, resource: string, asked: readonly string[]): boolean {
  return callers.every((caller) =>
    asked.every((action) => {
      const request = { ...(caller === undefined ? {} : { caller }), action, resource, account: "111111111111" };
      return decide(document, { ...request, context: plain }, "resource") === "explicit deny";
    }),
  );
}
