import { listPolicies, renderPolicyListing } from "../audit/policies.ts";
import { output } from "../render/reporter.ts";
import { openStack } from "../stacks/open.ts";
import { plan } from "../stacks/update.ts";
import { type CommonFlags, withContext } from "./context.ts";

export interface PoliciesFlags extends CommonFlags {
  readonly stack?: string;
}

/** Every rule of the policy pack; with a stack, also which of its resource types no rule looks at. */
export function policies({ stack, ...flags }: PoliciesFlags): Promise<void> {
  if (stack === undefined) {
    const { rules } = listPolicies([]);
    const out = output(flags.json);
    out.line(renderPolicyListing({ rules, untouchedTypes: [] }).split("\n\n")[0] ?? "");
    out.document({ rules });
    return Promise.resolve();
  }
  return withContext(flags, async ({ where, out }) => {
    const types = new Set<string>();
    await plan(await openStack(where, stack), {
      onEvent: (event) => {
        if (event.resourcePreEvent) types.add(event.resourcePreEvent.metadata.type);
      },
    });
    const listing = listPolicies(types);
    out.line(renderPolicyListing(listing).trimEnd());
    out.document(listing);
  });
}
