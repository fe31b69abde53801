import { globMatches } from "./glob.ts";

/** One statement of an IAM policy document, lists normalised. Reading it never throws on malformed content. */
export interface Statement {
  /** Where it stands in its document, with its Sid, for findings. */
  readonly at: string;
  readonly allow: boolean;
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  /** It says NotAction, even of an empty list, which is every action. */
  readonly byNotAction: boolean;
  readonly resources: readonly string[];
  readonly notResources: readonly string[];
  readonly byNotResource: boolean;
  readonly principals: readonly Principal[];
  readonly notPrincipals: readonly Principal[];
  readonly notPrincipal: boolean;
  readonly conditions: readonly Condition[];
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
  if (typeof value === "string") {
    const known = read.get(value) ?? readParsed(parseJson(value));
    remember(value, known);
    return known;
  }
  return readParsed(value);
}

/** Documents read lately: every rule on a resource reads the same text again. */
const read = new Map<string, PolicyDocument>();

function remember(text: string, document: PolicyDocument): void {
  if (read.size >= 64) read.clear();
  read.set(text, document);
}

function readParsed(parsed: unknown): PolicyDocument {
  if (typeof parsed !== "object" || parsed === null || !("Statement" in parsed)) {
    return { statements: [], problem: "is not a readable IAM policy document" };
  }
  const list: readonly unknown[] = Array.isArray(parsed.Statement) ? parsed.Statement : [parsed.Statement];
  const statements: Statement[] = [];
  for (const [index, one] of list.entries()) {
    const at = `statement ${index + 1}`;
    const problem = problemOf(one);
    if (problem !== undefined) return { statements: [], problem: `${at} ${problem}` };
    statements.push(readStatement(one as Record<string, unknown>, at));
  }
  return { statements };
}

/** What AWS refuses a statement for, and what therefore says nothing that could be judged. */
function problemOf(statement: unknown): string | undefined {
  if (typeof statement !== "object" || statement === null) return "is not a statement";
  const { Effect, Principal } = statement as Record<string, unknown>;
  if (Effect !== "Allow" && Effect !== "Deny") return "has an Effect that is neither Allow nor Deny";
  if (Array.isArray(Principal)) return "has a list for its Principal, which AWS refuses";
  return undefined;
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
  const sid = value["Sid"];
  return {
    // A Sid is letters and digits; anything else could be anything.
    at: typeof sid === "string" && /^[A-Za-z0-9 _-]{1,64}$/.test(sid) ? `${at} (${sid})` : at,
    allow: value["Effect"] === "Allow",
    actions: strings(value["Action"]),
    notActions: strings(value["NotAction"]),
    byNotAction: value["NotAction"] !== undefined,
    resources: strings(value["Resource"]),
    notResources: strings(value["NotResource"]),
    byNotResource: value["NotResource"] !== undefined,
    principals: principals(value["Principal"]),
    notPrincipals: principals(value["NotPrincipal"]),
    notPrincipal: "NotPrincipal" in value,
    conditions: conditions(value["Condition"]),
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
    entries(keys ?? {}).map(([key, values]) => ({ operator, key, values: strings(values) })),
  );
}

// Object.entries reads through the unknown-checking proxy, which is what makes unknown parts surface.
function entries(value: unknown): [string, unknown][] {
  return Object.entries(value as Record<string, unknown>);
}

/** Whether an IAM pattern (`*`, `?`) covers a literal action. Actions compare without case. */
export function covers(pattern: string, literal: string): boolean {
  return globMatches(pattern.toLowerCase(), literal.toLowerCase());
}
