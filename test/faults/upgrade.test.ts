import assert from "node:assert/strict";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Route53 } from "@aws-sdk/client-route-53";
import { fetchInCloud } from "@switchyard/sandbox";
import type { EnvironmentView } from "../../automation/console/views/environment.ts";
import { readShape } from "../../automation/deploy/act/stage.ts";
import { ledgerTableName } from "../../automation/deploy/conduct/session.ts";
import { stackTable } from "../../automation/ledger/table.ts";
import { setWrites } from "../../automation/upgrade/database.ts";
import { forward, type Step, back as wayBack } from "../../automation/upgrade/decide.ts";
import { readUpgrade } from "../../automation/upgrade/record.ts";
import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { ConsolePage } from "../support/console-page.ts";
import { disruptFlags } from "../support/release/disrupting.ts";
import type { Driver } from "../support/release/driver.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

// Named as a preview is, so that it has a configuration without a file.
const beside = "pr-5";

const host = "www.example.com";
const note = {
  method: "POST",
  headers: { "content-type": "application/json", connection: "close" },
  body: '{"text":"a note"}',
};
const idOf = (row: object) => ("id" in row ? row.id : undefined);

/** Through the command line, under load of users who find the name both environments have in Route 53, anew for each request. */
describe("an environment upgraded by one beside it", function () {
  this.timeout(600_000);
  this.retries(0);
  const sandbox = useReleases();
  const run = (...args: readonly string[]) => sandbox().drive(...args);
  const succeeds = (...args: readonly string[]) => run(...args).succeeds();
  const upgrades = () => run("upgrade", stack, "--to", "v2", "--beside", beside);
  const overrides = (name: string) => join(sandbox().dir, "work", `overrides.${name}.jsonl`);
  const configure = (name: string, values: object) => appendFile(overrides(name), `${JSON.stringify(values)}\n`);
  const fromSnapshot = (name: string) => configure(beside, { "switchyard:database": { fromSnapshot: name } });
  async function killedAt(step: Step, begin: () => Driver = upgrades): Promise<void> {
    // After the last step of a way nothing goes on: it must not be over before its driver is.
    if (lastSteps.has(step))
      await sandbox().fault({ service: "dynamodb", operation: "TransactWriteItems", effect: { delay: 1_000 } });
    const killed = begin();
    await killed.shows(`${step}: `);
    await killed.kill();
    await sandbox().fault();
    killedIn.add(step);
  }
  const goesBack = () => run("upgrade", stack, "--back");
  /** On the console's page, which is open all the while. */
  async function shows(step: Step | undefined, leadsTo: string): Promise<EnvironmentView> {
    return page.until(({ upgrade, names = [] }) => {
      const now = upgrade?.steps.find(({ state }) => state === "now")?.step;
      return now === step && names.some(({ leads }) => leads.some((one) => one.stack === leadsTo && one.share === 100));
    });
  }
  const urlBeside = async () =>
    (await readShape(stackTable(sandbox().aws, ledgerTableName, beside)))?.url ?? assert.fail("it has no address");
  const lastSteps: ReadonlySet<Step> = new Set(["states", "thaw", "settle"]);
  const killedIn = new Set<Step>();
  let [given, zoneId] = ["", ""];
  let ask: typeof fetch = fetch;
  let shown: Driver;
  let page: ConsolePage;

  async function records(type: string) {
    const { ResourceRecordSets = [] } = await new Route53({}).listResourceRecordSets({ HostedZoneId: zoneId });
    return ResourceRecordSets.filter(({ Type }) => Type === type);
  }
  async function weights(): Promise<Readonly<Record<string, number | undefined>>> {
    const ofHost = (await records("A")).filter(({ Name }) => Name === `${host}.`);
    return Object.fromEntries(ofHost.map(({ SetIdentifier = "", Weight }) => [SetIdentifier, Weight]));
  }

  before("both may have one name", async () => {
    given = await readFile(overrides(stack), "utf8").catch(() => "");
    ask = fetchInCloud(process.env["AWS_ENDPOINT_URL"] ?? "");
    const { HostedZone } = await new Route53({}).createHostedZone({ Name: "example.com", CallerReference: "upgrade" });
    zoneId = HostedZone?.Id?.split("/").at(-1) ?? "";
    await succeeds("deploy", stack, "--tag", "v1", "--strategy", "all-at-once");
    for (const name of [stack, beside])
      await configure(name, { "switchyard:domain": { name: `${name}.example.com`, zoneId, shared: [host] } });
    // The page itself asks api at the environment's own name, and tasks of the sandbox find no names.
    await configure(beside, { "switchyard:services": { web: { checks: [{ path: "/healthz" }] } } });
    await succeeds("up", stack, ...(await disruptFlags(sandbox())));
    shown = run("console", "--only", stack);
    await shown.shows("The link opens once");
    page = await ConsolePage.open(/http:\S+/.exec(shown.output)?.[0] ?? "");
  });

  after("leave the sandbox to others as it was", async () => {
    page.close();
    shown.signal("SIGINT");
    await shown.ended();
    const { aws, table, url } = sandbox();
    await setWrites({ aws, table, permit: () => AbortSignal.timeout(60_000) }, "allowed");
    await succeeds("unfreeze", stack);
    await writeFile(overrides(stack), given);
    await succeeds("up", stack, ...(await disruptFlags(sandbox())));
    await sandbox().readOutputs();
    assert.equal(sandbox().url, url);
    // The proof of a name that was shared is nobody's any more.
    const Changes = (await records("CNAME")).map((ResourceRecordSet) => ({
      Action: "DELETE" as const,
      ResourceRecordSet,
    }));
    await new Route53({}).changeResourceRecordSets({ HostedZoneId: zoneId, ChangeBatch: { Changes } });
    await new Route53({}).deleteHostedZone({ Id: zoneId });
  });

  it("loses no read, answers writes with 503 meanwhile, loses no row; goes on when killed in any step, and back until it was written to", async () => {
    const refused = await upgrades().ended();
    assert.equal(refused.code, errorCatalogue["upgrade-refused"].exitCode, refused.output);
    assert.match(refused.output, /pr-5 would begin with an empty database/);
    await fromSnapshot("before-upgrade");
    const load = new Load(`https://${host}`, ask);
    for (const step of ["freeze", "hold", "refuse", "count", "snapshot"] as const) await killedAt(step);
    assert.match(await succeeds("upgrade", stack, "--back"), /gone back from pr-5/);
    await load.takesWrites();

    await fromSnapshot("before-upgrade-again");
    const goesOn = upgrades();
    await goesOn.shows("Deploying v2");
    const { upgrade } = await shows("restore", stack);
    assert.ok(goesOn.running, goesOn.output);
    assert.match(String(upgrade?.stands), /upgrade to v2 in pr-5 is under way/);
    const told = upgrade?.steps.map(({ step, state, at }) => [step, state, typeof at]) ?? [];
    const done = ["freeze", "hold", "refuse", "count", "snapshot"].map((step) => [step, "done", "number"]);
    assert.deepEqual(told.slice(0, 7), [...done, ["restore", "now", "undefined"], ["files", "ahead", "undefined"]]);
    await goesOn.kill();
    killedIn.add("restore");
    assert.deepEqual(await weights(), { [stack]: 255 });
    for (const step of ["files", "compare", "contract"] as const) await killedAt(step);
    assert.deepEqual(await weights(), { [stack]: 255, [beside]: 0 });
    await load.writesNoMore();
    for (const step of ["close", "names", "open", "states"] as const) await killedAt(step);
    assert.deepEqual([...killedIn], forward);
    assert.equal(await run("deploy", stack, "--tag", "v2").exitCode(), errorCatalogue.frozen.exitCode);
    assert.match(await upgrades().succeeds(), /sandbox: pr-5 has taken over; writes were refused for [\d.]+ ?s/);

    assert.deepEqual(await weights(), { [stack]: 0, [beside]: 255 });
    assert.ok(((await shows(undefined, beside)).upgrade?.keptUntil ?? 0) > Date.now());
    assert.equal((await ask(`https://${host}/api/notes`)).headers.get("x-version"), "v2");
    assert.match(await succeeds("status", stack), /upgrade: pr-5 has taken over with v2; this one is kept until 2/);
    assert.match(await succeeds("status", beside), /^www\.example\.com: (?=.*\bsandbox 0)(?=.*\bpr-5 255)/m);
    assert.match(await succeeds("plan", beside), /pr-5: (?!.*(update|create|delete|replace))/);
    assert.match(await succeeds("drift", stack), /no drift/);
    const explained = await succeeds("explain", stack, "upgrade");
    assert.match(explained, /refuse .*\n.*count .*\n.*snapshot .*\n.*restore (.*\n)+.*close .*\n.*names .*\n.*open /);
    const kept = await run("destroy", stack, "--yes").ended();
    assert.equal(kept.code, errorCatalogue["upgrade-refused"].exitCode, kept.output);
    const due = () => run("upgrade", stack, "--to", "v2", "--beside", beside, "--keep-for", "0s");
    assert.match(await due().succeeds(), /sandbox was to be kept until/);
    assert.match(await succeeds("ci", "sweep", stack), /! sandbox: .*was to be kept until .*: settle and destroy it/);
    const rows = async (from: string) => ((await (await ask(`${from}/api/notes`)).json()) as { notes: object[] }).notes;
    const [url, former] = [await urlBeside(), `https://${stack}.example.com`];
    assert.deepEqual((await rows(url)).map(idOf), (await rows(former)).map(idOf));

    for (const step of wayBack) await killedAt(step, goesBack);
    assert.match(await goesBack().succeeds(), /gone back from pr-5/);
    assert.deepEqual(await weights(), { [stack]: 255, [beside]: 0 });
    assert.equal((await shows(undefined, stack)).upgrade, undefined);
    load.writesAgain();
    await load.takesWrites();
    await load.end();
    assert.deepEqual([load.failedReads, load.otherWrites], [[], []]);
    assert.ok(load.refusedWrites > 0);

    await forwardAgain();
    assert.match(await upgrades().succeeds(), /pr-5 has taken over/);
    const written = await ask(`https://${host}/api/notes`, note);
    assert.deepEqual([written.status, written.headers.get("x-version")], [201, "v2"]);
    const back = await run("upgrade", stack, "--back").ended();
    assert.equal(back.code, errorCatalogue["upgrade-refused"].exitCode, back.output);
    assert.match(back.output, /pr-5 took its first write at .*: going back would lose it/);
    assert.equal((await ask(`https://${host}/api/notes`, note)).status, 201);
    assert.equal((await ask(`${former}/api/notes`, note)).status, 503);
    await killedAt("settle", () => run("upgrade", stack, "--settle"));
    assert.match(await succeeds("upgrade", stack, "--settle"), /no way back any more/);
    await succeeds("audit", "verify", stack);
  });

  /** As if it had been cut short once the copy was there, which saves a second one: rows that came since are not in it. */
  async function forwardAgain(): Promise<void> {
    const { table } = sandbox();
    const { done, ...upgrade } = (await readUpgrade(table)) ?? assert.fail("it was never upgraded");
    const { count, snapshot, restore, files, compare, contract } = done;
    const value = { ...upgrade, way: "forward", done: { count, snapshot, restore, files, compare, contract } };
    assert.ok(await table.write([{ kind: "put", item: "upgrade", value }]));
  }

  it("leaves the other's record, and what proves its certificate, when one of them is destroyed", async () => {
    await succeeds("destroy", beside, "--yes");
    const left = (await records("CNAME")).filter(({ Name }) => Name?.endsWith(`.${host}.`));
    assert.deepEqual([left.length, await weights()], [1, { [stack]: 0 }]);
  });
});

