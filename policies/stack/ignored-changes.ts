import { resourceRules } from "../resource-rules.ts";
import { type Findings, isAbout, type StackFinding, type StackResource, stackRule } from "../rule.ts";
import { readSettings } from "../settings.ts";
import { unknownPath } from "../unknown.ts";

/**
 * Rules on a resource are asked with the value that stays where changes are ignored. When the resource is replaced, the
 * engine takes the program's own value and asks no rule again: only among the outputs is it seen, a preview's as well.
 */
export const ignoredChanges = stackRule([], {
  name: "ignored-changes-judged",
  level: "mandatory",
  severity: "high",
  controls: [],
  url: "https://www.pulumi.com/docs/iac/concepts/resources/options/ignorechanges/",
  title: "What a resource is made anew with is judged, ignored properties included",
  why: "A replacement takes from the program what was ignored until then, and rules on single resources do not see it.",
  fix: "Correct the property in the program as the named rule says, although its changes are ignored.",
  check: function* (stack): Iterable<StackFinding> {
    for (const resource of stack.resources.filter(({ opts }) => opts.ignoreChanges.length > 0)) {
      const ignored = new Set(resource.opts.ignoreChanges.map((path) => path.split(/[.[]/)[0] ?? ""));
      const sound = new Set(broken(resource, ignored).map(({ what }) => what));
      const all = broken(resource);
      for (const { what } of all.filter(({ undecided }) => !undecided))
        if (!sound.has(what) || [...ignored].some((name) => what.includes(name))) yield { resource, what };
      const unknown = all.find(({ undecided }) => undecided);
      if (unknown) yield { resource, ...unknown };
    }
  },
});

interface Broken {
  readonly what: string;
  readonly undecided: boolean;
}

/** What mandatory rules say of a resource by its outputs, without those that are left out. */
function broken({ type, name, urn, props, opts }: StackResource, left: ReadonlySet<string> = new Set()): Broken[] {
  const { protect, ignoreChanges } = opts;
  const rules = resourceRules.filter((rule) => rule.level === "mandatory" && isAbout(rule, type));
  return rules.flatMap((rule) => {
    const settings = readSettings(rule.settings, {}).values;
    return checked(
      () => rule.check(without(props, left), { type, name, urn, protect, ignoreChanges, settings }),
      rule.name,
    );
  });
}

function without(props: Record<string, unknown>, left: ReadonlySet<string>): Record<string, unknown> {
  if (left.size === 0) return props;
  return new Proxy(props, {
    get: (of, key) => (left.has(String(key)) ? undefined : Reflect.get(of, key)),
    has: (of, key) => !left.has(String(key)) && key in of,
  });
}

function checked(check: () => Findings, rule: string): Broken[] {
  const found: Broken[] = [];
  try {
    const findings = check() ?? [];
    for (const what of typeof findings === "string" ? [findings] : findings)
      found.push({ what: `${what} (${rule})`, undecided: false });
  } catch (error) {
    const path = unknownPath(error);
    if (path === undefined) throw error;
    found.push({ what: `${path} is not known yet (${rule})`, undecided: true });
  }
  return found;
}
