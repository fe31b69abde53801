/**
 * Amazon SES: what moto lacks of identities (DKIM tokens, MAIL FROM), and the messages, which are kept and go nowhere; of those
 * to the mailbox simulator, what becomes of them is told.
 */
import { createHash, randomUUID } from "node:crypto";
import {
  CreateEmailIdentityCommand,
  DeleteEmailIdentityCommand,
  GetEmailIdentityCommand,
  type GetEmailIdentityResponse,
  PutEmailIdentityConfigurationSetAttributesCommand,
  PutEmailIdentityMailFromAttributesCommand,
  SendEmailCommand,
  type SendEmailRequest,
  type Tag,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-sesv2";
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { awsError, type CloudContext } from "../handlers.ts";
import { ConfigurationSets } from "./configuration-sets.ts";
import { eventsOf, type MailEvent, recordOf, type SentMail } from "./simulator.ts";
import { keyOf, type Where } from "./where.ts";

/** A message as it is shown. */
export interface KeptMail extends SentMail {
  readonly subject: string;
  readonly text: string;
  /** What became of it, and the topics that were told. */
  readonly events: readonly (MailEvent & { readonly topics: readonly string[] })[];
}

/** The last ones; a load test that sends mail does not fill the memory. */
const mostMails = 1_000;

export function installMail(cloud: CloudContext): void {
  /** By account, region and name. */
  const identities = new Map<string, GetEmailIdentityResponse>();
  const mails: KeptMail[] = [];
  const sets = new ConfigurationSets(cloud);
  sets.install();
  const identityOf = (where: Where, name = "") => {
    const found = identities.get(keyOf(where, name));
    if (found === undefined) throw awsError("NotFoundException", `Email identity ${name} does not exist.`, 404);
    return found;
  };
  const change = (where: Where, name: string | undefined, more: Partial<GetEmailIdentityResponse>) => {
    identities.set(keyOf(where, name), { ...identityOf(where, name), ...more });
    return {};
  };

  cloud.handle(CreateEmailIdentityCommand, ({ EmailIdentity = "", Tags = [], ConfigurationSetName }, call) => {
    if (identities.has(keyOf(call, EmailIdentity)))
      throw awsError("AlreadyExistsException", `Email identity ${EmailIdentity} already exist.`);
    if (ConfigurationSetName !== undefined) sets.of(call, ConfigurationSetName);
    const isDomain = !EmailIdentity.includes("@");
    const made: GetEmailIdentityResponse = {
      IdentityType: isDomain ? "DOMAIN" : "EMAIL_ADDRESS",
      // Its records are not looked for: names do not resolve here.
      VerifiedForSendingStatus: true,
      DkimAttributes: {
        SigningEnabled: true,
        Status: "SUCCESS",
        SigningAttributesOrigin: "AWS_SES",
        Tokens: isDomain ? tokensOf(keyOf(call, EmailIdentity)) : [],
      },
      Tags,
      ConfigurationSetName,
    };
    identities.set(keyOf(call, EmailIdentity), made);
    return made;
  });
  cloud.handle(GetEmailIdentityCommand, ({ EmailIdentity }, call) => identityOf(call, EmailIdentity));
  cloud.handle(DeleteEmailIdentityCommand, ({ EmailIdentity }, call) => {
    identityOf(call, EmailIdentity);
    identities.delete(keyOf(call, EmailIdentity));
    return {};
  });
  cloud.handle(PutEmailIdentityMailFromAttributesCommand, (input, call) =>
    change(call, input.EmailIdentity, {
      MailFromAttributes: {
        MailFromDomain: input.MailFromDomain ?? "",
        MailFromDomainStatus: "SUCCESS",
        BehaviorOnMxFailure: input.BehaviorOnMxFailure ?? "USE_DEFAULT_VALUE",
      },
    }),
  );
  cloud.handle(PutEmailIdentityConfigurationSetAttributesCommand, ({ EmailIdentity, ConfigurationSetName }, call) => {
    if (ConfigurationSetName !== undefined) sets.of(call, ConfigurationSetName);
    return change(call, EmailIdentity, { ConfigurationSetName });
  });
  cloud.handle(TagResourceCommand, ({ ResourceArn, Tags = [] }, call) => {
    const set = setIn(ResourceArn);
    if (set !== undefined) return sets.describe(call, set, { Tags: merged(sets.of(call, set).described.Tags, Tags) });
    const name = nameIn(ResourceArn);
    return change(call, name, { Tags: merged(identityOf(call, name).Tags, Tags) });
  });
  cloud.handle(UntagResourceCommand, ({ ResourceArn, TagKeys = [] }, call) => {
    const left = (tags: readonly Tag[] = []) => tags.filter(({ Key = "" }) => !TagKeys.includes(Key));
    const set = setIn(ResourceArn);
    if (set !== undefined) return sets.describe(call, set, { Tags: left(sets.of(call, set).described.Tags) });
    const name = nameIn(ResourceArn);
    return change(call, name, { Tags: left(identityOf(call, name).Tags) });
  });
  /** Told to each destination that asks for events of this type. */
  const tell = async (where: Where, mail: SentMail, event: MailEvent, set: string) => {
    const asking = [...sets.of(where, set).destinations.values()].filter(
      ({ Enabled, MatchingEventTypes }) => Enabled && MatchingEventTypes?.includes(event.type),
    );
    const topics = asking.flatMap(({ SnsDestination }) => SnsDestination?.TopicArn ?? []);
    const Message = JSON.stringify(recordOf(mail, event, set));
    for (const TopicArn of topics)
      await cloud.at(TopicArn).moto(SNSClient).send(new PublishCommand({ TopicArn, Message }));
    return { ...event, topics };
  };
  cloud.handle(SendEmailCommand, async (input, call) => {
    const from = input.FromEmailAddress ?? "";
    const address = addressIn(from);
    const identity = [address, address.split("@").at(-1)]
      .map((name) => identities.get(keyOf(call, name)))
      .find((one) => one !== undefined);
    if (identity === undefined)
      throw awsError(
        "MessageRejected",
        `Email address is not verified. The following identities failed the check in region ${call.region.toUpperCase()}: ${address}`,
      );
    const set = input.ConfigurationSetName ?? identity.ConfigurationSetName;
    if (set !== undefined) sets.of(call, set);
    const mail = {
      ...{ id: randomUUID(), sent: new Date(cloud.clock.now()).toISOString(), from },
      ...contentOf(input),
    };
    const events: KeptMail["events"][number][] = [];
    for (const event of eventsOf(mail))
      events.push(set === undefined ? { ...event, topics: [] } : await tell(call, mail, event, set));
    mails.push({ ...mail, events });
    if (mails.length > mostMails) mails.shift();
    return { MessageId: mail.id };
  });
  cloud.route("/_switchyard/mail", (_, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(mails));
  });
  cloud.onReset(() => {
    identities.clear();
    mails.length = 0;
  });
}

