/** Amazon SES: domains that mail is sent from. */
import type { sesv2 } from "@pulumi/aws";
import { type In, type Rows, row } from "../row.ts";
import { partsOf, putRow } from "./shapes.ts";
import { tagList, tagRecord } from "./shared.ts";

/** Without any, Amazon SES goes by the account's own. */
const reasonsOf = (options: { readonly suppressedReasons?: readonly string[] } | undefined) => ({
  SuppressedReasons: options?.suppressedReasons as "BOUNCE"[] | undefined,
});

const configurationSet = row<sesv2.ConfigurationSetArgs, sesv2.ConfigurationSet>({
  update: ["reputationOptions", "suppressionOptions"],
  replace: ["configurationSetName"],
  required: ["configurationSetName"],
  computed: ["arn"],
  create: async ({ configurationSetName, reputationOptions, suppressionOptions }, { ses, tags, created }) => {
    await ses.createConfigurationSet({
      ConfigurationSetName: configurationSetName,
      ReputationOptions: { ReputationMetricsEnabled: reputationOptions?.reputationMetricsEnabled ?? false },
      ...(suppressionOptions && { SuppressionOptions: reasonsOf(suppressionOptions) }),
      ...(Object.keys(tags).length > 0 && { Tags: tagList(tags) }),
    });
    return created(configurationSetName);
  },
  read: async (ConfigurationSetName, { ses, region, account }) => {
    const found = await ses.getConfigurationSet({ ConfigurationSetName });
    return {
      arn: `arn:aws:ses:${region}:${await account()}:configuration-set/${ConfigurationSetName}`,
      configurationSetName: ConfigurationSetName,
      reputationOptions: {
        reputationMetricsEnabled: found.ReputationOptions?.ReputationMetricsEnabled ?? false,
      } as never,
      ...(found.SuppressionOptions && {
        suppressionOptions: { suppressedReasons: found.SuppressionOptions.SuppressedReasons ?? [] } as never,
      }),
      tagsAll: tagRecord(found.Tags),
    };
  },
  write: async (ConfigurationSetName, { reputationOptions, suppressionOptions }, { ses }, { changed }) => {
    if (changed("reputationOptions"))
      await ses.putConfigurationSetReputationOptions({
        ConfigurationSetName,
        ReputationMetricsEnabled: reputationOptions?.reputationMetricsEnabled ?? false,
      });
    if (changed("suppressionOptions"))
      await ses.putConfigurationSetSuppressionOptions({ ConfigurationSetName, ...reasonsOf(suppressionOptions) });
  },
  tag: (_id, tags, { ses }, { arn }) => ses.tagResource({ ResourceArn: arn, Tags: tagList(tags) }),
  untag: (_id, TagKeys, { ses }, { arn }) => ses.untagResource({ ResourceArn: arn, TagKeys }),
  delete: (ConfigurationSetName, { ses }) => ses.deleteConfigurationSet({ ConfigurationSetName }),
});

type DestinationArgs = sesv2.ConfigurationSetEventDestinationArgs;

const destinationOf = ({ eventDestination: given }: In<DestinationArgs>) => ({
  Enabled: given.enabled ?? false,
  MatchingEventTypes: given.matchingEventTypes as "BOUNCE"[],
  ...(given.snsDestination && { SnsDestination: { TopicArn: given.snsDestination.topicArn } }),
});

const eventDestination = row<DestinationArgs, sesv2.ConfigurationSetEventDestination>({
  update: ["eventDestination"],
  replace: ["configurationSetName", "eventDestinationName"],
  required: ["configurationSetName", "eventDestinationName", "eventDestination"],
  create: async (inputs, { ses }) => {
    const { configurationSetName: ConfigurationSetName, eventDestinationName: EventDestinationName } = inputs;
    await ses.createConfigurationSetEventDestination({
      ...{ ConfigurationSetName, EventDestinationName },
      EventDestination: destinationOf(inputs),
    });
    return `${ConfigurationSetName}|${EventDestinationName}`;
  },
  read: async (id, { ses }) => {
    const { set, name } = partsOf(id, "|", ["set", "name"]);
    const { EventDestinations = [] } = await ses.getConfigurationSetEventDestinations({ ConfigurationSetName: set });
    const found = EventDestinations.find(({ Name }) => Name === name);
    if (found === undefined) return undefined;
    const { Enabled: enabled, MatchingEventTypes: matchingEventTypes, SnsDestination: sns } = found;
    return {
      configurationSetName: set,
      eventDestinationName: name,
      eventDestination: {
        ...{ enabled, matchingEventTypes },
        ...(sns && { snsDestination: { topicArn: sns.TopicArn } }),
      } as never,
    };
  },
  write: async (id, inputs, { ses }) => {
    const { set: ConfigurationSetName, name: EventDestinationName } = partsOf(id, "|", ["set", "name"]);
    await ses.updateConfigurationSetEventDestination({
      ...{ ConfigurationSetName, EventDestinationName },
      EventDestination: destinationOf(inputs),
    });
  },
  delete: async (id, { ses }) => {
    const { set: ConfigurationSetName, name: EventDestinationName } = partsOf(id, "|", ["set", "name"]);
    await ses.deleteConfigurationSetEventDestination({ ConfigurationSetName, EventDestinationName });
  },
});

const identity = row<sesv2.EmailIdentityArgs, sesv2.EmailIdentity>({
  update: ["configurationSetName"],
  replace: ["emailIdentity"],
  required: ["emailIdentity"],
  computed: ["arn", "dkimSigningAttributes", "identityType", "verifiedForSendingStatus"],
  create: async ({ emailIdentity, configurationSetName }, { ses, tags, created }) => {
    await ses.createEmailIdentity({
      EmailIdentity: emailIdentity,
      ConfigurationSetName: configurationSetName,
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
      ...(found.ConfigurationSetName && { configurationSetName: found.ConfigurationSetName }),
      verifiedForSendingStatus: found.VerifiedForSendingStatus,
      dkimSigningAttributes: {
        signingAttributesOrigin: SigningAttributesOrigin,
        status: Status,
        tokens: Tokens,
      } as never,
      tagsAll: tagRecord(found.Tags),
    };
  },
  write: async (EmailIdentity, { configurationSetName }, { ses }, { changed }) => {
    if (!changed("configurationSetName")) return;
    await ses.putEmailIdentityConfigurationSetAttributes({ EmailIdentity, ConfigurationSetName: configurationSetName });
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
  "aws:sesv2/configurationSet:ConfigurationSet": configurationSet,
  "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination": eventDestination,
  "aws:sesv2/emailIdentity:EmailIdentity": identity,
  "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes": mailFrom,
};
