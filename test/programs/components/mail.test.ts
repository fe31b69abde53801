import assert from "node:assert/strict";
import { decide } from "@switchyard/iam/decide.ts";
import { readDocument } from "@switchyard/iam/document.ts";
import { dmarcRecord } from "../../../programs/mail.ts";
import { container, runEnvironment, statements } from "../runs.ts";

const identity = "aws:sesv2/emailIdentity:EmailIdentity";
const eventDestinationType = "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination";
const alarm = "aws:cloudwatch/metricAlarm:MetricAlarm";
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

  it("is told of on an encrypted topic: what came back, was complained of, refused or delayed, by Amazon SES alone", async () => {
    const { resources } = await runEnvironment({ services, mail: { ...mail, events: "mail@example.com" } });
    const set = resources.one("aws:sesv2/configurationSet:ConfigurationSet").inputs;
    assert.deepEqual(
      [set["configurationSetName"], set["reputationOptions"], set["suppressionOptions"]],
      ["sandbox-mail", { reputationMetricsEnabled: true }, { suppressedReasons: ["BOUNCE", "COMPLAINT"] }],
    );
    assert.equal(resources.one(identity).inputs["configurationSetName"], "sandbox-mail");
    const { eventDestination } = resources.one(eventDestinationType).inputs;
    const { enabled, matchingEventTypes } = eventDestination as { enabled: boolean; matchingEventTypes: string[] };
    assert.equal(enabled, true);
    assert.deepEqual(matchingEventTypes, ["BOUNCE", "COMPLAINT", "REJECT", "DELIVERY_DELAY"]);
    const topic = resources.one("aws:sns/topic:Topic");
    assert.deepEqual(
      [topic.inputs["name"], topic.inputs["kmsMasterKeyId"] !== undefined],
      ["sandbox-mail-events", true],
    );
    assert.equal(resources.one("aws:sns/topicSubscription:TopicSubscription").inputs["endpoint"], "mail@example.com");
    const document = readDocument(
      JSON.parse(String(resources.one("aws:sns/topicPolicy:TopicPolicy").inputs["policy"])),
    );
    const arn = statements(resources.one("aws:sns/topicPolicy:TopicPolicy").inputs["policy"])[0]?.Resource as string;
    const publishes = (set: string, account = "123456789012", service = "ses.amazonaws.com") =>
      decide(
        document,
        {
          ...{
            action: "sns:Publish",
            resource: arn,
            account: "123456789012",
            caller: { kind: "Service" as const, id: service },
          },
          context: new Map([
            ["aws:sourceaccount", account],
            ["aws:sourcearn", `arn:aws:ses:us-east-1:${account}:configuration-set/${set}`],
          ]),
        },
        "resource",
      );
    assert.equal(publishes("sandbox-mail"), "allow");
    assert.equal(publishes("other-mail"), "implicit deny");
    assert.equal(publishes("sandbox-mail", "210987654321"), "implicit deny");
    assert.equal(publishes("sandbox-mail", "123456789012", "sns.amazonaws.com"), "implicit deny");
    const key = statements(resources.one("aws:kms/key:Key").inputs["policy"]);
    const forMail = key.filter(({ Principal }) => JSON.stringify(Principal).includes("ses.amazonaws.com"));
    assert.deepEqual(
      forMail.map(({ Condition }) => Condition),
      [
        {
          StringEquals: {
            "kms:EncryptionContext:aws:sns:topicArn": "arn:aws:sns:us-east-1:123456789012:sandbox-mail-events",
          },
        },
      ],
    );
  });

  it("tells nobody by e-mail unless it is asked to, and lets Amazon SES use no key where there is none", async () => {
    assert.deepEqual((await sendingApi()).all("aws:sns/topicSubscription:TopicSubscription"), []);
    const { resources } = await runEnvironment({});
    assert.equal(String(resources.one("aws:kms/key:Key").inputs["policy"]).includes("ses.amazonaws.com"), false);
  });

  it("alarms where Amazon SES reviews an account: 5% come back, or 0.1% complain", async () => {
    const resources = await sendingApi();
    const looks = (name: string) => {
      const { metricName, threshold, dimensions, treatMissingData } = resources.one(alarm, name).inputs;
      return [metricName, threshold, dimensions, treatMissingData];
    };
    const dimensions = { "ses:configuration-set": "sandbox-mail" };
    assert.deepEqual(looks("mail-bounces"), ["Reputation.BounceRate", 0.05, dimensions, "ignore"]);
    assert.deepEqual(looks("mail-complaints"), ["Reputation.ComplaintRate", 0.001, dimensions, "ignore"]);
    assert.match(String(resources.one(alarm, "mail-complaints").inputs["alarmDescription"]), /^0\.1% or more/);
    const without = (await runEnvironment({})).resources;
    assert.deepEqual(
      without.all(alarm).filter(({ name }) => name.startsWith("mail-")),
      [],
    );
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
    const [own = "", set = ""] = [statements(policies[0]?.inputs["policy"])[0]?.Resource ?? []].flat();
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
      for (const resource of [own, set]) assert.equal(ask(action, resource, "no-reply@mail.example.com"), "allow");
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
