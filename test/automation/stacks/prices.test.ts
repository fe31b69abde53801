import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPricesOnce } from "../../../automation/stacks/prices.ts";
import { values } from "../../programs/fixtures.ts";

describe("the prices a maximum is judged by", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "switchyard-prices-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  /** How often AWS was asked, by an account that may not read prices. */
  async function asked(cost: object, name = "production", more: object = values()): Promise<number> {
    let times = 0;
    const client = () => {
      times += 1;
      return Promise.reject(new Error("AccessDenied"));
    };
    const connect = () => ({ region: "us-east-1", client, close: () => undefined }) as never;
    await readPricesOnce({ name, values: { ...more, cost }, region: "us-east-1", directory }, connect);
    return times;
  }

  it("are asked for where there is a maximum and no file; who may not read them goes on, with none", async () => {
    assert.equal(await asked({ maxMonthlyUsd: 100 }), 1);
    assert.deepEqual(await readdir(directory), []);
  });

  it("are not asked for without a maximum, nor of a stack that has no cost", async () => {
    assert.equal(await asked({}), 0);
    assert.equal(await asked({ maxMonthlyUsd: 100 }, "registry", {}), 0);
  });

  it("are not asked for again once somebody has kept some", async () => {
    await writeFile(join(directory, "prices.us-east-1.json"), "{}");
    assert.equal(await asked({ maxMonthlyUsd: 100 }), 0);
  });
});
