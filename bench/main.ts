/**
 * `npm run bench`: measures Switchyard on this machine's sandbox, prints tables and writes `bench/results.json`. What each
 * number means is in README.md. `npm run bench -- shift policies` runs some of the benches; `BENCH_SERVICES` is the
 * number of services of `shift`, 40 when absent, `BENCH_DELAY` its delay of answers in milliseconds, 100 when absent.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { audit } from "./audit.ts";
import { balancers } from "./balancers.ts";
import { commands } from "./commands.ts";
import { console_ } from "./console.ts";
import { executions } from "./executions.ts";
import { type BenchResult, callLines, machine, table } from "./measure.ts";
import { organization } from "./organization.ts";
import { policies } from "./policy-rows.ts";
import { releases } from "./releases.ts";
import { BenchSandbox } from "./sandbox.ts";
import { shift } from "./shift.ts";
import { stage } from "./stage.ts";
import { sweep } from "./sweep.ts";

const services = Number(process.env["BENCH_SERVICES"] ?? 40);

/** In the order they run: what starts many processes comes last. */
const benches: Readonly<Record<string, (sandbox: BenchSandbox) => Promise<BenchResult>>> = {
  policies,
  console: console_,
  audit,
  commands,
  organization,
  stage,
  sweep,
  executions,
  releases,
  balancers,
  shift: () => shift(services),
};

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => benches[name] === undefined);
if (unknown.length > 0) {
  process.stderr.write(`There is no bench ${unknown.join(", ")}; there are ${Object.keys(benches).join(", ")}\n`);
  process.exit(2);
}

const before = machine();
const started = performance.now();
process.stderr.write("Preparing a sandbox with two versions …\n");
const sandbox = await BenchSandbox.start();
const results: BenchResult[] = [];
try {
  await sandbox.prepare();
  for (const [name, bench] of Object.entries(benches)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    process.stderr.write(`Measuring ${name} …\n`);
    const result = await bench(sandbox);
    results.push(result);
    process.stdout.write(`\n${[table(result), ...callLines(result)].join("\n")}\n`);
  }
} finally {
  await sandbox.stop();
}
const document = {
  at: new Date().toISOString(),
  seconds: Math.round((performance.now() - started) / 1000),
  machine: { before, after: machine() },
  results,
};
const file = join(import.meta.dirname, "results.json");
await writeFile(file, `${JSON.stringify(document, null, 2)}\n`);
process.stdout.write(
  `\nLoad average ${before["loadAverage"]} before, ${machine()["loadAverage"]} after. Written to ${file}\n`,
);
process.exit(0);
