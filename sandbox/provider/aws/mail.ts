/** Amazon SES: domains that mail is sent from. */
import type { sesv2 } from "@pulumi/aws";
import { type Rows, row } from "../row.ts";
import { putRow } from "./shapes.ts";
import { tagList, tagRecord } from "./shared.ts";

const identity = row<sesv2.EmailIdentityArgs, sesv2.EmailIdentity>({
  replace: ["emailIdentity"],
  required: ["emailIdentity"],
  computed: ["arn", "dkimSigningAttributes", "identityType", "verifiedForSendingStatus"],
  create: async ({ emailIdentity }, { ses, tags, created }) => {
    await ses.createEmailIdentity({
      EmailIdentity: emailIdentity,
      ...(Object.keys(tags).length > 0 && { Tags: tagList(tags) }),
    });
    return created(emailIdentity);
  },
  read: async (EmailIdentity, { ses, region, account }) => {
    const found = await ses.getEmailIdentity({ EmailIdentity });
    const { SigningAttributesOrigin, Status, Tokens = [] } = found.DkimAttributes ?? {};
    return {
      arn: `arn:aws:ses:${region}:${await account()}:identity/${EmailIdentity}`,
      emailIdentity: EmailIdentity,
      identityType: found.IdentityType,
      verifiedForSendingStatus: found.VerifiedForSendingStatus,
      dkimSigningAttributes: {
        signingAttributesOrigin: SigningAttributesOrigin,
        status: Status,
        tokens: Tokens,
      } as never,
      tagsAll: tagRecord(found.Tags),
    };
  },
  tag: (_id, tags, { ses }, { arn }) => ses.tagResource({ ResourceArn: arn, Tags: tagList(tags) }),
  untag: (_id, TagKeys, { ses }, { arn }) => ses.untagResource({ ResourceArn: arn, TagKeys }),
  delete: (EmailIdentity, { ses }) => ses.deleteEmailIdentity({ EmailIdentity }),
});

const mailFrom = putRow<sesv2.EmailIdentityMailFromAttributesArgs, sesv2.EmailIdentityMailFromAttributes>({
  id: "emailIdentity",
  update: ["mailFromDomain", "behaviorOnMxFailure"],
  replace: ["emailIdentity"],
  required: ["emailIdentity"],
  put: ({ emailIdentity, mailFromDomain, behaviorOnMxFailure }, { ses }) =>
    ses.putEmailIdentityMailFromAttributes({
      EmailIdentity: emailIdentity,
      MailFromDomain: mailFromDomain,
      BehaviorOnMxFailure: behaviorOnMxFailure as "USE_DEFAULT_VALUE" | undefined,
    }),
  read: async (EmailIdentity, { ses }) => {
    const { MailFromAttributes: found } = await ses.getEmailIdentity({ EmailIdentity });
    if (!found?.MailFromDomain) return undefined;
    return {
      emailIdentity: EmailIdentity,
      mailFromDomain: found.MailFromDomain,
      behaviorOnMxFailure: found.BehaviorOnMxFailure,
    };
  },
  delete: (EmailIdentity, { ses }) => ses.putEmailIdentityMailFromAttributes({ EmailIdentity }),
});

export const mailRows: Rows = {
  "aws:sesv2/emailIdentity:EmailIdentity": identity,
  "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes": mailFrom,
};
