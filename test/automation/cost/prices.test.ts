import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PricingClient } from "@aws-sdk/client-pricing";
import type { Aws } from "../../../automation/aws/clients.ts";
import { priceFile, pricesFor } from "../../../automation/cost/prices.ts";
import { fixedPrices, type PriceName } from "../../../programs/cost/catalogue.ts";
import type { KeptPrices } from "../../../programs/cost/price-file.ts";
import { bodyOf, listen, type TestServer } from "../../images/processes.ts";

const region = "us-east-1";
const today = "2026-11-30";

/** Against a price list that has nothing: what is asked for, and what is kept of it. */
describe("the file of prices", () => {
  let directory: string;
  let server: TestServer;
  let aws: Aws;
  let calls: unknown[];

  beforeEach(async () => {
    calls = [];
    directory = await mkdtemp(join(tmpdir(), "switchyard-prices-"));
    server = await listen(async (request, response) => {
      calls.push((await bodyOf(request))["ServiceCode"]);
      response.setHeader("content-type", "application/x-amz-json-1.1");
      response.end(JSON.stringify({ FormatVersion: "aws_v1", PriceList: [] }));
    });
    const credentials = { accessKeyId: "x", secretAccessKey: "x" };
    const client = new PricingClient({ region, endpoint: `http://${server.host}`, credentials });
    aws = { region, client: async () => client } as unknown as Aws;
  });
  afterEach(async () => {
    await server.close();
    await rm(directory, { recursive: true, force: true });
  });

  const ask = (names: readonly PriceName[], anew = false) => pricesFor(aws, directory, names, { anew, today });
  const kept = async () => JSON.parse(await readFile(priceFile(directory, region), "utf8")) as KeptPrices;
  const keep = (prices: KeptPrices["prices"]) =>
    writeFile(priceFile(directory, region), JSON.stringify({ region, read: "2026-01-01", prices }));
  const natHour = { usd: 0.045, per: "hour", published: "2026-01-01", page: "https://aws.amazon.com" } as const;

  it("has all that any stack may need once one price is missing, so that the next is not refused for want of it", async () => {
    await keep({ "nat-hour": natHour });
    await ask(["nat-hour", "rds/db.t4g.micro/single"]);
    const { prices, read } = await kept();
    assert.deepEqual(Object.keys(prices).sort(), [...fixedPrices, "rds/db.t4g.micro/single"].sort());
    assert.deepEqual([prices["nat-hour"], read], [natHour, "2026-01-01"]);
    assert.equal(calls.length, fixedPrices.length);
  });

  it("is left as it is, and nobody asked, where it has what is needed", async () => {
    await keep({ "nat-hour": natHour });
    const before = await readFile(priceFile(directory, region), "utf8");
    assert.deepEqual((await ask(["nat-hour"])).prices, { "nat-hour": natHour });
    assert.deepEqual([calls, await readFile(priceFile(directory, region), "utf8")], [[], before]);
  });

  it("keeps other stacks' classes of databases when it is read anew, and nothing that is no price", async () => {
    await keep({ "rds/db.r8g.large/multi": natHour, "rds-gp3/multi": null, "build-of-yore": null });
    await ask(["nat-hour"], true);
    const { prices, read } = await kept();
    assert.deepEqual(Object.keys(prices).sort(), [...fixedPrices, "rds-gp3/multi", "rds/db.r8g.large/multi"].sort());
    assert.equal(read, today);
  });

  it("is written anew where it could not be read", async () => {
    await writeFile(priceFile(directory, region), "{");
    await assert.rejects(ask(["nat-hour"]), { code: "unusable-file" });
    await ask(["nat-hour"], true);
    assert.equal((await kept()).read, today);
  });
});
