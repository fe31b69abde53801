import { parseDocument } from "yaml";

/** A rule knowingly not met by some resources, for a while. */
export interface Exception {
  readonly rule: string;
  /** Pattern over resource names; `*` stands for any run of characters. */
  readonly resource: string;
  /** Pattern over stack names. Absent: every stack. */
  readonly stack?: string;
  readonly reason: string;
  readonly owner: string;
  /** Last day the exception holds, `YYYY-MM-DD`, in UTC. */
  readonly expires: string;
}

/** The exceptions in force in one run of the pack, and which of them have been of use in it. */
export interface Exceptions {
  /**
   * How an exception in force covers this rule on this resource, or undefined. Seeing a resource makes the exception
   * used, also when the rule cannot be decided yet.
   */
  match(rule: string, urn: string | undefined, undecided: boolean): string | undefined;
  /** What is wrong with the exceptions of this stack: expired or of no use so far. */
  problems(stack: string): string[];
}

/** Reads the content of `exceptions.yaml`; `problems` name the entry and field at fault. */
export function parseExceptions(
  text: string,
  ruleNames: ReadonlySet<string>,
): { exceptions: Exception[]; problems: string[] } {
  const document = parseDocument(text);
  if (document.errors.length > 0) return { exceptions: [], problems: ["the file is not readable YAML"] };
  const content: unknown = document.toJS();
  if (content === null) return { exceptions: [], problems: [] };
  if (!Array.isArray(content)) return { exceptions: [], problems: ["the file must be a list of exceptions"] };
  const problems = content.flatMap((entry, index) =>
    entryProblems(entry, ruleNames).map((one) => `entry ${index + 1}: ${one}`),
  );
  return { exceptions: problems.length > 0 ? [] : (content as Exception[]), problems };
}

const required = ["rule", "resource", "reason", "owner", "expires"];

function entryProblems(entry: unknown, ruleNames: ReadonlySet<string>): string[] {
  if (typeof entry !== "object" || entry === null) return ["must be a mapping"];
  const fields = entry as Record<string, unknown>;
  const problems = required
    .filter((field) => typeof fields[field] !== "string" || fields[field] === "")
    .map((field) => `${field} must be given as text`);
  for (const field of Object.keys(fields)) {
    if (!required.includes(field) && field !== "stack") problems.push(`${field} is not a field of an exception`);
  }
  if (typeof fields["stack"] !== "string" && fields["stack"] !== undefined) problems.push("stack must be text");
  if (typeof fields["rule"] === "string" && !ruleNames.has(fields["rule"]))
    problems.push("rule names no rule of the pack");
  if (typeof fields["expires"] === "string" && !isDay(fields["expires"]))
    problems.push("expires must be a day, YYYY-MM-DD");
  return problems;
}

function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`));
}

export function activeExceptions(list: readonly Exception[], now: Date): Exceptions {
  const today = now.toISOString().slice(0, 10);
  const used = new Set<Exception>();
  return {
    match(rule, urn, undecided) {
      const { stack, name } = urnParts(urn);
      for (const exception of list) {
        if (exception.rule !== rule || !matches(exception.resource, name) || !matches(exception.stack ?? "*", stack))
          continue;
        used.add(exception);
        if (exception.expires >= today && !undecided) {
          return `excepted until ${exception.expires} by ${exception.owner}: ${exception.reason}`;
        }
      }
      return undefined;
    },
    problems: (stack) =>
      list
        .filter((exception) => matches(exception.stack ?? "*", stack))
        .flatMap((exception) => {
          const what = `the exception of ${exception.owner} to ${exception.rule} on ${exception.resource}`;
          if (exception.expires < today) return [`${what} expired on ${exception.expires}`];
          return used.has(exception) ? [] : [`${what} is not needed: nothing it covers breaks the rule`];
        }),
  };
}

function matches(pattern: string, text: string): boolean {
  const literal = pattern.split("*").map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${literal.join(".*")}$`).test(text);
}

/** The stack and resource name in `urn:pulumi:<stack>::<project>::<types>::<name>`. */
export function urnParts(urn: string | undefined): { stack: string; name: string } {
  const [head = "", , , ...name] = (urn ?? "").split("::");
  return { stack: head.replace(/^urn:pulumi:/, ""), name: name.join("::") };
}
