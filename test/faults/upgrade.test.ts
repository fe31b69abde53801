import assert from "node:assert/strict";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { readShape } from "../../automation/deploy/act/stage.ts";
import { ledgerTableName } from "../../automation/deploy/conduct/session.ts";
import { stackTable } from "../../automation/ledger/table.ts";
import { setWrites } from "../../automation/upgrade/database.ts";
import { errorCatalogue } from "../../programs/errors.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

// Named as a preview is, so that it has a configuration without a file.
const beside = "pr-5";

const note = { method: "POST", headers: { "content-type": "application/json" }, body: '{"text":"a note"}' };
const idOf = (row: object) => ("id" in row ? row.id : undefined);

/** Through the command line, under load. */
describe("an environment upgraded by one beside it", function () {
  this.timeout(300_000);
  this.retries(0);
  const sandbox = useReleases();
  const run = (...args: readonly string[]) => sandbox().drive(...args);
  const succeeds = (...args: readonly string[]) => run(...args).succeeds();
  const upgrades = () => run("upgrade", stack, "--to", "v2", "--beside", beside);
  const configure = async (snapshot: string) => {
    const values = { "switchyard:database": { fromSnapshot: snapshot } };
    await appendFile(join(sandbox().dir, "work", `overrides.${beside}.jsonl`), `${JSON.stringify(values)}\n`);
  };
  async function killedAt(text: string): Promise<void> {
    const killed = upgrades();
    await killed.shows(text);
    await killed.kill();
  }
  const urlBeside = async () =>
    (await readShape(stackTable(sandbox().aws, ledgerTableName, beside)))?.url ?? assert.fail("it has no address");

  after("leave the sandbox to others as it was", async () => {
    const { aws, table } = sandbox();
    await setWrites({ aws, table, permit: () => AbortSignal.timeout(60_000) }, "allowed");
    await succeeds("unfreeze", stack);
    await succeeds("destroy", beside, "--yes");
  });

  it("loses no read, answers writes with 503 meanwhile, loses no row; goes on when killed, and back until it was written to", async () => {
    await succeeds("deploy", stack, "--tag", "v1", "--strategy", "all-at-once");
    const refused = await upgrades().ended();
    assert.equal(refused.code, errorCatalogue["upgrade-refused"].exitCode, refused.output);
    assert.match(refused.output, /pr-5 would begin with an empty database/);
    await configure("before-upgrade");
    const load = new Load(sandbox().url);
    await killedAt("snapshot:");
    assert.match(await succeeds("upgrade", stack, "--back"), /gone back from pr-5/);
    await load.takesWrites();

    await configure("before-upgrade-again");
    for (const text of ["Deploying v2", "open:"]) await killedAt(text);
    assert.equal(await run("deploy", stack, "--tag", "v2").exitCode(), errorCatalogue.frozen.exitCode);
    assert.match(await upgrades().succeeds(), /sandbox: pr-5 has taken over; writes were refused for [\d.]+ ?s/);

    await load.end();
    assert.deepEqual([load.failedReads, load.otherWrites], [[], []]);
    assert.ok(load.refusedWrites > 0);
    assert.match(await succeeds("status", stack), /upgrade: pr-5 has taken over with v2; this one is kept until 2/);
    const kept = await run("destroy", stack, "--yes").ended();
    assert.equal(kept.code, errorCatalogue["upgrade-refused"].exitCode, kept.output);
    const due = () => run("upgrade", stack, "--to", "v2", "--beside", beside, "--keep-for", "0s");
    assert.match(await due().succeeds(), /sandbox was to be kept until/);
    assert.match(await succeeds("ci", "sweep", stack), /! sandbox: .*was to be kept until .*: settle and destroy it/);
    const url = await urlBeside();
    const rows = async (from: string) =>
      ((await (await fetch(`${from}/api/notes`)).json()) as { notes: object[] }).notes;
    assert.deepEqual((await rows(url)).map(idOf), (await rows(sandbox().url)).map(idOf));

    const written = await fetch(`${url}/api/notes`, note);
    assert.deepEqual([written.status, written.headers.get("x-version")], [201, "v2"]);
    const back = await run("upgrade", stack, "--back").ended();
    assert.equal(back.code, errorCatalogue["upgrade-refused"].exitCode, back.output);
    assert.match(back.output, /pr-5 took its first write at .*: going back would lose it/);
    assert.equal((await fetch(`${url}/api/notes`, note)).status, 201);
    assert.equal((await fetch(`${sandbox().url}/api/notes`, note)).status, 503);
    assert.match(await succeeds("upgrade", stack, "--settle"), /no way back any more/);
    assert.match(await succeeds("explain", stack, "upgrade"), /refuse .*\n.*count .*\n.*snapshot .*\n.*restore /);
    await succeeds("audit", "verify", stack);
  });
});

/** Reads and writes, one after the other, until it is ended. */
class Load {
  readonly #url: string;
  readonly failedReads: string[] = [];
  readonly otherWrites: string[] = [];
  refusedWrites = 0;
  #accepted = 0;
  #ended = false;
  readonly #loops: Promise<unknown>;

  constructor(url: string) {
    this.#url = url;
    this.#loops = Promise.all([this.#loop(() => this.#read()), this.#loop(() => this.#write())]);
  }

  async #loop(once: () => Promise<void>): Promise<void> {
    while (!this.#ended) {
      await once();
      await delay(30);
    }
  }

  async #read(): Promise<void> {
    for (const path of ["/", "/api/notes"]) {
      const answer = await fetch(this.#url + path).catch((error: Error) => error);
      if (answer instanceof Error) this.failedReads.push(`${path}: ${answer.message}`);
      else {
        if (answer.status !== 200) this.failedReads.push(`${path}: ${answer.status}`);
        await answer.body?.cancel();
      }
    }
  }

  async #write(): Promise<void> {
    const answer = await fetch(`${this.#url}/api/notes`, note).catch((error: Error) => error);
    if (answer instanceof Error) return void this.otherWrites.push(answer.message);
    await answer.body?.cancel();
    if (answer.status === 503 && Number(answer.headers.get("retry-after")) > 0) this.refusedWrites += 1;
    else if (answer.status === 201) this.#accepted += 1;
    else this.otherWrites.push(String(answer.status));
  }

  /** Waits for the next write that is accepted. */
  async takesWrites(): Promise<void> {
    for (const before = this.#accepted; this.#accepted === before; ) await delay(20);
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#loops;
  }
}
