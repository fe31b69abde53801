import assert from "node:assert/strict";
import { recordItem } from "../../automation/ledger/audit.ts";
import { canonical, headOf } from "../../automation/ledger/chain.ts";
import { readRelease } from "../../automation/ledger/release.ts";
import { liveVersion } from "../support/release/converged.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

/** Through the command line, on an environment that other suites have deployed to. */
describe("the audit of an environment", function () {
  this.timeout(240_000);
  this.retries(0);
  const sandbox = useReleases();
  const run = (...args: readonly string[]) =>
    sandbox()
      .drive(...args)
      .ended();
  const audit = async (...args: readonly string[]) => {
    const lines = (
      await sandbox()
        .drive("audit", "list", stack, "--lines", ...args)
        .succeeds()
    )
      .trim()
      .split("\n");
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  const proven = () => sandbox().drive("audit", "verify", stack).succeeds();

  it("has a record of each thing done, by how it ended", async () => {
    const begun = (await audit()).length;
    const other = liveVersion(await readRelease(sandbox().table)) === "v2" ? "v1" : "v2";
    const commands: readonly (readonly [what: string, args: readonly string[], code: number])[] = [
      ["deploy succeeded", ["deploy", stack, "--tag", other, "--strategy", "all-at-once"], 0],
      ["rollback succeeded", ["rollback", stack], 0],
      ["apply succeeded", ["up", stack], 0],
      ["run failed", ["run", stack, "--service", "api", "--", "node", "-e", "process.exit(3)"], 3],
      ["migrate unchanged", ["migrate", stack], 0],
    ];
    for (const [, args, code] of commands) {
      const ended = await run(...args);
      assert.equal(ended.code, code, ended.output);
    }
    const records = (await audit()).slice(begun);
    assert.deepEqual(
      records.map(({ kind, outcome }) => `${kind} ${outcome}`),
      commands.map(([what]) => what),
    );
    for (const { commit, actor, from, at } of records) assert.ok(commit && actor && from && at);
    assert.doesNotMatch(JSON.stringify(records), /process\.exit/);
    await proven();
  });

  it("names who approved a deploy, before what came of it", async () => {
    const begun = (await audit()).length;
    const other = liveVersion(await readRelease(sandbox().table)) === "v2" ? "v1" : "v2";
    const deploy = sandbox().drive("deploy", stack, "--tag", other, "--strategy", "all-at-once", "--approve");
    await deploy.shows("waiting: a person's approval");
    await sandbox().drive("promote", stack, "--approver", "Ann O'Neil").succeeds();
    await deploy.succeeds();
    const [approval, deployed, ...more] = (await audit()).slice(begun);
    assert.deepEqual(more, []);
    assert.deepEqual([approval?.["kind"], approval?.["actor"]], ["approval", "Ann O'Neil"]);
    assert.deepEqual([deployed?.["kind"], deployed?.["approver"]], ["deploy", "Ann O'Neil"]);
    assert.equal(approval?.["operation"], deployed?.["operation"]);
  });

  it("is asked by kind, outcome, actor, commit and time", async () => {
    const [last] = (await audit()).slice(-1);
    for (const [flag, key] of [
      ["kind", "kind"],
      ["outcome", "outcome"],
      ["actor", "actor"],
      ["commit", "commit"],
    ] as const) {
      const found = await audit(`--${flag}`, String(last?.[key]));
      assert.ok(found.length > 0 && found.every((record) => record[key] === last?.[key]), flag);
    }
    assert.deepEqual(await audit("--until", "1d"), []);
    assert.match((await run("audit", "list", stack, "--since", "1h", "--limit", "1")).output, /WHEN .*\n\S+ +deploy/);
    assert.match((await run("audit", "list", "unasked-for")).output, /unasked-for: the ledger knows nothing of it/);
  });

  it("tells of a record that was changed, dropped or forged, with exit code 22, until it is put back", async () => {
    const { table } = sandbox();
    const [record] = (await audit()).slice(-2);
    const seq = Number(record?.["seq"]);
    const item = recordItem(seq);
    const kept = await table.get(item);
    const put = (text: string | undefined) => table.write([{ kind: "put", item, value: { record: text } }]);
    for (const text of [canonical({ ...record, actor: "nobody" }), "{}", undefined]) {
      await put(text);
      const { code, output } = await run("audit", "verify", stack);
      assert.equal(code, 22, output);
      assert.match(output, new RegExp(`record (${seq}|${seq + 1}):`));
    }
    await put(String(kept?.["record"]));
    await proven();
  });

  it("tells also of a chain that was written anew from end to end, by a head that was kept under Object Lock", async () => {
    const { table } = sandbox();
    assert.match(await proven(), /No head is kept elsewhere/);
    const seal = (...args: readonly string[]) => run("audit", "seal", "--only", stack, ...args);
    const before = await seal();
    assert.notEqual(before.code, 0);
    assert.match(before.output, /`switchyard audit seal --make`/);
    assert.match((await seal("--make", "--days", "1")).output, /: 1 new of 2 heads kept/);
    assert.match((await seal("--make")).output, /: 0 new of 2 heads kept/);
    assert.match(await proven(), /1 head that was kept elsewhere is as the ledger has it/);
    const [last] = (await audit()).slice(-1);
    const items = [recordItem(Number(last?.["seq"])), "audit"];
    const kept = await Promise.all(items.map((item) => table.get(item)));
    const text = canonical({ ...last, actor: "nobody" });
    await table.write([
      { kind: "put", item: items[0] ?? "", value: { record: text } },
      { kind: "put", item: "audit", value: { ...headOf({ seq: Number(last?.["seq"]), text }) } },
    ]);
    const { code, output } = await run("audit", "verify", stack);
    assert.equal(code, 22, output);
    assert.match(output, /it is not the one that the head kept in switchyard-audit-\d{12}-us-east-1 at \S+ tells of/);
    await table.write(kept.map((one) => ({ kind: "put", item: one?.item ?? "", value: { ...one } })));
    await proven();
  });
});
