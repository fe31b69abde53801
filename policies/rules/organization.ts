import { covers, readDocument } from "@switchyard/iam/document.ts";
import { allowsAllOfIam, isAdministratorsPolicy } from "../meaning/escalation.ts";
import { resourceRule } from "../rule.ts";
import { setting } from "../settings.ts";
import { elementsOf } from "../unknown.ts";

export const organizationRules = [
  resourceRule(
    [
      "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment",
      "aws:ssoadmin/managedPolicyAttachmentsExclusive:ManagedPolicyAttachmentsExclusive",
    ],
    {
      name: "sso-administrator-only-break-glass",
      level: "mandatory",
      severity: "critical",
      controls: ["CKV_AWS_274"],
      title: "AdministratorAccess belongs to the break-glass permission set alone",
      why: "Everyday logins with full rights turn one stolen session into the whole account.",
      fix: "Attach a narrower policy, or name the attachment after the break-glass permission set.",
      settings: { breakGlass: setting.strings(["break-glass"], "What the names of break-glass attachments contain") },
      check: function* (props, { name, settings }) {
        if (settings.breakGlass.some((part) => name.includes(part))) return;
        if ("managedPolicyArn" in props && isAdministratorsPolicy(props.managedPolicyArn))
          yield "managedPolicyArn is an administrator's policy on an everyday permission set";
        for (const [index, arn] of elementsOf(props, "managedPolicyArns").entries())
          if (isAdministratorsPolicy(String(arn)))
            yield `managedPolicyArns[${index}] is an administrator's policy on an everyday permission set`;
      },
    },
  ),
  resourceRule("aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy", {
    name: "sso-no-inline-star",
    level: "mandatory",
    severity: "critical",
    controls: ["CKV_AWS_62", "CKV_AWS_63"],
    title: "Inline policies of permission sets allow no action on everything",
    why: "A star in a permission set reaches every account it is assigned in.",
    fix: "List the actions in inlinePolicy, and the resources they need.",
    check: function* ({ inlinePolicy }) {
      const document = readDocument(inlinePolicy);
      if (document.problem !== undefined) yield `inlinePolicy ${document.problem}`;
      for (const statement of document.statements.filter(({ allow }) => allow)) {
        const { actions, at, byNotAction, byNotResource } = statement;
        if (byNotAction || byNotResource) yield `inlinePolicy ${at} uses NotAction or NotResource with Allow`;
        else if (actions.some((action) => covers(action, "unnamed:Unnamed")))
          yield `inlinePolicy ${at} allows every action`;
        else if (allowsAllOfIam(document, statement)) yield `inlinePolicy ${at} allows all of IAM`;
      }
    },
  }),
  resourceRule("aws:ssoadmin/accountAssignment:AccountAssignment", {
    name: "sso-group-assignments",
    level: "mandatory",
    severity: "high",
    controls: [],
    url: "https://docs.aws.amazon.com/singlesignon/latest/userguide/useraccess.html",
    title: "Access to accounts is assigned to groups only",
    why: "Rights given to a person outlive the job they were given for.",
    fix: "Assign a group (principalType GROUP) and manage its members.",
    check: ({ principalType }) => (principalType === "GROUP" ? undefined : "principalType is not GROUP"),
  }),
  resourceRule("aws:ssoadmin/permissionSet:PermissionSet", {
    name: "sso-session-duration",
    level: "advisory",
    severity: "medium",
    controls: [],
    url: "https://docs.aws.amazon.com/singlesignon/latest/userguide/howtosessionduration.html",
    title: "Sessions end within a working day",
    why: "A session cannot be withdrawn quickly; its length is how long a stolen one is of use.",
    fix: "Shorten sessionDuration (ISO 8601, PT8H).",
    settings: { maximumHours: setting.integer(8, "Longest session allowed, in hours") },
    check: ({ sessionDuration }, { settings }) =>
      hours(sessionDuration ?? "PT1H") <= settings.maximumHours
        ? undefined
        : "sessionDuration is longer than the configured maximum, or not an ISO 8601 time",
  }),
  resourceRule("aws:organizations/account:Account", {
    name: "organization-accounts-protected",
    level: "mandatory",
    severity: "critical",
    controls: [],
    url: "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_close.html",
    title: "Accounts are protected from deletion, but those marked to be closed",
    why: "A closed account stays suspended for 90 days and its root address can never be used again.",
    fix: "Create the account with the resource option protect: true; one to be closed has the tag decommission: true.",
    check: ({ tags }, { protect }) =>
      protect || tags?.["decommission"] === "true" ? undefined : "the resource is not protected",
  }),
  resourceRule("aws:organizations/account:Account", {
    name: "organization-accounts-not-closed",
    level: "mandatory",
    severity: "critical",
    controls: [],
    url: "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_close.html",
    title: "Removing an account from code does not close it",
    why: "A deleted line must not start what takes 90 days and cannot be taken back.",
    fix: "Leave closeOnDeletion out, and close accounts with the explicit command.",
    check: ({ closeOnDeletion }) => (closeOnDeletion === true ? "closeOnDeletion is true" : undefined),
  }),
  resourceRule("aws:organizations/policy:Policy", {
    name: "organization-policy-size",
    level: "mandatory",
    severity: "medium",
    controls: [],
    url: "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html",
    title: "Service control policies are valid and fit AWS's limit",
    why: "AWS refuses a policy above 5,120 characters in the middle of an update.",
    fix: "Shorten content, or split it over two policies.",
    check: function* ({ content, type }) {
      if ((type ?? "SERVICE_CONTROL_POLICY") !== "SERVICE_CONTROL_POLICY") return;
      const { problem } = readDocument(content);
      if (problem !== undefined) yield `content ${problem}`;
      if (content.length > 5120) yield "content is longer than 5,120 characters";
    },
  }),
  resourceRule("aws:organizations/organization:Organization", {
    name: "organization-all-features",
    level: "advisory",
    severity: "medium",
    controls: [],
    url: "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_org_support-all-features.html",
    title: "The organization has all features enabled",
    why: "Service control policies work only with all features.",
    fix: "Set featureSet to ALL.",
    check: ({ featureSet }) => ((featureSet ?? "ALL") === "ALL" ? undefined : "featureSet is not ALL"),
  }),
  resourceRule("aws:budgets/budget:Budget", {
    name: "budget-has-subscriber",
    level: "mandatory",
    severity: "medium",
    controls: [],
    url: "https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-best-practices.html",
    title: "Every budget tells somebody",
    why: "A budget without a subscriber is passed in silence.",
    fix: "Add a notification with subscriberEmailAddresses or subscriberSnsTopicArns.",
    check: ({ notifications }) =>
      (notifications ?? []).some(
        (one) => (one.subscriberEmailAddresses ?? []).length > 0 || (one.subscriberSnsTopicArns ?? []).length > 0,
      )
        ? undefined
        : "notifications name no subscriber",
  }),
];

/** Hours in an ISO 8601 duration; infinite when it is not one. */
function hours(duration: string): number {
  const parts = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(duration);
  if (parts === null) return Number.POSITIVE_INFINITY;
  const [days, hour, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
  ];
  return days * 24 + hour + minutes / 60 + seconds / 3600;
}