/** Reads and writes, one after the other, until it is ended. */
class Load {
  readonly #url: string;
  readonly #ask: typeof fetch;
  readonly failedReads: string[] = [];
  readonly otherWrites: string[] = [];
  refusedWrites = 0;
  #accepted = 0;
  #ended = false;
  #writes = true;
  #writing: Promise<void> | undefined;
  readonly #loops: Promise<unknown>;

  constructor(url: string, ask: typeof fetch) {
    this.#url = url;
    this.#ask = ask;
    this.#loops = Promise.all([this.#loop(() => this.#read()), this.#loop(() => this.#writeUnlessPaused())]);
  }

  async #loop(once: () => Promise<void>): Promise<void> {
    while (!this.#ended) {
      await once();
      await delay(30);
    }
  }

  async #read(): Promise<void> {
    for (const path of ["/healthz", "/api/notes"]) {
      const answer = await this.#ask(this.#url + path, { headers: { connection: "close" } }).catch(
        (error: Error) => error,
      );
      if (answer instanceof Error) this.failedReads.push(`${path}: ${answer.message}`);
      else {
        if (answer.status !== 200) this.failedReads.push(`${path}: ${answer.status}`);
        await answer.body?.cancel();
      }
    }
  }

  async #writeUnlessPaused(): Promise<void> {
    if (!this.#writes) return;
    this.#writing = this.#write();
    await this.#writing;
  }

  async #write(): Promise<void> {
    const answer = await this.#ask(`${this.#url}/api/notes`, note).catch((error: Error) => error);
    if (answer instanceof Error) return void this.otherWrites.push(answer.message);
    await answer.body?.cancel();
    if (answer.status === 503 && Number(answer.headers.get("retry-after")) > 0) this.refusedWrites += 1;
    else if (answer.status === 201) this.#accepted += 1;
    else this.otherWrites.push(String(answer.status));
  }

  /** Reads go on; returns when no write is on its way. */
  async writesNoMore(): Promise<void> {
    this.#writes = false;
    await this.#writing;
  }

  writesAgain(): void {
    this.#writes = true;
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
