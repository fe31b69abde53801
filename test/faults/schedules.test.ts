import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

const runs = Number(process.env["RUNS"] ?? 10_000);
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);

/** Schedules are independent of each other: one thread for each core, each with seeds of its own, and none outlives this process. */
const threads = Math.min(runs, Math.max(1, Math.min(8, availableParallelism())));
const script = `
  const { parentPort, workerData: [seed, runs] } = require("node:worker_threads");
  import(${JSON.stringify(import.meta.resolve("../support/world/check.ts"))})
    .then(({ checkSchedules }) => checkSchedules(seed, runs))
    .then(() => "", (error) => [error, error.cause].map((each) => String(each?.message ?? "")).join(" "))
    .then((problem) => parentPort.postMessage(problem));
`;

describe("drivers in a simulated world, at length", () => {
  it(`${runs} schedules of faults break no rule (SEED=${seed} RUNS=${runs})`, async function () {
    this.timeout(30 * 60_000);
    const share = Math.ceil(runs / threads);
    await Promise.all(Array.from({ length: threads }, (_, i) => part(seed + i, share)));
  });
});

async function part(partSeed: number, share: number): Promise<void> {
  const worker = new Worker(script, { eval: true, workerData: [partSeed, share] });
  const [problem] = (await once(worker, "message")) as [string];
  await worker.terminate();
  if (problem !== "") throw new Error(`SEED=${partSeed} RUNS=${share} broke a rule:\n${problem}`);
}
