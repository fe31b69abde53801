import { parseJson } from "../document.ts";
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
      const allowed = list(peek(props, "allowedAccountIds"));
      if (accounts.length > 0 && allowed === undefined) yield at(stack.resources, urn, "allowedAccountIds is missing");
      if (allowed?.some((id) => accounts.length > 0 && !accounts.includes(id)))
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
      if (list(peek(props, "allowedAccountIds")) === undefined)
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
  const resource = resources.find(({ provider }) => provider?.name === name);
  return { ...(resource === undefined ? {} : { resource }), what: `provider ${name}: ${what}` };
}

function wanted(tag: string | undefined, settings: readonly string[]): readonly string[] {
  return tag === undefined ? settings : [tag];
}

// Provider inputs that are no text travel as JSON text.
function list(value: unknown): readonly string[] | undefined {
  const parsed = typeof value === "string" ? parseJson(value) : value;
  return Array.isArray(parsed) && parsed.length > 0 ? parsed.map(String) : undefined;
}
