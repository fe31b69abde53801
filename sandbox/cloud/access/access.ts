/** Holds sessions of roles to their documents, and keeps what each role did. Other credentials may do anything here. */
import { DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { IAMClient } from "@aws-sdk/client-iam";
import { decide, decideOrganization, isAllowed, type Policies, type Request } from "@switchyard/iam/decide.ts";
import { AwsError, type CloudContext } from "../handlers.ts";
import type { Members } from "../limits/limit.ts";
import type { RecognisedCall, WireProtocol } from "../wire/call.ts";
import { controlPolicies } from "./control-policies.ts";
import { type RoleDocuments, roleDocuments } from "./documents.ts";
import { type Known, requestsOf } from "./requests.ts";
import { type Enter, installSessions, type Session } from "./sessions.ts";

/** One action a role took, or was refused. */
export interface Took {
  readonly role: string;
  readonly action: string;
  readonly resource: string;
  readonly allowed: boolean;
}

/** Everything that decides for a role: its own documents, and its organization's. */
type Limits = RoleDocuments & Pick<Policies, "organization">;

export interface Access {
  readonly enter: Enter;
  sessionOf(accessKey: string): Session | undefined;
  /** @throws AwsError as AWS words it, when the session's role may not. */
  check(session: Session, call: RecognisedCall, members: Members, body: unknown): Promise<void>;
  /** After a call that may have changed documents. */
  changed(service: string): void;
  took(): readonly Took[];
  forget(): void;
}

export function installAccess(cloud: CloudContext): Access {
  const sessions = new Map<string, Session>();
  const records = new Map<string, Took>();
  let roles = new Map<string, Promise<Limits | undefined>>();
  const enter = installSessions(cloud, sessions);
  cloud.onReset(() => {
    sessions.clear();
    records.clear();
    roles = new Map();
  });

  const limitsOf = async (account: string, name: string): Promise<Limits | undefined> => {
    const { moto } = await cloud.inAccount(account);
    const own = await roleDocuments(moto(IAMClient), name);
    return own && { ...own, organization: await controlPolicies(cloud, account) };
  };
  const documentsOf = (account: string, name: string) => {
    const key = `${account}/${name}`;
    let found = roles.get(key);
    if (found === undefined) {
      found = limitsOf(account, name);
      roles.set(key, found);
      found.catch(() => roles.delete(key));
    }
    return found;
  };
  const knownIn = (account: string): Known => ({
    role: async (name) => {
      const found = await documentsOf(account, name);
      return found && { arn: found.arn, boundary: found.boundaryArn };
    },
    partitionKey: async (table) => {
      const command = new DescribeTableCommand({ TableName: table.replace(/^.*:table\//, "") });
      const { moto } = await cloud.inAccount(account);
      const { Table } = await moto(DynamoDBClient)
        .send(command)
        .catch(() => ({ Table: undefined }));
      return Table?.KeySchema?.find(({ KeyType }) => KeyType === "HASH")?.AttributeName;
    },
  });

  return {
    enter,
    sessionOf: (accessKey) => sessions.get(accessKey),
    check: async (session, call, members, body) => {
      const caller = { kind: "AWS", arn: session.arn, account: session.account } as const;
      const documents = await documentsOf(session.account, session.roleName);
      for (const request of await requestsOf(call, members, body, caller, knownIn(session.account))) {
        const allowed = documents !== undefined && isAllowed(documents, request);
        const took = { role: session.roleName, action: request.action, resource: request.resource, allowed };
        records.set(JSON.stringify(took), took);
        if (!allowed) throw refusal(session, request, documents, call.protocol);
      }
    },
    changed: (service) => {
      if (service === "iam" || service === "organizations") roles = new Map();
    },
    took: () => [...records.values()],
    forget: () => records.clear(),
  };
}

/** IAM user guide, "Troubleshoot access denied error messages"; each protocol has a code of its own. */
function refusal(session: Session, request: Request, documents: Limits | undefined, protocol: WireProtocol): AwsError {
  const { action, resource } = request;
  const limits = decideOrganization(documents?.organization ?? [], request);
  const denied = (documents?.identity ?? []).some((one) => decide(one, request, "identity") === "explicit deny");
  const given = (documents?.identity ?? []).some((one) => decide(one, request, "identity") === "allow");
  const by = limits === "allow" ? (given ? "permissions boundary" : "identity-based policy") : "service control policy";
  const why =
    limits === "explicit deny" || denied
      ? `with an explicit deny in ${limits === "explicit deny" ? "a service control" : "an identity-based"} policy`
      : `because no ${by} allows the ${action} action`;
  const message = `User: ${session.arn} is not authorized to perform: ${action} on resource: ${resource} ${why}`;
  if (protocol === "ec2")
    return new AwsError("UnauthorizedOperation", `You are not authorized to perform this operation. ${message}`, 403);
  if (protocol === "json") return new AwsError("AccessDeniedException", message, 400);
  return new AwsError(protocol === "restJson" ? "AccessDeniedException" : "AccessDenied", message, 403);
}
