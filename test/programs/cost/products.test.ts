import assert from "node:assert/strict";
import { type PriceName, priceKey } from "../../../programs/cost/catalogue.ts";
import { priceIn } from "../../../programs/cost/products.ts";

interface Told {
  readonly usagetype: string;
  readonly usd?: string;
  readonly unit?: string;
  readonly attributes?: Record<string, string>;
  readonly beginRange?: string;
}

/** One product as GetProducts answers it. */
const product = ({ usagetype, usd = "0.5000000000", unit = "Hrs", attributes = {}, beginRange = "0" }: Told) =>
  JSON.stringify({
    product: { sku: "A", productFamily: "x", attributes: { usagetype, regionCode: "us-east-1", ...attributes } },
    serviceCode: "x",
    terms: {
      OnDemand: {
        "A.B": { priceDimensions: { "A.B.C": { unit, beginRange, endRange: "Inf", pricePerUnit: { USD: usd } } } },
      },
    },
    publicationDate: "2026-09-25T10:00:00Z",
  });
const priced = (name: PriceName, ...told: readonly Told[]) => priceIn(told.map(product), priceKey(name))?.usd;

describe("a price in AWS's price list", () => {
  it("is the one of the usage type, whatever the region's prefix, with its date and page", () => {
    assert.equal(priced("nat-hour", { usagetype: "NatGateway-Hours" }), 0.5);
    assert.equal(priced("nat-hour", { usagetype: "EUC1-NatGateway-Hours" }), 0.5);
    assert.equal(priced("key-month", { usagetype: "eu-west-1-KMS-Keys", unit: "Keys" }), 0.5);
    assert.equal(priced("web-acl-month", { usagetype: "USE1-WebACLV2", unit: "Month" }), 0.5);
    assert.equal(priced("waf-request", { usagetype: "EUC1-RequestV2-Tier0", unit: "Request" }), 0.5);
    assert.equal(priced("cdn-gb", { usagetype: "US-DataTransfer-Out-Bytes", unit: "GB" }), 0.5);
    assert.equal(priced("cdn-request", { usagetype: "US-Requests-Tier2-HTTPS", unit: "Requests" }), 0.5);
    assert.equal(priced("xray-trace", { usagetype: "USE1-XRay-TracesStored", unit: "traces" }), 0.5);
    assert.equal(priced("build-minute-x86", { usagetype: "USE1-Build-Min:Linux:g1.large", unit: "minutes" }), 0.5);
    assert.equal(priced("transition", { usagetype: "EU-StateTransition", unit: "StateTransitions" }), 0.5);
    assert.equal(priced("topic-request", { usagetype: "Requests-Tier1", unit: "Requests" }), 0.5);
    assert.equal(priced("mail", { usagetype: "USE1-Recipients", unit: "Count" }), 0.5);
    const found = priceIn([product({ usagetype: "NatGateway-Hours" })], priceKey("nat-hour"));
    assert.deepEqual([found?.published, found?.page], ["2026-09-25", "https://aws.amazon.com/vpc/pricing/"]);
  });

  it("is none of another usage, unit, tier, engine or zone", () => {
    assert.equal(priced("fargate-x86-gb", { usagetype: "USE1-Fargate-ARM-GB-Hours", unit: "hours" }), undefined);
    assert.equal(priced("nat-hour", { usagetype: "NatGateway-Bytes" }), undefined);
    assert.equal(priced("web-acl-month", { usagetype: "USE1-ShieldProtected-WebACLV2", unit: "Month" }), undefined);
    assert.equal(priced("nat-hour", { usagetype: "NatGateway-Hours", unit: "GB" }), undefined);
    assert.equal(priced("cdn-gb", { usagetype: "JP-DataTransfer-Out-Bytes", unit: "GB" }), undefined);
    assert.equal(priced("cdn-gb", { usagetype: "DataTransfer-Out-Bytes", unit: "GB" }), undefined);
    assert.equal(
      priced("egress-gb", { usagetype: "DataTransfer-Out-Bytes", unit: "GB", beginRange: "10240" }),
      undefined,
    );
    const attributes = { databaseEngine: "MySQL", deploymentOption: "Single-AZ", instanceType: "db.t4g.micro" };
    const usagetype = "InstanceUsage:db.t4g.micro";
    assert.equal(priced("rds/db.t4g.micro/single", { usagetype, attributes }), undefined);
    const postgres = { ...attributes, databaseEngine: "PostgreSQL" };
    assert.equal(priced("rds/db.t4g.micro/single", { usagetype, attributes: postgres }), 0.5);
    assert.equal(priced("rds/db.t4g.micro/multi", { usagetype, attributes: postgres }), undefined);
  });

  it("is of the first tier that is paid for: a free tier before it is none of an estimate's", () => {
    const tiers = (...of: readonly (readonly [beginRange: string, usd: string])[]) =>
      JSON.stringify({
        product: { attributes: { usagetype: "DeliveryAttempts-SMTP" } },
        terms: {
          OnDemand: {
            "A.B": {
              priceDimensions: Object.fromEntries(
                of.map(([beginRange, USD]) => [
                  beginRange,
                  { unit: "Notifications", beginRange, pricePerUnit: { USD } },
                ]),
              ),
            },
          },
        },
        publicationDate: "2026-09-25T10:00:00Z",
      });
    const mail = (...of: readonly (readonly [string, string])[]) =>
      priceIn([tiers(...of)], priceKey("topic-mail"))?.usd;
    assert.equal(mail(["1000", "0.00002"], ["0", "0"]), 0.000_02);
    assert.equal(mail(["0", "0"], ["1000", "0.00002"], ["5000", "0.00001"]), 0.000_02);
    assert.equal(mail(["0", "0.00003"], ["1000", "0.00002"]), 0.000_03);
    assert.equal(mail(["1000", "0.00002"]), undefined);
    assert.equal(mail(["0", "0"]), undefined);
  });

  it("is none where the list has several that differ, nothing, zero or no list at all", () => {
    const usagetype = "NatGateway-Hours";
    assert.equal(priced("nat-hour", { usagetype }, { usagetype, usd: "0.6" }), undefined);
    assert.equal(priced("nat-hour", { usagetype }, { usagetype }), 0.5);
    assert.equal(priced("nat-hour", { usagetype, usd: "0.0000000000" }), undefined);
    assert.equal(priced("nat-hour"), undefined);
    assert.equal(priceIn(["<html>", "{}", "null"], priceKey("nat-hour")), undefined);
  });
});
