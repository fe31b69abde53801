import { programTypes } from "../../policies/program-types.ts";
import { listPolicies, type PolicyListing, renderPolicyListing } from "../audit/policies.ts";
import { type Output, output } from "../render/reporter.ts";
import { openStack } from "../stacks/open.ts";
import { plan } from "../stacks/update.ts";
import { type CommonFlags, withLook } from "./context.ts";

export interface PoliciesFlags extends CommonFlags {
  readonly stack?: string;
}

/** Every rule of the policy pack, and which resource types of the programs, or of one stack, no rule looks at. */
export function policies({ stack, ...flags }: PoliciesFlags): Promise<void> {
  if (stack === undefined) {
    print(listPolicies(programTypes), output(flags.json));
    return Promise.resolve();
  }
  return withLook(flags, async ({ where, out }) => {
    const types = new Set<string>();
    await plan(await openStack(where, stack), {
      onEvent: (event) => {
        if (event.resourcePreEvent) types.add(event.resourcePreEvent.metadata.type);
      },
    });
    print(listPolicies(types), out);
  });
}

function print(listing: PolicyListing, out: Output): void {
  out.line(renderPolicyListing(listing).trimEnd());
  out.document(listing);
}
