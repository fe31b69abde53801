import assert from "node:assert/strict";
import { SESv2, type SESv2ClientConfig } from "@aws-sdk/client-sesv2";
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
