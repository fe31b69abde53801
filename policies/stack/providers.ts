import { parseJson } from "@switchyard/iam/document.ts";
import { type StackFinding, type StackResource, stackRule } from "../rule.ts";
import { setting } from "../settings.ts";
import { peek, unknown } from "../unknown.ts";

const url = "https://www.pulumi.com/registry/packages/aws/installation-configuration/";

export const providerScope = stackRule([], {
  name: "provider-scope",
  level: "mandatory",
  severity: "critical",
  controls: [],
  url,
  title: "Providers work in the stack's own account and region",
  why: "The right change in the wrong account is the wrong change.",
  fix: "Give the provider the region and account of the stack: its tags switchyard:region and switchyard:account, else aws:region and switchyard:account of its configuration.",
  settings: {
    regions: setting.strings([], "Regions any provider may work in; every region when empty"),
    accounts: setting.strings([], "Accounts any provider may work in; every account when empty"),
  },
  check: function* (stack): Iterable<StackFinding> {
    const regions = wanted(stack.tags.get("switchyard:region"), stack.settings.regions);
    const accounts = wanted(stack.tags.get("switchyard:account"), stack.settings.accounts);
    for (const [urn, { props }] of providersOf(stack.resources)) {
      const region = peek(props, "region");
      if (regions.length > 0 && region !== unknown && region !== undefined && !regions.includes(String(region))) {
        yield at(stack.resources, urn, "region is not one of the stack's");
      }
      const named = peek(props, "allowedAccountIds");
      // Of an account that this very update makes the id is known, and judged, once it is made.
      if (named === unknown) continue;
      const allowed = list(named);
      if (accounts.length > 0 && allowed === undefined) yield at(stack.resources, urn, "allowedAccountIds is missing");
      // What a stack has in another account it enters by a role there, and works in that account alone.
      const entered = stack.tags.has("switchyard:account") ? accountEntered(peek(props, "assumeRoles")) : undefined;
      if (allowed?.some((id) => accounts.length > 0 && !accounts.includes(id) && id !== entered))
        yield at(stack.resources, urn, "allowedAccountIds is not the stack's account");
    }
  },
});

export const providerNamesAccount = stackRule([], {
  name: "provider-names-account",
  level: "advisory",
  severity: "medium",
  controls: [],
  url,
  title: "Providers name the one account they may touch",
  why: "With the wrong credentials in the shell the update otherwise lands in another account.",
  fix: "Set switchyard:account in the stack's configuration.",
  check: function* (stack): Iterable<StackFinding> {
    for (const [urn, { props }] of providersOf(stack.resources)) {
      const named = peek(props, "allowedAccountIds");
      if (named !== unknown && list(named) === undefined)
        yield at(stack.resources, urn, "allowedAccountIds is missing");
    }
  },
});

/** Each AWS provider once, with a resource it provides. */
function providersOf(resources: readonly StackResource[]): ReadonlyMap<string, { props: Record<string, unknown> }> {
  const found = new Map<string, { props: Record<string, unknown> }>();
  for (const { provider } of resources) {
    if (provider?.type === "pulumi:providers:aws") found.set(provider.name, provider);
  }
  return found;
}

function at(resources: readonly StackResource[], name: string, what: string): StackFinding {
  // The first by name: the order in which resources come to be differs from run to run.
  const own = resources.filter(({ provider }) => provider?.name === name);
  const [resource] = own.toSorted((one, other) => (one.urn < other.urn ? -1 : 1));
  return { ...(resource === undefined ? {} : { resource }), what: `provider ${name}: ${what}` };
}

/** The account of the role a provider takes, the last of them where it takes several. */
function accountEntered(roles: unknown): string | undefined {
  const parsed = typeof roles === "string" ? parseJson(roles) : roles;
  const last: unknown = Array.isArray(parsed) ? parsed.at(-1) : undefined;
  const arn = typeof last === "object" && last !== null ? (last as { roleArn?: unknown }).roleArn : undefined;
  return typeof arn === "string" ? /^arn:[^:]+:iam::(\d{12}):role\//.exec(arn)?.[1] : undefined;
}

function wanted(tag: string | undefined, settings: readonly string[]): readonly string[] {
  return tag === undefined ? settings : [tag];
}

// Provider inputs that are no text travel as JSON text.
function list(value: unknown): readonly string[] | undefined {
  const parsed = typeof value === "string" ? parseJson(value) : value;
  return Array.isArray(parsed) && parsed.length > 0 ? parsed.map(String) : undefined;
}
