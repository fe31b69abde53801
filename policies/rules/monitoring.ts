import { resourceRule } from "../rule.ts";

export const monitoringRules = [
  resourceRule("aws:cloudwatch/metricAlarm:MetricAlarm", {
    name: "alarm-actions-enabled",
    level: "advisory",
    severity: "high",
    controls: ["CloudWatch.17", "CKV_AWS_319"],
    title: "Alarms do what they are set up to do",
    why: "An alarm whose actions are switched off is one nobody hears.",
    fix: "Leave actionsEnabled true.",
    check: ({ actionsEnabled }) => (actionsEnabled === false ? "actionsEnabled is false" : undefined),
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
