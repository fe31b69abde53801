import type { ResourceRule, Rule } from "./rule.ts";
import { deliveryRules } from "./rules/delivery.ts";
import { ecsRules } from "./rules/ecs.ts";
import { iamRules } from "./rules/iam.ts";
import { keyAndSecretRules } from "./rules/keys-and-secrets.ts";
import { lambdaRules } from "./rules/lambda.ts";
import { loadBalancerRules } from "./rules/load-balancer.ts";
import { monitoringRules } from "./rules/monitoring.ts";
import { networkRules } from "./rules/network.ts";
import { oidcRules } from "./rules/oidc.ts";
import { organizationRules } from "./rules/organization.ts";
import { rdsRules } from "./rules/rds.ts";
import { registryRules } from "./rules/registry.ts";
import { storageRules } from "./rules/storage.ts";
import { stackRules } from "./stack-rules.ts";

/** Rules on single resources, by domain. */
export const domains: Readonly<Record<string, readonly ResourceRule[]>> = {
  "Organization and logins": organizationRules,
  "IAM roles and policies": iamRules,
  "GitHub's tokens": oidcRules,
  "Keys and secrets": keyAndSecretRules,
  "Image registries": registryRules,
  Network: networkRules,
  "Load balancer": loadBalancerRules,
  "ECS services and tasks": ecsRules,
  Database: rdsRules,
  "Lambda functions": lambdaRules,
  "Buckets and tables": storageRules,
  "Logs, queues, events and builds": deliveryRules,
  "Alarms and certificates": monitoringRules,
};

export const resourceRules: readonly ResourceRule[] = Object.values(domains).flat();

/** Every rule of the pack, but the one on its exceptions. */
export const rules: readonly Rule[] = [...resourceRules, ...stackRules];
