import { resourceRule } from "../rule.ts";

/** What a request proves who it is from by. */
const secretHeaders = ["authorization", "cookie"] as const;

export const wafRules = [
  resourceRule("aws:wafv2/webAcl:WebAcl", {
    name: "waf-has-rules",
    level: "advisory",
    severity: "medium",
    controls: [],
    url: "https://docs.aws.amazon.com/waf/latest/developerguide/web-acl.html",
    title: "Web ACLs have rules",
    why: "One without rules is paid for, looks like protection, and lets every request through.",
    fix: "Add rules, such as AWS's managed rule groups.",
    check: ({ rules, ruleJson }) =>
      (rules ?? []).length > 0 || ruleJson !== undefined ? undefined : "rules is missing or empty",
  }),
  resourceRule("aws:wafv2/webAcl:WebAcl", {
    name: "waf-keeps-no-samples",
    level: "advisory",
    severity: "medium",
    controls: [],
    url: "https://docs.aws.amazon.com/waf/latest/developerguide/logging.html",
    title: "AWS WAF keeps no samples of requests",
    why: "Samples have every header, cookies and tokens too: what a log leaves out is in them all the same.",
    fix: "Set sampledRequestsEnabled to false, and look into the log.",
    check: function* ({ visibilityConfig, rules }) {
      if (visibilityConfig.sampledRequestsEnabled !== false) yield "visibilityConfig.sampledRequestsEnabled is true";
      for (const [index, rule] of (rules ?? []).entries())
        if (rule.visibilityConfig.sampledRequestsEnabled !== false)
          yield `rules[${index}].visibilityConfig.sampledRequestsEnabled is true`;
    },
  }),
  resourceRule("aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration", {
    name: "waf-log-redacted",
    level: "mandatory",
    severity: "high",
    controls: [],
    url: "https://docs.aws.amazon.com/waf/latest/developerguide/logging-management-configure.html",
    title: "The log of a web ACL leaves out cookies and tokens",
    why: "Whoever reads such a log could go on as the user whose request it is.",
    fix: "Name the headers authorization and cookie, each as a singleHeader, in redactedFields.",
    check: function* ({ redactedFields }) {
      const left = new Set((redactedFields ?? []).map(({ singleHeader }) => singleHeader?.name?.toLowerCase()));
      for (const header of secretHeaders) if (!left.has(header)) yield `redactedFields does not name ${header}`;
    },
  }),
];
