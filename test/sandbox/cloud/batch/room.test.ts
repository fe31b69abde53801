import assert from "node:assert/strict";
import fc from "fast-check";
import { Room } from "../../../../sandbox/cloud/batch/room.ts";

const never = new AbortController().signal;

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Asks for room for jobs by their names, all at once, and notes who came in; `leave` lets one out again. */
async function ask(room: Room, ...jobs: readonly (readonly [name: string, vcpus: number, priority?: number])[]) {
  const inside = new Map<string, () => void>();
  for (const [name, vcpus, priority = 1] of jobs)
    void room.enter({ vcpus, priority, queue: `queue-${priority}` }, never).then((leave) => {
      if (leave) inside.set(name, leave);
    });
  await settled();
  return {
    inside: () => [...inside.keys()],
    leave: async (name: string) => {
      inside.get(name)?.();
      inside.delete(name);
      await settled();
    },
  };
}

describe("the room of a compute environment", () => {
  it("lets in as many as fit, in the order they came", async () => {
    const { inside, leave } = await ask(new Room(2), ["a", 1], ["b", 1], ["c", 1], ["d", 1]);
    assert.deepEqual(inside(), ["a", "b"]);
    await leave("a");
    assert.deepEqual(inside(), ["b", "c"]);
  });

  it("lets a queue of a higher number go first", async () => {
    const { inside, leave } = await ask(new Room(1), ["first", 1, 1], ["preview", 1, 1], ["production", 1, 10]);
    await leave("first");
    assert.deepEqual(inside(), ["production"]);
  });

  it("lets nobody pass one of the same queue that does not fit, and others do", async () => {
    const { inside, leave } = await ask(new Room(4), ["a", 3, 10], ["large", 4, 10], ["small", 1, 10], ["other", 1, 1]);
    assert.deepEqual(inside(), ["a", "other"]);
    await leave("a");
    assert.deepEqual(inside(), ["other"], "the large one needs all");
    await leave("other");
    assert.deepEqual(inside(), ["large"]);
  });

  it("forgets who gives up, and lets in whom that one held up", async () => {
    const room = new Room(2);
    const [large, asked] = [new AbortController(), await ask(room, ["a", 1])];
    const given = room.enter({ vcpus: 2, queue: "queue-1", priority: 1 }, large.signal);
    const { inside } = await ask(room, ["b", 1]);
    assert.deepEqual(inside(), []);
    large.abort();
    assert.equal(await given, undefined);
    await settled();
    assert.deepEqual([...asked.inside(), ...inside()], ["a", "b"]);
    assert.equal(await room.enter({ vcpus: 1, queue: "queue-1", priority: 1 }, large.signal), undefined);
  });

  it("never has more inside than fit, and in the end everyone was", async () => {
    const jobs = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 })), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(jobs, async (wanted) => {
        const vcpus = new Map(wanted.map(([count], i) => [`${i}`, count]));
        const asked = wanted.map(([count, priority], i) => [`${i}`, count, priority] as const);
        const { inside, leave } = await ask(new Room(4), ...asked);
        const seen = new Set<string>();
        for (let now = inside(); now.length > 0; now = inside()) {
          assert.ok(now.reduce((sum, name) => sum + (vcpus.get(name) ?? 0), 0) <= 4);
          for (const name of now) seen.add(name);
          await leave(now[0] ?? "");
        }
        assert.equal(seen.size, wanted.length);
      }),
    );
  });
});
