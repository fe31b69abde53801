import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import {
  ConcurrentUpdateError,
  type EngineEvent,
  LocalWorkspace,
  StackAlreadyExistsError,
  StackNotFoundError,
} from "@pulumi/pulumi/automation/index.js";
import { FakeProvider, Thing } from "./fake.ts";
import { Lab, operations, resources } from "./lab.ts";

const one = async () => void new Thing("a", { value: "1" });

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!holds()) {
    assert.ok(Date.now() < deadline, `waited 20 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe("stacks", () => {
  let lab: Lab;
  beforeEach(() => {
    lab = new Lab();
  });
  afterEach(() => lab.close());

  const options = () => ({
    pulumiCommand: lab.pulumi,
    workDir: lab.workDirectory(),
    envVars: { PULUMI_BACKEND_URL: lab.backend },
    projectSettings: { name: "lab", runtime: "nodejs" as const },
  });

  it("are created, listed, selected and removed", async () => {
    const args = { stackName: "one", projectName: "lab", program: one };
    await assert.rejects(LocalWorkspace.selectStack(args, options()), StackNotFoundError);
    const stack = await LocalWorkspace.createStack(args, options());
    await assert.rejects(LocalWorkspace.createStack(args, options()), StackAlreadyExistsError);
    await LocalWorkspace.createStack({ ...args, stackName: "two" }, options());
    const listed = await stack.workspace.listStacks();
    assert.deepEqual(
      listed.map(({ name, current }) => ({ name, current })),
      [
        { name: "one", current: false },
        { name: "two", current: true },
      ],
    );
    await stack.up();
    await assert.rejects(stack.workspace.removeStack("one"), /still has resources; removal rejected/);
    await stack.destroy();
    await stack.workspace.removeStack("one");
    assert.deepEqual(
      (await stack.workspace.listStacks()).map(({ name }) => name),
      ["two"],
    );
  });

  it("keep their history, newest first", async () => {
    const stack = await lab.stack(one);
    await stack.up({ message: "first" });
    await stack.refresh({ message: "second" });
    await stack.destroy({ message: "third" });
    const history = await stack.history();
    assert.deepEqual(
      history.map(({ kind, message, result, version }) => ({ kind, message, result, version })),
      [
        { kind: "destroy", message: "third", result: "succeeded", version: 3 },
        { kind: "refresh", message: "second", result: "succeeded", version: 2 },
        { kind: "update", message: "first", result: "succeeded", version: 1 },
      ],
    );
    assert.deepEqual(history[2]?.resourceChanges, { create: 2 });
    assert.equal((await stack.history(1, 2))[0]?.message, "second");
  });

  it("are exported and imported", async () => {
    const stack = await lab.stack(one);
    await stack.up();
    const exported = await stack.exportStack();
    assert.equal(exported.version, 3);
    await stack.importStack({ version: 3, deployment: { ...exported.deployment, resources: [] } });
    assert.deepEqual(await resources(stack), {});
    await stack.importStack(exported);
    assert.deepEqual(operationsOf(await events(stack)), ["same lab-dev", "same a"]);
    await assert.rejects(stack.importStack({ version: 2, deployment: {} }), /is not a version 3 deployment/);
  });

  it("keep what the engine notes of a provider among its inputs, as the official engine does, and not its outputs", async () => {
    const version = "1.2.3";
    const stack = (account: string) =>
      lab.stack(async () => {
        new Thing("a", { value: "1" }, { provider: new FakeProvider("mine", { account }, { version }) });
      });
    for (const account of ["1", "2"]) {
      const made = await stack(account);
      await made.up();
      const { mine } = await resources(made);
      assert.deepEqual(mine?.["inputs"], { __internal: {}, account, version });
      assert.deepEqual(mine?.["outputs"], { account, version });
    }
  });

  it("say where in the program each resource is made, from the project's directory, as the official engine does", async () => {
    const stack = await lab.stack(async () => {
      new Thing("a", { value: "1" });
    });
    await stack.up();
    const { a } = await resources(stack);
    // The SDK takes the URL of a module for a path in the working directory; the official engine keeps that as it is.
    const from = relative(lab.workDirectory(), process.cwd());
    const position = String(a?.["sourcePosition"]);
    assert.ok(position.startsWith(`project:///${from}/`), position);
    assert.match(position, /\/test\/sandbox\/engine\/state\.test\.ts#\d+,\d+$/);
    const trace = a?.["stackTrace"] as { sourcePosition: string }[];
    assert.equal(trace[0]?.sourcePosition, a?.["sourcePosition"]);
    assert.ok(trace.some(({ sourcePosition }) => sourcePosition.includes("/state.test.ts#")));
  });

  it("are not imported while an update is at work", async () => {
    const held = Promise.withResolvers<void>();
    const stack = await lab.stack(one);
    const exported = await stack.exportStack();
    lab.cloud.hold = held.promise;
    const first = stack.up();
    const lock = join(lab.directory, ".pulumi/locks/organization/lab/dev/lock.json");
    await until("the lock", () => existsSync(lock));
    await assert.rejects(stack.importStack(exported), /created by \S+@\S+ \(pid \d+\) at 20/);
    held.resolve();
    await first;
    await stack.importStack(await stack.exportStack());
  });

  async function events(stack: Awaited<ReturnType<Lab["stack"]>>): Promise<EngineEvent[]> {
    const seen: EngineEvent[] = [];
    await stack.up({ onEvent: (event) => seen.push(event) });
    return seen;
  }
  const operationsOf = operations;

  it("admit one update at a time, and a preview beside it", async () => {
    const held = Promise.withResolvers<void>();
    lab.cloud.hold = held.promise;
    const stack = await lab.stack(one);
    const first = stack.up();
    const lock = join(lab.directory, ".pulumi/locks/organization/lab/dev/lock.json");
    await until("the lock", () => existsSync(lock));
    const second = await lab.stack(one);
    await assert.rejects(second.up(), ConcurrentUpdateError);
    await second.preview();
    held.resolve();
    await first;
    assert.equal(existsSync(lock), false);
    await second.up();
  });

  it("take a dead holder's lock over, but not a live one's", async () => {
    const stack = await lab.stack(one);
    const lock = join(lab.directory, ".pulumi/locks/organization/lab/dev/lock.json");
    mkdirSync(dirname(lock), { recursive: true });
    const sleeper = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)"]);
    try {
      const stat = readFileSync(`/proc/${sleeper.pid}/stat`, "utf8");
      const processStart = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
      const { hostname } = await import("node:os");
      const place = `${readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()} ${readlinkSync("/proc/self/ns/pid")}`;
      const holder = {
        pid: sleeper.pid,
        processStart,
        place,
        hostname: hostname(),
        username: "u",
        timestamp: "t",
        token: "x",
      };
      writeFileSync(lock, JSON.stringify(holder));
      await assert.rejects(stack.up(), /the stack is currently locked by 1 lock\(s\)/);
      // Of a holder that ran elsewhere nobody here can say that it is dead.
      for (const other of [{ hostname: "other" }, { place: "another boot pid:[1]" }, { place: undefined }]) {
        writeFileSync(lock, JSON.stringify({ ...holder, processStart: "1", ...other }));
        await assert.rejects(stack.up(), /the stack is currently locked by 1 lock\(s\)/);
      }
      writeFileSync(lock, JSON.stringify({ ...holder, processStart: "1" }));
      await stack.up();
      writeFileSync(lock, JSON.stringify(holder));
    } finally {
      await stop(sleeper);
    }
    await stack.up();
  });

  it("are whole after a killed update, and the next update completes it", async () => {
    const script = join(import.meta.dirname, "killed-update.ts");
    const child = spawn(process.execPath, [script, lab.directory], { stdio: ["ignore", "pipe", "inherit"] });
    const path = join(lab.directory, ".pulumi/stacks/lab/dev.json");
    await until(
      "the second creation",
      () => existsSync(path) && readFileSync(path, "utf8").includes("pending_operations"),
    );
    await until(
      "a",
      () => /"type":"creating"/.test(readFileSync(path, "utf8")) && readFileSync(path, "utf8").includes('"id":"a-1"'),
    );
    await stop(child);
    const stack = await lab.stack(async () => {
      const a = new Thing("a", { value: "1" });
      new Thing("b", { value: a.arn });
    });
    const seen: EngineEvent[] = [];
    const result = await stack.up({ onEvent: (event) => seen.push(event) });
    assert.match(result.stdout, /the last operation on this stack was interrupted/);
    assert.deepEqual(operations(seen), ["same lab-dev", "same a", "create b"]);
    assert.equal((await stack.exportStack()).deployment.pending_operations, undefined);
  });

  it("look up what an interrupted update may have changed", async () => {
    const stack = await lab.stack(one);
    await stack.up();
    const exported = await stack.exportStack();
    const [resource] = exported.deployment.resources.filter(({ id }: { id?: string }) => id === "a-1");
    const pending_operations = [{ resource, type: "updating" }];
    await stack.importStack({ version: 3, deployment: { ...exported.deployment, pending_operations } });
    // The interrupted update had reached the cloud.
    lab.cloud.set(({ things }) => Object.assign(things["a-1"] ?? {}, { value: "2" }));
    const seen: EngineEvent[] = [];
    await stack.up({ onEvent: (event) => seen.push(event) });
    assert.deepEqual(operations(seen), ["refresh a", "same lab-dev", "update a"]);
    assert.equal(lab.cloud.now.things["a-1"]?.["value"], "1");
  });

  it("are compared with the cloud before an update, by providers that end with it", async () => {
    const stack = await lab.stack(one);
    await stack.up();
    lab.cloud.set(({ things }) => Object.assign(things["a-1"] ?? {}, { value: "2" }));
    await stack.preview({ refresh: true });
    const { stdout } = await stack.up({ refresh: true });
    assert.equal(lab.cloud.now.things["a-1"]?.["value"], "1");
    assert.match(stdout, /Thing a refreshed \(.*\n.*Thing a updating\n.*Thing a updated \(/);
    assert.equal(lab.serving, 0);
  });

  it("show what a refresh found, which a preview leaves as it was", async () => {
    const program = async () => {
      new Thing("a", { value: "1", says: "details" });
      new Thing("b", { value: "1" });
      new Thing("c", { value: "1" });
    };
    const stack = await lab.stack(program);
    await stack.up();
    lab.cloud.set(({ things }) => {
      Object.assign(things["a-1"] ?? {}, { value: "2" });
      delete things["b-1"];
    });
    const before = await stack.exportStack();
    const preview = await stack.previewRefresh();
    assert.match(preview.stdout, /~ {2}fake:index:Thing a update \[diff: ~value\]/);
    assert.match(preview.stdout, /- {2}fake:index:Thing b delete/);
    assert.doesNotMatch(preview.stdout, /Thing c (update|delete)/);
    assert.deepEqual((await stack.exportStack()).deployment.resources, before.deployment.resources);
    const { stdout } = await stack.refresh();
    assert.match(stdout, /Thing a updated \(.*\) \[diff: ~value\]/);
    assert.match(stdout, /Thing b deleted \(/);
    assert.match(stdout, /Thing c refreshed \(/);
  });

  it("stop when told to: what runs ends, nothing new begins", async () => {
    const held = Promise.withResolvers<void>();
    lab.cloud.hold = held.promise;
    const stop = new AbortController();
    const stack = await lab.stack(async () => {
      const a = new Thing("a");
      new Thing("b", { value: a.arn });
    });
    const path = join(lab.directory, ".pulumi/stacks/lab/dev.json");
    const running = stack.up({ signal: stop.signal });
    const rejected = assert.rejects(running, /update canceled/);
    await until("the creation", () => {
      const { pending_operations = [] } = JSON.parse(readFileSync(path, "utf8")).checkpoint.latest;
      return pending_operations.some(({ resource }: { resource: { urn: string } }) => resource.urn.endsWith("::a"));
    });
    stop.abort();
    held.resolve();
    await rejected;
    assert.deepEqual(lab.cloud.now.calls, ["create a"]);
    assert.equal((await resources(stack))["a"]?.["id"], "a-1");
    lab.cloud.hold = undefined;
    await stack.up();
    assert.deepEqual(lab.cloud.now.calls, ["create a", "create b"]);
  });
});

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGKILL");
  await ended;
}
