/** A call as the requests IAM decides on: one for each action and resource. */
import { actionsOf } from "@switchyard/iam/actions.ts";
import type { Caller, Request } from "@switchyard/iam/decide.ts";
import type { Members } from "../limits/limit.ts";
import type { RecognisedCall } from "../wire/call.ts";
import { actionsOfCall, passedRoles } from "./actions.ts";
import { partsOfTable, type TablePart } from "./dynamodb.ts";
import { memberOf, resourcesOf, type Where } from "./resources.ts";

/** What a call does not say, and IAM knows all the same. */
export interface Known {
  /** A role of the account by its name. */
  role(name: string): Promise<{ readonly arn: string; readonly boundary?: string | undefined } | undefined>;
  /** Name of a table's partition key. */
  partitionKey(table: string): Promise<string | undefined>;
}

export async function requestsOf(
  call: RecognisedCall,
  given: Members,
  body: unknown,
  caller: Caller & { readonly kind: "AWS" },
  known: Known,
): Promise<readonly Request[]> {
  const where = { account: caller.account, region: call.region };
  const members = call.service === "iam" ? await withRoles(given, where, known) : given;
  const base = new Map([
    ["aws:principalarn", caller.arn],
    ["aws:principalaccount", caller.account],
    ["aws:requestedregion", call.region],
    // Nothing here is another account's and opened to this one.
    ["aws:resourceaccount", caller.account],
    ["aws:securetransport", "true"],
    ["aws:currenttime", new Date().toISOString()],
    ...(await boundaryOf(call, given, known)),
  ]);
  const requestOf = (action: string, resource: string, more: readonly [string, string | readonly string[]][] = []) => ({
    caller,
    action,
    resource,
    account: caller.account,
    context: new Map<string, string | readonly string[]>([...base, ...more]),
  });
  if (call.service === "dynamodb") {
    const parts = await partsOfTable(call.operation, body, known.partitionKey);
    if (parts.length > 0) return parts.map((part) => tableRequest(part, where, requestOf));
  }
  const requests = actionsOfCall(call.service, call.operation, members).flatMap((name) => {
    const [service = ""] = name.split(":");
    const action = actionsOf(service).find((one) => one.name === name);
    const resources = action === undefined ? ["*"] : resourcesOf(action, members, where);
    return resources.map((resource) => requestOf(name, resource));
  });
  const passed = passedRoles(call.service, call.operation, members).map(({ roleArn, service }) =>
    requestOf("iam:PassRole", roleArn, [["iam:passedtoservice", service]]),
  );
  return [...requests, ...passed];
}

function tableRequest(
  { action, table, keys }: TablePart,
  { region, account }: Where,
  requestOf: (action: string, resource: string, more: readonly [string, readonly string[]][]) => Request,
): Request {
  const arn = table.startsWith("arn:") ? table : `arn:aws:dynamodb:${region}:${account}:table/${table}`;
  return requestOf(action, arn, keys === undefined ? [] : [["dynamodb:leadingkeys", keys]]);
}

/** A role's ARN has a path, which calls on it by name do not say. */
async function withRoles(members: Members, { account }: Where, known: Known): Promise<Members> {
  const name = memberOf(members, "RoleName");
  const path = memberOf(members, "Path");
  if (name === undefined) {
    const policy = memberOf(members, "PolicyName");
    return policy === undefined || !path
      ? members
      : members.map(([at, value]) => [at, at === "PolicyName" ? `${path.slice(1)}${policy}` : value]);
  }
  const arn = (await known.role(name))?.arn ?? `arn:aws:iam::${account}:role${path ?? "/"}${name}`;
  const inArn = arn.replace(/^.*:role\//, "");
  return members.map(([at, value]) => [at, at === "RoleName" ? inArn : value]);
}

/** The boundary a role is made with, or has (IAM, "Available keys for IAM": iam:PermissionsBoundary). */
async function boundaryOf(call: RecognisedCall, members: Members, known: Known): Promise<readonly [string, string][]> {
  if (call.service !== "iam") return [];
  const name = memberOf(members, "RoleName");
  const boundary =
    memberOf(members, "PermissionsBoundary") ?? (name === undefined ? undefined : (await known.role(name))?.boundary);
  return boundary === undefined ? [] : [["iam:permissionsboundary", boundary]];
}
