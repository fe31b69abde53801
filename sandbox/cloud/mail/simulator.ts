/**
 * What becomes of messages to Amazon SES's mailbox simulator (SES developer guide, "Using the mailbox simulator manually"), in
 * the form of "Examples of event data that Amazon SES publishes to Amazon SNS". Any other address takes its mail.
 */
import type { EventType } from "@aws-sdk/client-sesv2";

export interface MailEvent {
  readonly type: Extract<EventType, "BOUNCE" | "COMPLAINT">;
  readonly recipient: string;
}

export interface SentMail {
  readonly id: string;
  /** ISO 8601. */
  readonly sent: string;
  readonly from: string;
  readonly to: readonly string[];
}

const simulated: readonly (readonly [RegExp, MailEvent["type"]])[] = [
  [/^bounce(\+[^@]*)?@simulator\.amazonses\.com$/i, "BOUNCE"],
  [/^suppressionlist(\+[^@]*)?@simulator\.amazonses\.com$/i, "BOUNCE"],
  [/^complaint(\+[^@]*)?@simulator\.amazonses\.com$/i, "COMPLAINT"],
];

export function eventsOf({ to }: Pick<SentMail, "to">): readonly MailEvent[] {
  return to.flatMap((recipient) => {
    const type = simulated.find(([pattern]) => pattern.test(recipient))?.[1];
    return type === undefined ? [] : [{ type, recipient }];
  });
}

/** The record as it is published. @param configurationSet the message was sent with */
export function recordOf(mail: SentMail, { type, recipient }: MailEvent, configurationSet: string): object {
  const { id: messageId, sent: timestamp, from: source, to: destination } = mail;
  const tags = { "ses:configuration-set": [configurationSet] };
  const common = { mail: { timestamp, messageId, source, destination, tags } };
  if (type === "COMPLAINT")
    return {
      eventType: "Complaint",
      complaint: { complainedRecipients: [{ emailAddress: recipient }], complaintFeedbackType: "abuse", timestamp },
      ...common,
    };
  const suppressed = /^suppressionlist/i.test(recipient);
  return {
    eventType: "Bounce",
    bounce: {
      bounceType: "Permanent",
      bounceSubType: suppressed ? "OnAccountSuppressionList" : "General",
      bouncedRecipients: [
        { emailAddress: recipient, action: "failed", status: "5.1.1", diagnosticCode: "smtp; 550 5.1.1 user unknown" },
      ],
      timestamp,
    },
    ...common,
  };
}
