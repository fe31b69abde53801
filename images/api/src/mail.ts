export interface Mailer {
  /** @returns the message's id. */
  send(subject: string, text: string): Promise<string>;
}

/** From the address the platform gives a service with `mail: true`, to the one it is configured with; none without both. */
export function createMailer({
  MAIL_FROM: from,
  MAIL_REGION: region,
  MAIL_TO: to,
}: Readonly<Record<string, string | undefined>>): Mailer | undefined {
  if (!from || !region || !to) return undefined;
  // Loaded with the first message: a service that sends none starts as fast without it.
  const ses = async () => {
    const sdk = await import("@aws-sdk/client-sesv2");
    return { sdk, client: new sdk.SESv2Client({ region }) };
  };
  let opened: ReturnType<typeof ses> | undefined;
  return {
    send: async (subject, text) => {
      opened ??= ses();
      const { sdk, client } = await opened;
      const { MessageId = "" } = await client.send(
        new sdk.SendEmailCommand({
          FromEmailAddress: from,
          Destination: { ToAddresses: [to] },
          Content: { Simple: { Subject: { Data: subject }, Body: { Text: { Data: text } } } },
        }),
      );
      return MessageId;
    },
  };
}
