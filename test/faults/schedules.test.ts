import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";

const runs = Number(process.env["RUNS"] ?? 10_000);
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);

/** Schedules are independent of each other: one process for each core, each with seeds of its own. */
const processes = Math.min(runs, Math.max(1, Math.min(8, availableParallelism())));
const script = `
  const { checkSchedules } = await import(${JSON.stringify(import.meta.resolve("../support/world/check.ts"))});
  const [seed, runs] = process.argv.slice(1).map(Number);
  await checkSchedules(seed, runs).catch((error) => { console.error(String(error.message), String(error.cause?.message ?? "")); process.exit(1); });
`;

describe("drivers in a simulated world, at length", () => {
  it(`${runs} schedules of faults break no rule (SEED=${seed} RUNS=${runs})`, async function () {
    this.timeout(30 * 60_000);
    const share = Math.ceil(runs / processes);
    await Promise.all(Array.from({ length: processes }, (_, i) => part(seed + i, share)));
  });
});

async function part(partSeed: number, share: number): Promise<void> {
  const args = ["--input-type=module", "-e", script, String(partSeed), String(share)];
  try {
    await promisify(execFile)(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new Error(`SEED=${partSeed} RUNS=${share} broke a rule:\n${stderr ?? String(error)}`);
  }
}
