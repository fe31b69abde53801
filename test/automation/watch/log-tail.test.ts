import assert from "node:assert/strict";
import type { FilteredLogEvent } from "@aws-sdk/client-cloudwatch-logs";
import fc from "fast-check";
import { inOrder, LogCursor, logText } from "../../../automation/watch/log-tail.ts";

const event = (eventId: string, timestamp: number, message = eventId): FilteredLogEvent => ({
  eventId,
  timestamp,
  message,
  logStreamName: "ecs/api/0123456789abcdef",
});

describe("following a log", () => {
  it("hands every event on once, and those that arrive late, oldest first", () => {
    const cursor = new LogCursor("api", 1_000);
    const texts = (events: FilteredLogEvent[]) => cursor.take(events).map(({ text }) => text);
    assert.deepEqual(texts([event("b", 3_000), event("a", 2_000), event("before", 999)]), ["a", "b"]);
    assert.deepEqual(texts([event("a", 2_000), event("late", 2_500), event("b", 3_000)]), ["late"]);
    assert.deepEqual(texts([]), []);
  });

  it("asks from ten seconds before the newest on, and never from before the beginning", () => {
    const cursor = new LogCursor("api", 5_000);
    cursor.take([event("a", 6_000)]);
    assert.equal(cursor.from, 5_000);
    cursor.take([event("b", 60_000)]);
    assert.equal(cursor.from, 50_000);
  });

  it("loses and repeats none, however answers overlap, where none is later than that", () => {
    const written = fc.array(fc.integer({ min: 0, max: 9_000 }), { maxLength: 30 });
    fc.assert(
      fc.property(written, fc.integer({ min: 1, max: 10 }), (times, looks) => {
        const all = times.map((at, i) => event(`e${i}`, at));
        const cursor = new LogCursor("api", 0);
        const seen: string[] = [];
        for (let look = 1; look <= looks; look++) {
          const there = all.slice(0, Math.ceil((all.length * look) / looks));
          const answer = there.filter(({ timestamp = 0 }) => timestamp >= cursor.from);
          seen.push(...cursor.take(answer).map(({ text }) => text));
        }
        assert.deepEqual([...seen].sort(), all.map(({ message = "" }) => message).sort());
      }),
    );
  });

  it("mixes services by time, and shows a line that would move the cursor as harmless", () => {
    const line = (service: string, at: number, text = "x") => ({ service, at, task: "89abcdef", text });
    assert.deepEqual(
      inOrder([line("web", 3), line("api", 1), line("web", 2)]).map(({ at }) => at),
      [1, 2, 3],
    );
    assert.equal(
      logText(line("api", 0, "a\u001b[2Jb\tc\r"), 5),
      "1970-01-01T00:00:00.000Z  api   89abcdef  a·[2Jb\tc·",
    );
  });
});
