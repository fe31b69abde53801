import { resourceRules } from "./resource-rules.ts";
import type { Rule } from "./rule.ts";
import { stackRules } from "./stack-rules.ts";

/** Every rule of the pack, but the one on its exceptions. */
export const rules: readonly Rule[] = [...resourceRules, ...stackRules];
