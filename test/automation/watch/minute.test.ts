import assert from "node:assert/strict";
import { topTable } from "../../../automation/commands/top.ts";
import { lastMinute } from "../../../automation/watch/minute.ts";

const points = (entries: Readonly<Record<string, Readonly<Record<number, number>>>>) =>
  new Map(
    Object.entries(entries).map(([key, at]) => [
      key,
      new Map(Object.entries(at).map(([time, value]) => [Number(time), value])),
    ]),
  );

describe("the last minute of every colour", () => {
  it("is the newest in which any had a request, with milliseconds", () => {
    const minute = lastMinute(
      points({
        "web/blue/requests": { 60000: 10, 120000: 7 },
        "web/blue/errors": { 120000: 2 },
        "web/blue/p50": { 60000: 9, 120000: 0.0204 },
        "web/blue/p99": { 120000: 1.5 },
        "web/green/requests": { 60000: 4, 180000: 0 },
        "api/blue/requests": {},
      }),
    );
    assert.deepEqual(minute, { at: 120_000, of: { "web/blue": { requests: 7, errors: 2, p50Ms: 20, p99Ms: 1500 } } });
  });

  it("is none where nothing was asked", () => {
    assert.deepEqual(lastMinute(points({ "web/blue/requests": { 60000: 0 } })), { of: {} });
    assert.deepEqual(lastMinute(new Map()), { of: {} });
  });

  it("is shown beside weights, health and versions", () => {
    const side = (healthy: number) => ({ healthy, desired: 2 });
    const observed = {
      services: { web: { weights: { blue: 90, green: 10 }, blue: side(2), green: side(1) } },
      release: { services: { web: { live: "blue", blue: { version: "v1" }, green: { version: "v2" } } } },
    } as unknown as Parameters<typeof topTable>[0];
    const minute = { at: 0, of: { "web/blue": { requests: 90, errors: 1, p50Ms: 5, p99Ms: 40 } } };
    assert.deepEqual(
      topTable(observed, minute)
        .split("\n")
        .map((line) => line.split(/ {2,}/)),
      [
        ["minute from 1970-01-01T00:00:00.000Z"],
        ["SERVICE", "COLOUR", "VERSION", "WEIGHT", "HEALTHY", "REQUESTS/MIN", "5XX", "P50", "P99"],
        ["web", "blue (live)", "v1", "90%", "2/2", "90", "1", "5 ms", "40 ms"],
        ["web", "green", "v2", "10%", "1/2", "0", "0", "-", "-"],
      ],
    );
    assert.match(topTable(observed, { of: {} }), /^no request in the last minutes\n/);
  });
});
