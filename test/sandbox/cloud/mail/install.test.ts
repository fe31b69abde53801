import assert from "node:assert/strict";
import { type EventDestinationDefinition, SESv2, type SESv2ClientConfig } from "@aws-sdk/client-sesv2";
import { SNS, type SNSClientConfig } from "@aws-sdk/client-sns";
import { SQS, type SQSClientConfig } from "@aws-sdk/client-sqs";
import { cloudMails } from "@switchyard/sandbox";
import { unique, useCloud } from "../../../support/cloud.ts";

describe("mail in the sandbox", () => {
  const cloud = useCloud();
  let ses: SESv2;
  let domain: string;
  before(async () => {
    ses = new SESv2(cloud.sdk() satisfies SESv2ClientConfig);
    domain = `${unique("mail")}.example.com`;
    await ses.createEmailIdentity({ EmailIdentity: domain });
  });

  const send = (from: string, more: object = {}) =>
    ses.sendEmail({
      FromEmailAddress: from,
      Destination: { ToAddresses: ["ann@example.com"], CcAddresses: ["bob@example.com"] },
      Content: { Simple: { Subject: { Data: "Hello" }, Body: { Text: { Data: "Two\nlines" } } } },
      ...more,
    });
  const kept = async () => (await cloudMails(cloud.dir)).filter(({ from }) => from.includes(domain));

  it("gives a domain three DKIM tokens, and the same when asked again", async () => {
    const first = (await ses.getEmailIdentity({ EmailIdentity: domain })).DkimAttributes?.Tokens;
    assert.equal(new Set(first).size, 3);
    assert.deepEqual((await ses.getEmailIdentity({ EmailIdentity: domain })).DkimAttributes?.Tokens, first);
  });

  it("keeps what is sent from it, simple or raw, in order", async () => {
    const { MessageId } = await send(`Switchyard <no-reply@${domain}>`);
    const Data = Buffer.from("From: x\r\nSubject: Raw one\r\n\r\nbody");
    await send(`no-reply@${domain}`, { Content: { Raw: { Data } } });
    const mails = await kept();
    assert.deepEqual(
      mails.map(({ to, subject }) => [subject, ...to]),
      [
        ["Hello", "ann@example.com", "bob@example.com"],
        ["Raw one", "ann@example.com", "bob@example.com"],
      ],
    );
    assert.deepEqual([mails[0]?.id, mails[0]?.text], [MessageId, "Two\nlines"]);
    assert.match(String(mails[1]?.text), /body$/);
  });

  describe("with events", () => {
    const set = unique("events");
    const bounce = "bounce@simulator.amazonses.com";
    let [topic, queue] = ["", ""];
    const told = async () => {
      const { Messages = [] } = await sqs.receiveMessage({ QueueUrl: queue, MaxNumberOfMessages: 10 });
      return Messages.map(({ Body = "" }) => JSON.parse(JSON.parse(Body).Message));
    };
    let sqs: SQS;
    before("a topic that a queue listens to", async () => {
      const sns = new SNS(cloud.sdk() satisfies SNSClientConfig);
      sqs = new SQS(cloud.sdk() satisfies SQSClientConfig);
      topic = (await sns.createTopic({ Name: set })).TopicArn ?? "";
      queue = (await sqs.createQueue({ QueueName: set })).QueueUrl ?? "";
      const asked = { QueueUrl: queue, AttributeNames: ["QueueArn" as const] };
      const { Attributes } = await sqs.getQueueAttributes(asked);
      await sns.subscribe({ TopicArn: topic, Protocol: "sqs", Endpoint: Attributes?.QueueArn });
      await ses.createConfigurationSet({ ConfigurationSetName: set });
      await ses.createConfigurationSetEventDestination({
        ...{ ConfigurationSetName: set, EventDestinationName: "topic" },
        EventDestination: { Enabled: true, MatchingEventTypes: ["BOUNCE"], SnsDestination: { TopicArn: topic } },
      });
      await ses.putEmailIdentityConfigurationSetAttributes({ EmailIdentity: domain, ConfigurationSetName: set });
    });

    it("tells the domain's topic of a message that the mailbox simulator sends back, and shows it with the message", async () => {
      const { MessageId } = await send(`no-reply@${domain}`, { Destination: { ToAddresses: [bounce] } });
      const mail = (await kept()).find(({ id }) => id === MessageId);
      assert.deepEqual(mail?.events, [{ type: "BOUNCE", recipient: bounce, topics: [topic] }]);
      const [event, ...others] = await told();
      assert.deepEqual(others, []);
      assert.deepEqual([event.eventType, event.mail.messageId], ["Bounce", MessageId]);
    });

    it("tells it of nothing that the destination does not ask for, nor of mail that arrives", async () => {
      const complaint = "complaint@simulator.amazonses.com";
      const { MessageId } = await send(`no-reply@${domain}`, { Destination: { ToAddresses: [complaint] } });
      await send(`no-reply@${domain}`);
      assert.deepEqual((await kept()).find(({ id }) => id === MessageId)?.events, [
        { type: "COMPLAINT", recipient: complaint, topics: [] },
      ]);
      assert.deepEqual(await told(), []);
    });

    it("refuses a set that is not there, a topic that is not, and any other destination", async () => {
      const none = { ConfigurationSetName: "none" };
      await assert.rejects(send(`no-reply@${domain}`, none), { name: "NotFoundException" });
      const destination = (EventDestination: EventDestinationDefinition) =>
        ses.createConfigurationSetEventDestination({
          ...{ ConfigurationSetName: set, EventDestinationName: "other", EventDestination },
        });
      const gone = { SnsDestination: { TopicArn: `${topic}-gone` } };
      await assert.rejects(destination(gone), { name: "BadRequestException", message: /not found/ });
      await assert.rejects(destination({}), { name: "BadRequestException", message: /Amazon SNS alone/ });
    });
  });

  it("refuses what Amazon SES refuses, and keeps nothing of it", async () => {
    const before = (await kept()).length;
    await assert.rejects(send(`no-reply@other.${domain}`), { name: "MessageRejected", message: /not verified/ });
    await assert.rejects(send(`no-reply@${domain}`, { Destination: {} }), { name: "BadRequestException" });
    const Content = { Template: { TemplateName: "welcome" } };
    await assert.rejects(send(`no-reply@${domain}`, { Content }), /simple and raw messages alone/);
    await assert.rejects(ses.createEmailIdentity({ EmailIdentity: domain }), { name: "AlreadyExistsException" });
    await assert.rejects(ses.getEmailIdentity({ EmailIdentity: "none.example.com" }), { name: "NotFoundException" });
    assert.equal((await kept()).length, before);
  });
});
