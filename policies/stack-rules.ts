import type { StackRule } from "./rule.ts";
import { blueGreen } from "./stack/blue-green.ts";
import { companions } from "./stack/companions.ts";
import { attachedPolicies } from "./stack/control-policies.ts";
import { costKnown, costWithinMaximum } from "./stack/cost.ts";
import { databaseReachability } from "./stack/database-reachability.ts";
import { deployRoles } from "./stack/deploy-roles.ts";
import { executionRoles } from "./stack/execution-roles.ts";
import { ignoredChanges } from "./stack/ignored-changes.ts";
import { migrationsFirst } from "./stack/migrations-first.ts";
import { defaultGroups, flowLogs } from "./stack/network-guards.ts";
import { databaseSubnets, serviceIngress } from "./stack/private-paths.ts";
import { providerNamesAccount, providerScope } from "./stack/providers.ts";
import { stackSecrets } from "./stack/stack-secrets.ts";
import { statefulInComponents, statefulProtected } from "./stack/stateful.ts";

/** Rules on how the resources of a stack stand to each other. */
export const stackRules: readonly StackRule[] = [
  databaseReachability,
  databaseSubnets,
  blueGreen,
  stackSecrets,
  deployRoles,
  executionRoles,
  serviceIngress,
  flowLogs,
  defaultGroups,
  statefulProtected,
  statefulInComponents,
  attachedPolicies,
  providerScope,
  providerNamesAccount,
  migrationsFirst,
  ignoredChanges,
  costWithinMaximum,
  costKnown,
  ...companions,
];
