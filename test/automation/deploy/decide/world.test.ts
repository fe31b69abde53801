import { checkSchedules } from "../../../support/world/check.ts";

/** A few schedules on every run of the tests, each time others; `npm run test:faults` plays ten thousand. */
const runs = Number(process.env["RUNS"] ?? 60);
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);

describe("drivers in a simulated world", () => {
  it(`${runs} schedules of faults break no rule (SEED=${seed})`, async function () {
    this.timeout(120_000);
    await checkSchedules(seed, runs);
  });
});
