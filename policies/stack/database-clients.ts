import type { StackResource, StackView } from "../rule.ts";
import { ancestors, groupsIn, madeFrom, securityGroup, targets } from "./graph.ts";
import { serviceNeeds, serviceOf } from "./services.ts";

const service = "aws:ecs/service:Service";
const fn = "aws:lambda/function:Function";
const task = "aws:ecs/taskDefinition:TaskDefinition";
const migrations = "switchyard:migrations:Migrations";

/**
 * The security groups of what the stack itself makes a client of its database: services with `database: true` in their
 * configuration or in a release that is kept, the migration function, and whatever runs with the database's address.
 */
export function databaseClients(stack: StackView<unknown>): ReadonlySet<StackResource> {
  const clients = new Set<StackResource>();
  for (const group of stack.of(securityGroup)) {
    const owner = serviceOf(group);
    const migrates = [...ancestors(group)].some(({ type }) => type === migrations);
    if (migrates || (owner !== undefined && serviceNeeds(owner, "database"))) clients.add(group);
  }
  for (const one of stack.of(service)) {
    // The driver gives a service its definition; the program's own stays what it was made from.
    const made = madeFrom(one, "taskDefinition").filter(({ type }) => type === task);
    const tasks = [...made, ...targets(stack, one, "taskDefinition", task, "arn")];
    if (tasks.some((definition) => usesDatabase(definition, "containerDefinitions")))
      for (const group of groupsIn(stack, one, "networkConfiguration")) clients.add(group);
  }
  for (const one of stack.of(fn))
    if (usesDatabase(one, "environment")) for (const group of groupsIn(stack, one, "vpcConfig")) clients.add(group);
  return clients;
}

function usesDatabase(resource: StackResource, property: string): boolean {
  return madeFrom(resource, property).some(({ type }) => /^aws:rds\/(instance:Instance|cluster:Cluster)$/.test(type));
}
