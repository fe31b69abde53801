/** One statement of an IAM policy document, lists normalised. Reading it never throws on malformed content. */
export interface Statement {
  /** Where it stands in its document, for findings. */
  readonly at: string;
  readonly allow: boolean;
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly resources: readonly string[];
  readonly notResources: readonly string[];
  readonly principals: readonly Principal[];
  readonly conditions: readonly Condition[];
  readonly notPrincipal: boolean;
}

export interface Principal {
  /** `AWS`, `Service`, `Federated`, `CanonicalUser`, or `*`. */
  readonly kind: string;
  readonly id: string;
}

export interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

export interface PolicyDocument {
  readonly statements: readonly Statement[];
  /** Why the document cannot be read; a rule that needs it reports this as its finding. */
  readonly problem?: string;
}

/** Reads a policy document given as JSON text or as an object. An unknown value inside throws as any unknown does. */
export function readDocument(value: unknown): PolicyDocument {
  if (value === undefined || value === null || value === "") return { statements: [] };
  const parsed = typeof value === "string" ? parseJson(value) : value;
  if (typeof parsed !== "object" || parsed === null || !("Statement" in parsed)) {
    return { statements: [], problem: "is not a readable IAM policy document" };
  }
  const list = Array.isArray(parsed.Statement) ? parsed.Statement : [parsed.Statement];
  return { statements: list.map((one, index) => readStatement(one, `statement ${index + 1}`)) };
}

/** Parses JSON; undefined when it is not JSON. The parser's own message would quote the text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readStatement(value: Record<string, unknown>, at: string): Statement {
  return {
    at,
    allow: value["Effect"] === "Allow",
    actions: strings(value["Action"]),
    notActions: strings(value["NotAction"]),
    resources: strings(value["Resource"]),
    notResources: strings(value["NotResource"]),
    principals: principals(value["Principal"]),
    conditions: conditions(value["Condition"]),
    notPrincipal: "NotPrincipal" in value,
  };
}

function strings(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? [...value] : [value]).map(String);
}

function principals(value: unknown): Principal[] {
  if (value === undefined || value === null) return [];
  if (typeof value === "string") return [{ kind: value, id: value }];
  return entries(value).flatMap(([kind, ids]) => strings(ids).map((id) => ({ kind, id })));
}

function conditions(value: unknown): Condition[] {
  return entries(value ?? {}).flatMap(([operator, keys]) =>
    entries(keys).map(([key, values]) => ({ operator, key, values: strings(values) })),
  );
}

// Object.entries reads through the unknown-checking proxy, which is what makes unknown parts surface.
function entries(value: unknown): [string, unknown][] {
  return Object.entries(value as Record<string, unknown>);
}

/** Whether an IAM pattern (`*`, `?`) covers a literal action or ARN. Actions compare without case. */
export function covers(pattern: string, literal: string): boolean {
  const escaped = pattern.replace(/[\\^$.+()[\]{}|]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "i").test(literal);
}

/** Anyone: `"*"`, or `AWS: "*"`. */
export function isEveryone({ kind, id }: Principal): boolean {
  return id === "*" && (kind === "*" || kind === "AWS");
}

const narrowing =
  /^(aws:(SourceArn|SourceAccount|SourceOrgID|PrincipalOrgID|PrincipalOrgPaths|PrincipalArn|PrincipalAccount|SourceVpce?|SourceVpc|CalledVia)|kms:(CallerAccount|ViaService)|sts:ExternalId|lambda:FunctionUrlAuthType)$/i;

/** Whether conditions keep a statement for everyone to known callers. */
export function isNarrowed(statement: Statement): boolean {
  return statement.conditions.some(
    ({ operator, key, values }) =>
      narrowing.test(key) &&
      /^(ForA(ll|ny)Values:)?(String|Arn)(Equals|Like)/i.test(operator) &&
      values.length > 0 &&
      values.every((value) => value !== "*"),
  );
}

/** Statements that give something to everyone, unconditionally. */
export function openToEveryone(document: PolicyDocument): readonly Statement[] {
  return document.statements.filter(
    (one) => one.allow && (one.notPrincipal || (one.principals.some(isEveryone) && !isNarrowed(one))),
  );
}
