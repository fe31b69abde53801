/** Which rule of a listener a request takes: Elastic Load Balancing's condition types, as pure functions. */
import { BlockList, isIP } from "node:net";
import type { Action, Rule, RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";

/** What rules look at. */
export interface RequestFacts {
  readonly method: string;
  /** Without the query string. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  /** Without the port. */
  readonly host: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly sourceIp: string;
}

export interface CompiledRule {
  readonly arn: string;
  /** Infinity for the default rule, which is tried last. */
  readonly priority: number;
  readonly actions: readonly Action[];
  matches(request: RequestFacts): boolean;
}

/** A pattern with `*` (0 or more characters) and `?` (exactly one) as a regular expression over the whole value. */
export function wildcard(pattern: string, caseSensitive: boolean): RegExp {
  const source = pattern.replace(/[.*+?^${}()|[\]\\]/g, (character) =>
    character === "*" ? ".*" : character === "?" ? "." : `\\${character}`,
  );
  return new RegExp(`^${source}$`, caseSensitive ? "s" : "is");
}

type Matcher = (request: RequestFacts) => boolean;

function anyPattern(patterns: readonly string[], caseSensitive: boolean): (value: string) => boolean {
  const compiled = patterns.map((pattern) => wildcard(pattern, caseSensitive));
  return (value) => compiled.some((pattern) => pattern.test(value));
}

function headerMatcher(condition: RuleCondition): Matcher {
  const name = (condition.HttpHeaderConfig?.HttpHeaderName ?? "").toLowerCase();
  const matches = anyPattern(condition.HttpHeaderConfig?.Values ?? [], false);
  return ({ headers }) => {
    const value = headers[name];
    if (value === undefined) return false;
    return Array.isArray(value) ? value.some(matches) : matches(value);
  };
}

function queryMatcher(condition: RuleCondition): Matcher {
  const wanted = (condition.QueryStringConfig?.Values ?? []).map(({ Key, Value }) => ({
    key: Key === undefined ? undefined : wildcard(Key, false),
    value: wildcard(Value ?? "", false),
  }));
  return ({ query }) => {
    if (query === "") return false;
    const pairs = [...new URLSearchParams(query)];
    return wanted.some(({ key, value }) => pairs.some(([k, v]) => (key?.test(k) ?? true) && value.test(v)));
  };
}

function sourceMatcher(condition: RuleCondition): Matcher {
  const list = new BlockList();
  for (const cidr of condition.SourceIpConfig?.Values ?? []) {
    const [address = "", bits] = cidr.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    list.addSubnet(address, Number(bits ?? (family === "ipv6" ? 128 : 32)), family);
  }
  return ({ sourceIp }) => list.check(sourceIp, isIP(sourceIp) === 6 ? "ipv6" : "ipv4");
}

function conditionMatcher(condition: RuleCondition): Matcher {
  switch (condition.Field) {
    case "path-pattern": {
      const matches = anyPattern(condition.PathPatternConfig?.Values ?? condition.Values ?? [], true);
      return ({ path }) => matches(path);
    }
    case "host-header": {
      const matches = anyPattern(condition.HostHeaderConfig?.Values ?? condition.Values ?? [], false);
      return ({ host }) => matches(host);
    }
    case "http-request-method": {
      const methods = new Set(condition.HttpRequestMethodConfig?.Values ?? []);
      return ({ method }) => methods.has(method);
    }
    case "http-header":
      return headerMatcher(condition);
    case "query-string":
      return queryMatcher(condition);
    case "source-ip":
      return sourceMatcher(condition);
    default:
      return () => false;
  }
}

/** Rules are answers and never changed: of many, few are new when one is written. */
const compiled = new WeakMap<Rule, CompiledRule>();

function compileRule(rule: Rule): CompiledRule {
  const known = compiled.get(rule);
  if (known) return known;
  const matchers = (rule.Conditions ?? []).map(conditionMatcher);
  const made = {
    arn: rule.RuleArn ?? "",
    priority: rule.IsDefault || rule.Priority === "default" ? Number.POSITIVE_INFINITY : Number(rule.Priority),
    actions: [...(rule.Actions ?? [])].sort((a, b) => (a.Order ?? 0) - (b.Order ?? 0)),
    matches: (request: RequestFacts) => matchers.every((matches) => matches(request)),
  };
  compiled.set(rule, made);
  return made;
}

/** The rules of one listener, compiled, in the order they are tried: by priority, the default rule last. */
export function compileRules(rules: readonly Rule[]): CompiledRule[] {
  return rules.map(compileRule).sort((a, b) => (a.priority < b.priority ? -1 : a.priority > b.priority ? 1 : 0));
}

export function chooseRule(rules: readonly CompiledRule[], request: RequestFacts): CompiledRule | undefined {
  return rules.find((rule) => rule.matches(request));
}

/** ARNs of every target group the actions name, at whatever weight. */
export function targetGroupsOf(actions: readonly Action[]): string[] {
  const arns = actions.flatMap((action) => [
    ...(action.TargetGroupArn === undefined ? [] : [action.TargetGroupArn]),
    ...(action.ForwardConfig?.TargetGroups ?? []).flatMap((group) => group.TargetGroupArn ?? []),
  ]);
  return [...new Set(arns)];
}
