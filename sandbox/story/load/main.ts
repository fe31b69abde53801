import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { LoadClient } from "./client.ts";
import { generateLoad } from "./generator.ts";

/**
 * The load as a process of its own, so that it competes with the load balancer for nothing but the machine. It ends on
 * SIGTERM, at its bounds, or when the process that started it is gone, and writes its result to `--out`.
 */
const { values } = parseArgs({
  options: {
    url: { type: "string" },
    out: { type: "string" },
    rate: { type: "string", default: "60" },
    "max-requests": { type: "string", default: "100000" },
    "max-seconds": { type: "string", default: "600" },
  },
});
if (values.url === undefined || values.out === undefined) {
  throw new Error("usage: load/main.ts --url <url> --out <file> [--rate <n>] [--max-requests <n>] [--max-seconds <n>]");
}

const stop = new AbortController();
for (const event of ["SIGTERM", "SIGINT", "disconnect"] as const) process.once(event, () => stop.abort());

const result = await generateLoad({
  client: new LoadClient(values.url),
  rate: Number(values.rate),
  maxRequests: Number(values["max-requests"]),
  maxSeconds: Number(values["max-seconds"]),
  signal: stop.signal,
  onSecond: (progress) => process.connected && process.send?.(progress),
});
await writeFile(values.out, JSON.stringify(result));
if (process.connected) process.disconnect();
