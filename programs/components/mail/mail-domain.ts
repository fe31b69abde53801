import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import { dmarcRecord, fromAddress, type MailConfig } from "../../mail.ts";
import type { Statement } from "../../policy.ts";
import { MailEvents } from "./mail-events.ts";

export interface MailDomainArgs {
  /** Begins the names of what it creates. */
  readonly environment: string;
  readonly account: Account;
  readonly keyArn: pulumi.Input<string>;
  readonly config: MailConfig;
}

/** What a service needs to send mail. */
export interface Sending {
  readonly from: string;
  readonly region: string;
  readonly identityArn: pulumi.Input<string>;
  /** The domain's own: Amazon SES asks for the right to use that as well. */
  readonly configurationSetArn: pulumi.Input<string>;
}

/** Easy DKIM proves a domain by so many records (Amazon SES developer guide, "Easy DKIM in Amazon SES"). */
const dkimRecords = 3;

/** A domain that mail is sent from: signed, with bounces of its own domain, so that receivers can prove who sent it. */
export class MailDomain extends pulumi.ComponentResource {
  readonly sending: Sending;
  /** Whose figures the alarms look at. */
  readonly configurationSetName: pulumi.Output<string>;

  constructor(name: string, args: MailDomainArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:mail:MailDomain", name, {}, options);
    const { account, config } = args;
    const { domain } = config;
    const events = new MailEvents(`${name}-mail`, { ...args, subscriber: config.events }, { parent: this });
    const identity = new aws.sesv2.EmailIdentity(
      name,
      { emailIdentity: domain, configurationSetName: events.configurationSetName },
      { parent: this },
    );
    const record = (
      of: string,
      host: pulumi.Input<string>,
      type: aws.route53.RecordType,
      value: pulumi.Input<string>,
    ) =>
      new aws.route53.Record(
        `${name}-mail-${of}`,
        { zoneId: config.zoneId, name: host, type, records: [value], ttl: 300 },
        { parent: this },
      );
    for (let index = 0; index < dkimRecords; index++) {
      const token = identity.dkimSigningAttributes.apply((dkim) => tokenOf(dkim?.tokens, index, domain));
      record(
        `dkim-${index + 1}`,
        pulumi.interpolate`${token}._domainkey.${domain}`,
        "CNAME",
        pulumi.interpolate`${token}.dkim.amazonses.com`,
      );
    }
    const bounces = `bounce.${domain}`;
    record("bounce-mx", bounces, "MX", `10 feedback-smtp.${account.region}.amazonses.com`);
    record("bounce-spf", bounces, "TXT", "v=spf1 include:amazonses.com ~all");
    record("dmarc", `_dmarc.${domain}`, "TXT", dmarcRecord(config));
    new aws.sesv2.EmailIdentityMailFromAttributes(
      name,
      // Mail goes out all the same while the records of `bounces` are not seen yet.
      { emailIdentity: identity.emailIdentity, mailFromDomain: bounces, behaviorOnMxFailure: "USE_DEFAULT_VALUE" },
      { parent: this },
    );
    this.configurationSetName = events.configurationSetName;
    this.sending = {
      from: fromAddress(config),
      region: account.region,
      identityArn: identity.arn,
      configurationSetArn: events.configurationSetArn,
    };
    this.registerOutputs({ identityArn: identity.arn });
  }
}

function tokenOf(tokens: readonly string[] | undefined, index: number, domain: string): string {
  const token = tokens?.[index];
  if (token === undefined) throw new Error(`Amazon SES gave no ${dkimRecords} DKIM tokens for ${domain}`);
  return token;
}

/** Sending from the environment's own address alone (Amazon SES developer guide, "Controlling access to Amazon SES"). */
export function sendMail({ identityArn, configurationSetArn, from }: Sending): Statement {
  return {
    Sid: "SendMail",
    Effect: "Allow",
    Action: ["ses:SendEmail", "ses:SendRawEmail"],
    Resource: [identityArn, configurationSetArn],
    Condition: { StringEquals: { "ses:FromAddress": from } },
  };
}
