import assert from "node:assert/strict";
import fc from "fast-check";
import { duration, longest, moment } from "../../automation/durations.ts";
import { SwitchyardError } from "../../programs/errors.ts";

const now = Date.parse("2026-11-28T12:00:00Z");

describe("durations", () => {
  it("are told apart from others by what they may be", () => {
    const says = (text: string, most: number, what: RegExp) =>
      assert.throws(() => duration("--for", text, most), { code: "invalid-flag", message: what });
    says("2w", longest.kept, /"2w" is not a duration\. Give a number and a unit: 30s, 5m, 1h, 7d$/);
    says("200d", longest.replaced, /"200d" is too long\. Give at most 90d$/);
    says("25h", longest.watched, /"25h" is too long\. Give at most 24h$/);
    assert.equal(duration("--for", "90d", longest.replaced), longest.replaced);
  });
});

describe("moments", () => {
  it("are dates, times with a zone, or how long ago", () => {
    const table = {
      "2026-11-03": "2026-11-03T00:00:00Z",
      "2026-11-03T14:00Z": "2026-11-03T14:00:00Z",
      "2026-11-03T14:00:01.5+02:00": "2026-11-03T12:00:01.500Z",
      "7d": "2026-11-21T12:00:00Z",
      "90m": "2026-11-28T10:30:00Z",
    };
    for (const [text, at] of Object.entries(table)) assert.equal(moment("--since", text, now), Date.parse(at), text);
  });

  it("are nothing else", () => {
    const texts = ["", "now", "yesterday", "2026", "2026-13-01", "2026-02-30", "2026-11-03T14:00", "2026-11-03 14:00Z"];
    for (const text of [...texts, "11/03/2026", "2026-11-03T25:00Z", "-1", "1764000000", "99999d", "7", "7 d"])
      assert.throws(
        () => moment("--since", text, now),
        (e) => e instanceof SwitchyardError && e.code === "invalid-flag" && e.where === "--since",
        text,
      );
  });

  it("are refused or in the past or a date, whatever the text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."0123456789-:TZ+.dmhs") })), (text) => {
        try {
          assert.ok(Number.isFinite(moment("--since", text, now)));
        } catch (error) {
          assert.ok(error instanceof SwitchyardError, `${text}: ${String(error)}`);
        }
      }),
    );
  });
});
