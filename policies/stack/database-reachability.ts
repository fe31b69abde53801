import { type StackFinding, type StackResource, stackRule } from "../rule.ts";
import { setting } from "../settings.ts";
import { elements, groupsOf, securityGroup } from "./graph.ts";
import { ingressByGroup, onlyFrom } from "./ingress.ts";

export const databaseReachability = stackRule(
  [
    "aws:rds/instance:Instance",
    securityGroup,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "aws:ec2/securityGroupRule:SecurityGroupRule",
  ],
  {
    name: "database-reachability",
    subject: "aws:rds/instance:Instance",
    level: "mandatory",
    severity: "critical",
    controls: [],
    url: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.RDSSecurityGroups.html",
    title: "Only the services that need it and the migration function reach the database",
    why: "Every other way in is a way past the application.",
    fix: "Let in the security group of the api service or of the migration function, by a rule resource of its own.",
    settings: {
      clients: setting.strings(
        ["api-service", "*-migrate-function"],
        "Names of the security groups that may reach the database; * for any run of characters",
      ),
    },
    check: function* (stack): Iterable<StackFinding> {
      const clients = stack.settings.clients.map((pattern) => new RegExp(`^${pattern.replaceAll("*", ".*")}$`));
      const allowed = ({ name }: StackResource) => clients.some((one) => one.test(name));
      const opened = ingressByGroup(stack);
      for (const database of stack.of("aws:rds/instance:Instance")) {
        const ids = elements(database.props.vpcSecurityGroupIds);
        const { groups, foreign } = groupsOf(stack, database, "vpcSecurityGroupIds", ids);
        if (ids.length === 0)
          yield { resource: database, what: "vpcSecurityGroupIds is empty, so the default group applies" };
        if (foreign > 0)
          yield { resource: database, what: "vpcSecurityGroupIds names a group that is not of this stack" };
        for (const group of groups) {
          yield* onlyFrom(stack, group, opened.get(group) ?? [], { allowed, whom: "the database's clients" });
        }
      }
    },
  },
);
