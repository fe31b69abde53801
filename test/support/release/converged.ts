import assert from "node:assert/strict";
import { loadStory } from "@switchyard/sandbox";
import { nothingMore } from "../../../automation/deploy/conduct/session.ts";
import { allOn, otherColour } from "../../../automation/deploy/decide/situation.ts";
import { observe } from "../../../automation/deploy/observe/observe.ts";
import { operationsInFlight } from "../../../automation/ledger/journal.ts";
import { readLease } from "../../../automation/ledger/lease.ts";
import type { ReleaseDocument } from "../../../programs/release.ts";
import type { ReleaseSandbox } from "./sandbox.ts";

const { versionsServing } = await loadStory();

/** The version that all services' live colours hold, as the ledger says. */
export function liveVersion({ services }: ReleaseDocument): string {
  const versions = Object.values(services).map((s) => (s.live ? s[s.live]?.version : undefined));
  assert.equal(new Set(versions).size, 1, `services are of several versions: ${versions.join()}`);
  return versions[0] ?? "none";
}

/** @throws AssertionError naming what is not as it is when this version was released without any trouble. */
export async function assertServes(sandbox: ReleaseSandbox, version: string): Promise<void> {
  const { aws, table, shape, url } = sandbox;
  assert.deepEqual(await versionsServing(url), [version]);
  const { release, services } = await observe({ aws, table, shape }, undefined, { ...nothingMore, scaling: true });
  assert.equal(liveVersion(release), version);
  assert.equal(release.migrate?.next, undefined);
  for (const [name, { live, next }] of Object.entries(release.services)) {
    const observed = services[name];
    assert.ok(live && observed, name);
    assert.equal(next, undefined, `${name} is still staged`);
    assert.deepEqual(observed.weights, allOn(live), name);
    assert.equal(observed[live].scaling?.suspended, false, `${name}'s live colour does not scale`);
    assert.equal(observed[otherColour(live)].scaling?.suspended, true, `${name}'s idle colour scales`);
  }
  assert.deepEqual(await operationsInFlight(table), []);
  assert.equal((await readLease(table))?.released, true, "the lease is held");
}
