import assert from "node:assert/strict";
import { GetProductsCommand, PricingClient } from "@aws-sdk/client-pricing";
import { type PriceName, priceKey } from "../../../programs/cost/catalogue.ts";
import { priceIn } from "../../../programs/cost/products.ts";
import { extract } from "../../../sandbox/cloud/pricing/extract.ts";
import { useCloud } from "../../support/cloud.ts";

describe("the price list of the sandbox", () => {
  const cloud = useCloud();

  it("names for each figure AWS's page with it and the day the list is of", () => {
    for (const { usd, published, page, usagetype } of extract) {
      assert.ok(Number(usd) > 0, usagetype);
      assert.match(page, /^https:\/\/aws\.amazon\.com\/[a-z0-9/-]+\/pricing\/([a-z-]+\/)?$/, usagetype);
      assert.equal(new Date(published).toISOString().slice(0, 10), published, usagetype);
    }
  });

  it("answers in the form the command reads, of its region and of what is asked for only", async () => {
    const pricing = new PricingClient(cloud.sdk());
    const ask = async (name: PriceName, region = "us-east-1") => {
      const key = priceKey(name);
      const of = key.everywhere === true ? {} : { regionCode: region };
      const wanted = Object.entries({ ...key.attributes, ...of });
      const Filters = wanted.map(([Field, Value]) => ({ Type: "TERM_MATCH" as const, Field, Value }));
      const answer = await pricing.send(new GetProductsCommand({ ServiceCode: key.serviceCode, Filters }));
      return priceIn((answer.PriceList ?? []).map(String), key);
    };
    assert.deepEqual(await ask("nat-hour"), {
      ...{ usd: 0.045, per: "hour", published: "2026-09-25", page: "https://aws.amazon.com/vpc/pricing/" },
    });
    assert.equal((await ask("rds/db.t4g.micro/single"))?.usd, 0.016);
    assert.equal((await ask("rds/db.t4g.micro/multi"))?.usd, 0.032);
    assert.equal(await ask("rds/db.t4g.large/multi"), undefined);
    assert.equal(await ask("composite-alarm-month"), undefined);
    assert.deepEqual(
      [(await ask("web-acl-month"))?.usd, (await ask("waf-request"))?.usd, (await ask("alarm-month"))?.usd],
      [5, 0.000_000_6, 0.1],
    );
    assert.equal((await ask("xray-trace"))?.usd, 0.000_005);
    assert.equal((await ask("cdn-gb"))?.usd, 0.085);
    assert.equal((await ask("cdn-request"))?.usd, 0.000_001);
    assert.deepEqual(
      [(await ask("topic-request"))?.usd, (await ask("topic-mail"))?.usd, (await ask("mail"))?.usd],
      [0.000_000_5, 0.000_02, 0.000_1],
    );
    assert.deepEqual(
      [(await ask("build-minute-x86"))?.usd, (await ask("transition"))?.usd, (await ask("dashboard-month"))?.usd],
      [0.02, 0.000_025, 3],
    );
    assert.equal(await ask("build-minute-arm"), undefined);
    assert.equal(await ask("nat-hour", "eu-west-1"), undefined);
    const Filters = [{ Type: "CONTAINS" as const, Field: "usagetype", Value: "Nat" }];
    const other = new GetProductsCommand({ ServiceCode: "AmazonEC2", Filters });
    await assert.rejects(pricing.send(other), /The sandbox lacks filters but TERM_MATCH/);
  });
});
