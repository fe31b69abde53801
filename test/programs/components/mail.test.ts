import assert from "node:assert/strict";
import { decide } from "@switchyard/iam/decide.ts";
import { readDocument } from "@switchyard/iam/document.ts";
import { dmarcRecord } from "../../../programs/mail.ts";
import { container, runEnvironment, statements } from "../runs.ts";

const identity = "aws:sesv2/emailIdentity:EmailIdentity";
const record = "aws:route53/record:Record";
const rolePolicy = "aws:iam/rolePolicy:RolePolicy";
const definition = "aws:ecs/taskDefinition:TaskDefinition";

const services = {
  web: { path: "/", priority: 900, healthCheck: { path: "/" } },
  api: { path: "/api", priority: 100, healthCheck: { path: "/api" }, mail: true },
};
const mail = { domain: "mail.example.com", zoneId: "Z0123456" };

async function sendingApi() {
  const { resources } = await runEnvironment({ services, mail });
  return resources;
}

describe("mail", () => {
  it("is none of an environment that does not ask for it", async () => {
    const { resources } = await runEnvironment({});
    assert.deepEqual(resources.all(identity), []);
    assert.equal(
      resources.all(rolePolicy).some(({ inputs }) => String(inputs["policy"]).includes("ses:")),
      false,
    );
  });

  it("is proven by DKIM, has bounces of its own, and says what to do with what is not", async () => {
    const resources = await sendingApi();
    assert.equal(resources.one(identity).inputs["emailIdentity"], "mail.example.com");
    const records = resources
      .all(record)
      .map(({ inputs: { name, type, records, zoneId } }) => [type, name, ...(records as string[]), zoneId]);
    const dkim = [1, 2, 3].map((token) => [
      "CNAME",
      `token${token}._domainkey.mail.example.com`,
      `token${token}.dkim.amazonses.com`,
      "Z0123456",
    ]);
    const byName = (all: readonly unknown[]) => all.map((each) => JSON.stringify(each)).sort();
    assert.deepEqual(
      byName(records),
      byName([
        ...dkim,
        ["MX", "bounce.mail.example.com", "10 feedback-smtp.us-east-1.amazonses.com", "Z0123456"],
        ["TXT", "bounce.mail.example.com", "v=spf1 include:amazonses.com ~all", "Z0123456"],
        ["TXT", "_dmarc.mail.example.com", "v=DMARC1; p=none", "Z0123456"],
      ]),
    );
    const bounces = resources.one("aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes");
    assert.equal(bounces.inputs["mailFromDomain"], "bounce.mail.example.com");
  });

  it("asks receivers for what is configured, and for reports", () => {
    const asked = { ...mail, from: "no-reply", dmarc: "reject", reports: "dmarc@example.com" } as const;
    assert.equal(dmarcRecord(asked), "v=DMARC1; p=reject; rua=mailto:dmarc@example.com");
  });

  it("may be sent by the service that asks for it, by none other, from the one address of the one domain", async () => {
    const policies = (await sendingApi())
      .all(rolePolicy)
      .filter(({ inputs }) => String(inputs["policy"]).includes("ses:"));
    assert.deepEqual(
      policies.map(({ name, inputs }) => [name, inputs["role"]]),
      [["api-mail", policies[0]?.inputs["role"]]],
    );
    assert.match(String(policies[0]?.inputs["role"]), /api-task/);
    const document = readDocument(JSON.parse(String(policies[0]?.inputs["policy"])));
    const own = statements(policies[0]?.inputs["policy"])[0]?.Resource as string;
    const ask = (action: string, resource: string, from?: string) =>
      decide(
        document,
        {
          action,
          resource,
          account: "123456789012",
          context: new Map(from === undefined ? [] : [["ses:fromaddress", from]]),
        },
        "identity",
      );
    for (const action of ["ses:SendEmail", "ses:SendRawEmail"])
      assert.equal(ask(action, own, "no-reply@mail.example.com"), "allow");
    assert.equal(ask("ses:SendEmail", own, "ceo@mail.example.com"), "implicit deny");
    assert.equal(ask("ses:SendEmail", own), "implicit deny");
    assert.equal(ask("ses:SendEmail", `${own}.org`, "no-reply@mail.example.com"), "implicit deny");
    assert.equal(ask("ses:DeleteEmailIdentity", own, "no-reply@mail.example.com"), "implicit deny");
  });

  it("tells that service its address and region, and no other", async () => {
    const resources = await sendingApi();
    const told = (service: string) => {
      const { environment } = container(resources.one(definition, service).inputs["containerDefinitions"]);
      const variables = environment as readonly { readonly name: string; readonly value: string }[];
      return variables.filter(({ name }) => name.startsWith("MAIL_")).map(({ name, value }) => `${name}=${value}`);
    };
    assert.deepEqual(told("api"), ["MAIL_FROM=no-reply@mail.example.com", "MAIL_REGION=us-east-1"]);
    assert.deepEqual(told("web"), []);
  });
});
