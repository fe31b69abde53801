import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { startedInTurn } from "../../../automation/runner/at-once.ts";

/** What is started ends when it is told to. */
function stage(most: number) {
  const detach = new AbortController();
  const started: string[] = [];
  const ends = new Map<string, { readonly well: (value: string) => void; readonly badly: (error: Error) => void }>();
  let largest = 0;
  const run = (things: readonly string[], refused: readonly string[] = []) =>
    startedInTurn(things, {
      most,
      detach: detach.signal,
      start: async (thing) => {
        await turn();
        started.push(thing);
        if (refused.includes(thing)) throw new Error(`${thing} was not started`);
        return `execution of ${thing}`;
      },
      follow: (execution, thing) => {
        const followed = new Promise<string>((well, badly) => ends.set(thing, { well, badly }));
        largest = Math.max(largest, ends.size);
        return followed.finally(() => ends.delete(thing)).then((how) => `${execution} ${how}`);
      },
    });
  const settle = async () => {
    for (let i = 0; i < 20; i++) await turn();
  };
  return { run, started, ends, detach, settle, largest: () => largest };
}

const values = (results: readonly PromiseSettledResult<string>[]) =>
  results.map((result) => (result.status === "fulfilled" ? result.value : String(result.reason)));

describe("executions that are started in turn and followed together", () => {
  it("are answered in their order, whichever ends first", async () => {
    const { run, ends, settle, started } = stage(8);
    const all = run(["a", "b", "c"]);
    await settle();
    assert.deepEqual(started, ["a", "b", "c"]);
    for (const name of ["c", "a", "b"]) ends.get(name)?.well("ended");
    assert.deepEqual(
      values(await all),
      ["a", "b", "c"].map((name) => `execution of ${name} ended`),
    );
  });

  it("are so many at once at most: the next is started when one has ended", async () => {
    const { run, ends, settle, started } = stage(2);
    const all = run(["a", "b", "c", "d"]);
    await settle();
    assert.deepEqual(started, ["a", "b"]);
    ends.get("b")?.well("ended");
    await settle();
    assert.deepEqual(started, ["a", "b", "c"]);
    ends.get("a")?.badly(new Error("lost"));
    ends.get("c")?.well("ended");
    await settle();
    ends.get("d")?.well("ended");
    assert.deepEqual(values(await all), [
      "Error: lost",
      "execution of b ended",
      "execution of c ended",
      "execution of d ended",
    ]);
  });

  it("are followed to their end where another could not be started", async () => {
    const { run, ends, settle } = stage(8);
    const all = run(["a", "b", "c"], ["b"]);
    await settle();
    for (const name of ["a", "c"]) ends.get(name)?.well("ended");
    assert.deepEqual(values(await all), ["execution of a ended", "Error: b was not started", "execution of c ended"]);
  });

  it("are not begun any more once nobody waits for them", async () => {
    const { run, ends, settle, started, detach } = stage(1);
    const all = run(["a", "b"]);
    await settle();
    detach.abort();
    ends.get("a")?.well("left");
    assert.deepEqual(values(await all), ["execution of a left"]);
    assert.deepEqual(started, ["a"]);
  });

  it("are none of none", async () => assert.deepEqual(await stage(8).run([]), []));

  it("whatever their number, the bound and the order of their ends", () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(fc.nat(), { maxLength: 9 }), async (most, picks) => {
        const { run, ends, settle, started, largest } = stage(most);
        const names = picks.map((_, i) => String(i));
        const all = run(names);
        for (const pick of picks) {
          await settle();
          const open = [...ends.keys()];
          ends.get(open[pick % open.length] ?? "")?.well("ended");
        }
        const expected = names.map((name) => `execution of ${name} ended`);
        assert.deepEqual([started, values(await all)], [names, expected]);
        assert.ok(largest() <= most);
      }),
      { numRuns: 50 },
    ));
});
