import type { ResourceRule, Rule, StackRule } from "./rule.ts";
import { rdsRules } from "./rules/rds.ts";

/** Every rule on single resources, by domain. */
export const resourceRules: readonly ResourceRule[] = [...rdsRules];

/** Every rule on whole stacks. */
export const stackRules: readonly StackRule[] = [];

export const rules: readonly Rule[] = [...resourceRules, ...stackRules];
