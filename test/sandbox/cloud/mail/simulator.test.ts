import assert from "node:assert/strict";
import { eventsOf, recordOf } from "../../../../sandbox/cloud/mail/simulator.ts";

const mail = { id: "1", sent: "2026-01-01T00:00:00.000Z", from: "no-reply@mail.example.com" };

describe("the mailbox simulator", () => {
  const at = (name: string) => `${name}@simulator.amazonses.com`;
  for (const [recipient, type] of [
    [at("bounce"), "BOUNCE"],
    [at("Bounce+one"), "BOUNCE"],
    [at("suppressionlist"), "BOUNCE"],
    [at("complaint"), "COMPLAINT"],
    [at("complaint+two"), "COMPLAINT"],
    [at("success"), undefined],
    [at("ooto"), undefined],
    [at("bounces"), undefined],
    ["bounce@example.com", undefined],
  ] as const)
    it(`${recipient}: ${type ?? "takes its mail"}`, () => {
      const found = eventsOf({ to: ["ann@example.com", recipient] });
      assert.deepEqual(found, type === undefined ? [] : [{ type, recipient }]);
    });

  it("says what became of a message as Amazon SES does", () => {
    const record = (recipient: string) => {
      const sent = { ...mail, to: [recipient] };
      const [event] = eventsOf(sent);
      assert.ok(event);
      return JSON.stringify(recordOf(sent, event, "sandbox-mail"));
    };
    for (const name of ["bounce", "complaint", "suppressionlist"])
      assert.match(record(at(name)), /"messageId":"1".*"ses:configuration-set":\["sandbox-mail"\]/);
    assert.match(record(at("bounce")), /"eventType":"Bounce".*"bounceType":"Permanent","bounceSubType":"General"/);
    assert.match(record(at("suppressionlist")), /"bounceSubType":"OnAccountSuppressionList"/);
    assert.match(record(at("complaint")), /"eventType":"Complaint".*"complaintFeedbackType":"abuse"/);
  });
});
