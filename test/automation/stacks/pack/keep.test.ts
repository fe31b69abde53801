import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import rpc from "@pulumi/pulumi/proto/analyzer_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { keepPack, type PackKeeper } from "../../../../automation/stacks/pack/keep.ts";
import { policyPack, Runners } from "../../../../automation/stacks/pack/runners.ts";
import { projectRoot } from "../../../../automation/surroundings.ts";

const module = join(projectRoot, "node_modules/@pulumi/pulumi/cmd/run-policy-pack/index.js");
/** What an engine sends for a value that is not known yet. */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("the policy pack that is kept", function () {
  this.timeout(60_000);
  let runners: Runners;
  let keeper: PackKeeper;
  const engines: ChildProcess[] = [];
  beforeEach(async () => {
    runners = new Runners();
    keeper = await keepPack(runners);
  });
  afterEach(() => {
    for (const engine of engines.splice(0)) engine.kill("SIGKILL");
    runners.stop();
  });

  /** As an engine starts the policy runner. */
  function engine(operation: NodeJS.ProcessEnv = {}, pack = policyPack, cwd = policyPack): ChildProcess {
    const env = { ...process.env, ...keeper.env, PULUMI_NODEJS_DRY_RUN: "true", PULUMI_CONFIG: "{}", ...operation };
    const child = spawn(process.execPath, [module, "127.0.0.1:1", pack], { env, cwd });
    engines.push(child);
    return child;
  }
  async function portOf({ stdout }: ChildProcess): Promise<number> {
    assert.ok(stdout);
    const [line] = await once(createInterface({ input: stdout }), "line");
    return Number(line);
  }
  async function ended(child: ChildProcess): Promise<void> {
    const closed = once(child, "close");
    child.kill("SIGKILL");
    await closed;
  }

  /** What the pack at a port says of a rule that lets in a range of addresses which is not known yet. */
  async function judged(port: number): Promise<readonly string[]> {
    const client = new services.AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    const request = new rpc.AnalyzeRequest()
      .setType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
      .setName("ssh")
      .setUrn("urn:pulumi:s::p::aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule::ssh")
      .setOptions(new rpc.AnalyzerResourceOptions())
      .setProperties(
        struct.Struct.fromJavaScript({
          securityGroupId: "sg-1",
          ipProtocol: "tcp",
          fromPort: 22,
          toPort: 22,
          cidrIpv4: unknown,
        }),
      );
    const answer = await new Promise<rpc.AnalyzeResponse>((resolve, reject) =>
      client.analyze(request, (error, response) => (error ? reject(error) : resolve(response))),
    );
    client.close();
    return answer
      .getDiagnosticsList()
      .filter((found) => found.getEnforcementlevel() === rpc.EnforcementLevel.MANDATORY)
      .map((found) => found.getPolicyname());
  }

  it("serves one operation after another, and judges each as what it is", async () => {
    keeper.prepare();
    const preview = engine();
    const port = await portOf(preview);
    assert.deepEqual(await judged(port), []);
    await ended(preview);
    const update = engine({ PULUMI_NODEJS_DRY_RUN: "false" });
    assert.equal(await portOf(update), port);
    assert.ok((await judged(port)).includes("sg-no-public-ssh"));
    await ended(update);
    assert.equal(await portOf(engine()), port);
    assert.deepEqual(await judged(port), []);
  });

  it("serves engines that name the pack by its main file, and those that do by their working directory", async () => {
    const first = engine({}, join(policyPack, "index.js"));
    const port = await portOf(first);
    await ended(first);
    assert.equal(await portOf(engine({}, ".")), port);
  });

  it("serves operations at once apart from each other, and keeps one for those after", async () => {
    const both = [engine(), engine({ PULUMI_NODEJS_DRY_RUN: "false" })] as const;
    const [preview, update] = await Promise.all(both.map(portOf));
    assert.ok(preview && update && preview !== update);
    assert.deepEqual(await judged(preview), []);
    assert.notDeepEqual(await judged(update), []);
    await Promise.all(both.map(ended));
    assert.ok([preview, update].includes(await portOf(engine())));
  });

  it("ends when no operation asks for it in time", async () => {
    runners = new Runners(1);
    keeper = await keepPack(runners);
    const first = engine();
    const port = await portOf(first);
    await ended(first);
    const refused = () =>
      new Promise<boolean>((resolve) => {
        const socket = connect({ port, host: "127.0.0.1" }, () => resolve(false)).once("error", () => resolve(true));
        socket.once("connect", () => socket.destroy());
      });
    while (!(await refused()));
    assert.notEqual(await portOf(engine()), port);
  });

  it("that dies is missed by the engine, and another serves the next operation", async () => {
    const first = engine();
    const port = await portOf(first);
    const left = once(first, "close");
    runners.stop();
    await left;
    const next = await portOf(engine());
    assert.notEqual(next, port);
    assert.deepEqual(await judged(next), []);
  });

  describe("is not asked, and the engine's own runner serves the pack, where", () => {
    async function servesItself(child: ChildProcess, kept: number): Promise<void> {
      const port = await portOf(child);
      assert.notEqual(port, kept);
      runners.stop();
      assert.deepEqual(await judged(port), []);
    }
    const env = () => JSON.parse(keeper.env["SWITCHYARD_KEPT_PACK"] ?? "") as object;
    let kept: number;
    beforeEach(async () => {
      const first = engine();
      kept = await portOf(first);
      await ended(first);
    });

    it("the driver is gone", () =>
      servesItself(engine({ SWITCHYARD_KEPT_PACK: JSON.stringify({ ...env(), port: 1 }) }), kept));

    it("whoever asks does not know the token", () =>
      servesItself(engine({ SWITCHYARD_KEPT_PACK: JSON.stringify({ ...env(), token: "0".repeat(32) }) }), kept));

    it("it is another pack", async () => {
      const directory = await mkdtemp(join(projectRoot, ".pack-"));
      try {
        await writeFile(join(directory, "package.json"), JSON.stringify({ main: "index.js" }));
        await writeFile(join(directory, "index.js"), 'console.log("1234567");');
        assert.equal(await portOf(engine({}, directory, directory)), 1234567);
      } finally {
        await rm(directory, { recursive: true });
      }
    });
  });
});
