import assert from "node:assert/strict";
import type { Fault, FaultHit } from "@switchyard/sandbox";

/** Replaces the faults of the cloud this process's AWS clients point at. */
export async function setFaults(...faults: readonly Fault[]): Promise<void> {
  await ask("DELETE");
  await ask("POST", faults);
}

/** The calls each of the active faults has hit, in the order the faults were given. */
export async function faultHits(bodies: "bodies" | "" = ""): Promise<readonly (readonly FaultHit[])[]> {
  const answer = await ask("GET", undefined, bodies);
  return ((await answer.json()) as { hits: FaultHit[] }[]).map(({ hits }) => hits);
}

async function ask(method: string, body?: unknown, query = ""): Promise<Response> {
  const url = `${process.env["AWS_ENDPOINT_URL"]}/_switchyard/faults?${query}`;
  const answer = await fetch(url, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
  assert.ok(answer.ok, `${method} ${url}: ${answer.status}`);
  return answer;
}
