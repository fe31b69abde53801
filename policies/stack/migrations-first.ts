import { type StackFinding, type StackResource, stackRule } from "../rule.ts";

const driverOwned = ["taskDefinition", "desiredCount"];

export const migrationsFirst = stackRule(["aws:ecs/service:Service", "aws:lambda/invocation:Invocation"], {
  name: "services-after-migrations",
  subject: "aws:ecs/service:Service",
  level: "mandatory",
  severity: "high",
  controls: [],
  url: "https://docs.aws.amazon.com/whitepapers/latest/blue-green-deployments/best-practices-for-managing-data-synchronization-and-schema-changes.html",
  title: "No update starts a service's new version before its migration",
  why: "New code on the old schema fails; old code on a half-changed schema fails worse.",
  fix: "Leave taskDefinition and desiredCount to the driver (ignoreChanges), or make the service depend on the migration's Invocation.",
  check: function* (stack): Iterable<StackFinding> {
    if (stack.of("aws:rds/instance:Instance", "aws:rds/cluster:Cluster").length === 0) return;
    for (const service of stack.of("aws:ecs/service:Service")) {
      const owned = driverOwned.every((property) => service.opts.ignoreChanges.includes(property));
      if (!owned && !dependsOnMigration(service))
        yield { resource: service, what: "the service changes with an update and depends on no migration" };
    }
  },
});

function dependsOnMigration(service: StackResource): boolean {
  const seen = new Set<StackResource>();
  const queue: StackResource[] = [service];
  for (let one = queue.pop(); one !== undefined; one = queue.pop()) {
    if (one.type === "aws:lambda/invocation:Invocation" && /migrat/i.test(one.name)) return true;
    for (const next of one.dependencies) {
      if (!seen.has(next)) queue.push(next);
      seen.add(next);
    }
  }
  return false;
}
