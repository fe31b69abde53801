import { resourceRule } from "../rule.ts";

export const mailRules = [
  resourceRule("aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes", {
    name: "mail-bounces-below-domain",
    level: "mandatory",
    severity: "medium",
    controls: [],
    url: "https://docs.aws.amazon.com/ses/latest/dg/mail-from.html",
    title: "Bounces go to a domain below the one mail is from",
    why: "Receivers compare both (SPF alignment in DMARC): mail with another's bounce domain counts as forged.",
    fix: "Set mailFromDomain to a name below emailIdentity, such as bounce.<domain>.",
    check: ({ emailIdentity, mailFromDomain }) => {
      const domain = emailIdentity.split("@").at(-1) ?? "";
      return (mailFromDomain ?? "").endsWith(`.${domain}`) ? undefined : "mailFromDomain is not below emailIdentity";
    },
  }),
  resourceRule("aws:sesv2/configurationSet:ConfigurationSet", {
    name: "mail-reputation-counted",
    level: "advisory",
    severity: "medium",
    controls: [],
    url: "https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-cloudwatch-alarm.html",
    title: "Shares of bounces and complaints are counted for each configuration set",
    why: "Amazon SES stops an account's mail from certain shares on; without them no alarm comes before that.",
    fix: "Set reputationOptions.reputationMetricsEnabled to true.",
    check: ({ reputationOptions }) =>
      reputationOptions?.reputationMetricsEnabled === true
        ? undefined
        : "reputationOptions.reputationMetricsEnabled is not true",
  }),
  resourceRule("aws:sesv2/configurationSet:ConfigurationSet", {
    name: "mail-suppressed",
    level: "advisory",
    severity: "medium",
    controls: [],
    url: "https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list-config-level.html",
    title: "Addresses that bounced or complained are not sent to again",
    why: "Without a set's own option the account's counts, which may be off: each further message counts against its sender.",
    fix: "Have BOUNCE and COMPLAINT among suppressionOptions.suppressedReasons.",
    check: function* ({ suppressionOptions }) {
      for (const reason of ["BOUNCE", "COMPLAINT"])
        if (!suppressionOptions?.suppressedReasons?.includes(reason))
          yield `suppressionOptions.suppressedReasons has no ${reason}`;
    },
  }),
  resourceRule("aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination", {
    name: "mail-events-told",
    level: "advisory",
    severity: "medium",
    controls: [],
    url: "https://docs.aws.amazon.com/ses/latest/dg/event-publishing-add-event-destination-sns.html",
    title: "Event destinations are told of bounces and complaints",
    why: "Addresses that bounce or complain have to be written to no more, by whoever sends to them.",
    fix: "Set eventDestination.enabled to true, and have BOUNCE and COMPLAINT among matchingEventTypes.",
    check: function* ({ eventDestination: { enabled, matchingEventTypes } }) {
      if (enabled !== true) yield "eventDestination.enabled is not true";
      for (const type of ["BOUNCE", "COMPLAINT"])
        if (!matchingEventTypes.includes(type)) yield `eventDestination.matchingEventTypes has no ${type}`;
    },
  }),
];
