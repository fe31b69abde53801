import { resourceRule } from "../rule.ts";

const alarms = ["aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/compositeAlarm:CompositeAlarm"] as const;

export const monitoringRules = [
  resourceRule(alarms, {
    name: "alarm-actions-enabled",
    level: "advisory",
    severity: "high",
    controls: ["CloudWatch.17", "CKV_AWS_319"],
    title: "Alarms do what they are set up to do",
    why: "An alarm whose actions are switched off is one nobody hears.",
    fix: "Leave actionsEnabled true.",
    check: ({ actionsEnabled }) => (actionsEnabled === false ? "actionsEnabled is false" : undefined),
  }),
  resourceRule(alarms, {
    name: "alarm-leads-to-runbook",
    level: "advisory",
    severity: "low",
    controls: [],
    url: "https://docs.aws.amazon.com/wellarchitected/latest/framework/ops_event_response_runbooks.html",
    title: "Alarms lead to what is to be done",
    why: "Whoever is woken by an alarm has its description, and little time to look for more.",
    fix: "End alarmDescription with the https address of its runbook.",
    check: ({ alarmDescription }) =>
      /https:\/\/\S+/.test(alarmDescription ?? "") ? undefined : "alarmDescription has no https address",
  }),
  resourceRule("aws:cloudwatch/dashboard:Dashboard", {
    name: "dashboard-shows-something",
    level: "advisory",
    severity: "low",
    controls: [],
    url: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html",
    title: "Dashboards have widgets",
    why: "CloudWatch takes a body it can show nothing of, and an empty page is found when it is needed.",
    fix: "Make dashboardBody a JSON object whose widgets is a list.",
    check: ({ dashboardBody }) =>
      hasWidgets(String(dashboardBody ?? "")) ? undefined : "dashboardBody has no list of widgets",
  }),
  resourceRule("aws:cloudwatch/queryDefinition:QueryDefinition", {
    name: "saved-query-names-its-logs",
    level: "advisory",
    severity: "low",
    controls: [],
    url: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_Insights-Saving-Queries.html",
    title: "Saved queries name their log groups",
    why: "A query without them is run on what happens to be chosen, and every GB it scans is paid for.",
    fix: "Set logGroupNames.",
    check: ({ logGroupNames }) => ((logGroupNames ?? []).length > 0 ? undefined : "logGroupNames is empty"),
  }),
  resourceRule("aws:sns/topicSubscription:TopicSubscription", {
    name: "sns-subscription-encrypted",
    level: "mandatory",
    severity: "medium",
    controls: [],
    url: "https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html",
    title: "Messages are delivered over TLS",
    why: "Over plain HTTP anyone on the way reads them, and may send their own.",
    fix: "Subscribe an https endpoint.",
    check: ({ protocol }) => (protocol === "http" ? "protocol is plain HTTP" : undefined),
  }),
  resourceRule("aws:acm/certificate:Certificate", {
    name: "acm-no-wildcard",
    level: "advisory",
    severity: "low",
    controls: ["CKV2_AWS_71"],
    title: "Certificates name their hosts",
    why: "The key of a wildcard certificate speaks for every host of the domain.",
    fix: "Name the host in domainName, and others in subjectAlternativeNames.",
    check: ({ domainName, subjectAlternativeNames }) =>
      [domainName, ...(subjectAlternativeNames ?? [])].some((name) => name?.startsWith("*."))
        ? "domainName or subjectAlternativeNames is a wildcard"
        : undefined,
  }),
];

function hasWidgets(body: string): boolean {
  try {
    const { widgets } = JSON.parse(body) as { readonly widgets?: unknown };
    return Array.isArray(widgets) && widgets.length > 0;
  } catch {
    return false;
  }
}
