import { parseJson } from "@switchyard/iam/document.ts";
import { resourceRule } from "../rule.ts";
import { elementsOf, isTrue } from "../unknown.ts";

const target = "aws:cloudwatch/eventTarget:EventTarget";
const schedule = "aws:scheduler/schedule:Schedule";
const job = "aws:batch/jobDefinition:JobDefinition";

/** Where each of them says how the tasks it starts are reached. */
const starters: Readonly<Record<string, (props: object) => Iterable<readonly [at: string, network: unknown]>>> = {
  [target]: (props) => [["ecsTarget", read(props, "ecsTarget")]],
  [schedule]: (props) => [["target.ecsParameters", read(read(props, "target"), "ecsParameters")]],
  *[job](props) {
    const container = parsed(read(props, "containerProperties"));
    yield ["containerProperties", container];
    const tasks = read(parsed(read(props, "ecsProperties")), "taskProperties");
    for (const [index, task] of (Array.isArray(tasks) ? tasks : []).entries())
      yield [`ecsProperties.taskProperties[${index}]`, task];
  },
};

export const addressRules = [
  resourceRule([target, schedule, job], {
    name: "started-tasks-private",
    level: "mandatory",
    severity: "high",
    controls: [],
    url: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html",
    title: "Tasks that events, schedules and jobs start have no public address",
    why: "A public address goes around the load balancer and everything it checks.",
    fix: "Leave networkConfiguration.assignPublicIp out and use private subnets.",
    check: function* (props, { type }) {
      for (const [at, starts] of starters[type]?.(props) ?? []) {
        const address = read(read(starts, "networkConfiguration"), "assignPublicIp");
        if (isTrue(address) || address === "ENABLED") yield `${at}.networkConfiguration.assignPublicIp is on`;
      }
    },
  }),
  resourceRule(
    [
      "aws:ec2/instance:Instance",
      "aws:ec2/launchConfiguration:LaunchConfiguration",
      "aws:ec2/launchTemplate:LaunchTemplate",
    ],
    {
      name: "ec2-no-public-address",
      level: "advisory",
      severity: "medium",
      controls: [],
      url: "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-ip-addressing.html",
      title: "Machines have no public address",
      why: "What has one is found within minutes of its start.",
      fix: "Leave associatePublicIpAddress out, and reach the machine through Session Manager.",
      check: function* (props) {
        if (isTrue(read(props, "associatePublicIpAddress"))) yield "associatePublicIpAddress is true";
        const interfaces = "networkInterfaces" in props ? elementsOf(props, "networkInterfaces") : [];
        for (const [index, one] of interfaces.entries())
          if (isTrue(read(one, "associatePublicIpAddress")))
            yield `networkInterfaces[${index}].associatePublicIpAddress is true`;
      },
    },
  ),
];

function parsed(value: unknown): unknown {
  return typeof value === "string" ? parseJson(value) : value;
}

/** A field in either case, as documents have it; one that is not known yet leaves the rule undecided. */
function read(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  const key = name in value ? name : `${name[0]?.toUpperCase()}${name.slice(1)}`;
  return key in value ? (value as Record<string, unknown>)[key] : undefined;
}
