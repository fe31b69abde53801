/** Amazon SES: what moto lacks of identities (DKIM tokens, MAIL FROM), and the messages, which are kept and go nowhere. */
import { createHash, randomUUID } from "node:crypto";
import {
  CreateEmailIdentityCommand,
  DeleteEmailIdentityCommand,
  GetEmailIdentityCommand,
  type GetEmailIdentityResponse,
  PutEmailIdentityMailFromAttributesCommand,
  SendEmailCommand,
  type SendEmailRequest,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-sesv2";
import { awsError, type CloudContext } from "../handlers.ts";

/** A message as it is shown. */
export interface KeptMail {
  readonly id: string;
  /** ISO 8601. */
  readonly sent: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
}

interface Where {
  readonly account: string;
  readonly region: string;
}

/** The last ones; a load test that sends mail does not fill the memory. */
const mostMails = 1_000;

export function installMail(cloud: CloudContext): void {
  /** By account, region and name. */
  const identities = new Map<string, GetEmailIdentityResponse>();
  const mails: KeptMail[] = [];
  const keyOf = ({ account, region }: Where, name = "") => `${account}/${region}/${name}`;
  const identityOf = (where: Where, name = "") => {
    const found = identities.get(keyOf(where, name));
    if (found === undefined) throw awsError("NotFoundException", `Email identity ${name} does not exist.`, 404);
    return found;
  };
  const change = (where: Where, name: string | undefined, more: Partial<GetEmailIdentityResponse>) => {
    identities.set(keyOf(where, name), { ...identityOf(where, name), ...more });
    return {};
  };

  cloud.handle(CreateEmailIdentityCommand, ({ EmailIdentity = "", Tags = [] }, call) => {
    if (identities.has(keyOf(call, EmailIdentity)))
      throw awsError("AlreadyExistsException", `Email identity ${EmailIdentity} already exist.`);
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
  cloud.handle(TagResourceCommand, ({ ResourceArn, Tags = [] }, call) => {
    const name = nameIn(ResourceArn);
    const kept = (identityOf(call, name).Tags ?? []).filter(({ Key }) => !Tags.some((tag) => tag.Key === Key));
    return change(call, name, { Tags: [...kept, ...Tags] });
  });
  cloud.handle(UntagResourceCommand, ({ ResourceArn, TagKeys = [] }, call) => {
    const name = nameIn(ResourceArn);
    const kept = (identityOf(call, name).Tags ?? []).filter(({ Key = "" }) => !TagKeys.includes(Key));
    return change(call, name, { Tags: kept });
  });
  cloud.handle(SendEmailCommand, (input, call) => {
    const from = input.FromEmailAddress ?? "";
    const address = addressIn(from);
    const isKnown = [address, address.split("@").at(-1)].some((name) => identities.has(keyOf(call, name)));
    if (!isKnown)
      throw awsError(
        "MessageRejected",
        `Email address is not verified. The following identities failed the check in region ${call.region.toUpperCase()}: ${address}`,
      );
    const id = randomUUID();
    mails.push({ id, sent: new Date(cloud.clock.now()).toISOString(), from, ...contentOf(input) });
    if (mails.length > mostMails) mails.shift();
    return { MessageId: id };
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