/** Three, as Easy DKIM has them; the same for the same domain. */
function tokensOf(of: string): string[] {
  return [1, 2, 3].map((index) => createHash("sha256").update(`${of}/${index}`).digest("hex").slice(0, 32));
}

const setIn = (arn = "") => /:configuration-set\/(.+)$/.exec(arn)?.[1];

function merged(kept: readonly Tag[] = [], given: readonly Tag[]): Tag[] {
  return [...kept.filter(({ Key }) => !given.some((tag) => tag.Key === Key)), ...given];
}

const nameIn = (arn = "") => arn.slice(arn.indexOf(":identity/") + ":identity/".length);

/** `Example <no-reply@example.com>` names an address, too. */
const addressIn = (from: string) => (/<([^>]+)>/.exec(from)?.[1] ?? from).toLowerCase();

function contentOf({ Destination, Content }: SendEmailRequest): Pick<KeptMail, "to" | "subject" | "text"> {
  const to = [Destination?.ToAddresses, Destination?.CcAddresses, Destination?.BccAddresses].flatMap(
    (all) => all ?? [],
  );
  if (to.length === 0) throw awsError("BadRequestException", "Destination is required");
  const raw = Content?.Raw?.Data;
  if (raw !== undefined) {
    const text = Buffer.from(raw).toString("utf8");
    return { to, subject: /^subject: *(.*)$/im.exec(text)?.[1]?.trim() ?? "", text };
  }
  const simple = Content?.Simple;
  if (simple === undefined) throw awsError("BadRequestException", "The sandbox sends simple and raw messages alone");
  return { to, subject: simple.Subject?.Data ?? "", text: (simple.Body?.Text ?? simple.Body?.Html)?.Data ?? "" };
}
