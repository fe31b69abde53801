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
];
