import { type StackFinding, type StackResource, type StackView, stackRule } from "../rule.ts";
import { setting } from "../settings.ts";
import { elements, peek, unknown } from "../unknown.ts";
import { databaseClients } from "./database-clients.ts";
import { references, securityGroup } from "./graph.ts";
import { ingressOf, onlyFrom } from "./ingress.ts";

const databases = ["aws:rds/instance:Instance", "aws:rds/cluster:Cluster"] as const;

export const databaseReachability = stackRule(
  [
    ...databases,
    securityGroup,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "aws:ec2/securityGroupRule:SecurityGroupRule",
  ],
  {
    name: "database-reachability",
    level: "mandatory",
    severity: "critical",
    controls: [],
    url: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.RDSSecurityGroups.html",
    title: "Only the services that need it and the migration function reach the database",
    why: "Every other way in is a way past the application.",
    fix: "Let in the security group of a service with database: true or of the migration function, by a rule resource of its own.",
    settings: {
      clients: setting.strings(
        [],
        "Names of further security groups that may reach the database; * for any run of characters",
      ),
    },
    check: function* (stack): Iterable<StackFinding> {
      const all = stack.of(...databases);
      if (all.length === 0) return;
      const further = stack.settings.clients.map((pattern) => new RegExp(`^${pattern.replaceAll("*", ".*")}$`));
      const clients = databaseClients(stack);
      const allowed = (group: StackResource) => clients.has(group) || further.some((one) => one.test(group.name));
      const { byGroup, untold } = ingressOf(stack);
      const seen = new Set<StackResource>();
      for (const database of all) {
        const { groups, findings } = groupsOf(stack, database);
        yield* findings;
        for (const group of groups) {
          if (seen.has(group)) continue;
          seen.add(group);
          yield* onlyFrom(stack, group, byGroup.get(group) ?? [], { allowed, whom: "the database's clients" });
        }
      }
      if (seen.size > 0) yield* untold;
    },
  },
);

function groupsOf(stack: StackView<unknown>, database: StackResource) {
  const property = "vpcSecurityGroupIds";
  const value = peek(database.props, property);
  if (value === unknown)
    return { groups: [], findings: [{ resource: database, what: `${property} is not known yet`, undecided: true }] };
  const ids = elements(value as readonly unknown[] | undefined);
  const { certain, possible, foreign, untold } = references(stack, database, property, securityGroup, ids);
  const findings: StackFinding[] = [];
  const say = (what: string, undecided = false) => findings.push({ resource: database, what, undecided });
  if (ids.length === 0 && !takesAnothersGroups(database)) say(`${property} is empty, so the default group applies`);
  if (foreign > 0 || untold) say(`${property} names a group that is not of this stack`);
  return { groups: [...certain, ...possible], findings };
}

/** An instance of a cluster has the cluster's groups. */
function takesAnothersGroups({ props }: StackResource): boolean {
  return "clusterIdentifier" in props && props["clusterIdentifier"] !== undefined && "engine" in props;
}
