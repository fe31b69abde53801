import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandLine, containerEnvironment } from "../../../../sandbox/cloud/ecs/container.ts";
import { jsonMember, parseSecretReference } from "../../../../sandbox/cloud/ecs/secrets.ts";
import { cpuUnits, fargateSizeError, memoryMiB } from "../../../../sandbox/cloud/ecs/sizes.ts";
import { page } from "../../../../sandbox/cloud/ecs/store.ts";

describe("containers as processes", () => {
  let rootfs = "";
  before(() => {
    rootfs = mkdtempSync(join(tmpdir(), "switchyard-rootfs-"));
    mkdirSync(join(rootfs, "app"));
    writeFileSync(join(rootfs, "app/main.mjs"), "");
  });
  after(() => rmSync(rootfs, { recursive: true }));
  const image = (config: object) => ({ digest: "sha256:1", rootfs, config });
  const docker = { Entrypoint: ["node", "/app/main.mjs"], Cmd: ["--quiet"], WorkingDir: "/app" };

  it("joins entry point and command; node is this Node, absolute paths are the image's", () => {
    assert.deepEqual(commandLine(image(docker), {}), {
      command: process.execPath,
      args: [join(rootfs, "app/main.mjs"), "--quiet"],
      cwd: join(rootfs, "app"),
    });
  });
  it("lets the task definition and then an override replace the command", () => {
    assert.deepEqual(commandLine(image(docker), { command: ["--loud"] }).args.at(-1), "--loud");
    assert.deepEqual(commandLine(image(docker), { command: ["--loud"] }, { command: ["once"] }).args.at(-1), "once");
  });
  it("drops the image's command when the entry point is replaced", () => {
    assert.deepEqual(commandLine(image(docker), { entryPoint: ["sh", "-c"], command: ["true"] }), {
      command: "sh",
      args: ["-c", "true"],
      cwd: join(rootfs, "app"),
    });
    assert.throws(() => commandLine(image({}), {}), /no command specified/);
  });
  it("leaves paths the image has not alone", () => {
    assert.deepEqual(commandLine(image({ Entrypoint: ["/bin/sh", "/nowhere"] }), {}).args, ["/nowhere"]);
  });

  it("lets the task win over the image, secrets over both, and the sandbox over all", () => {
    const environment = containerEnvironment({
      image: ["A=image", "B=image", "URL=http://x?a=b"],
      definition: [
        { name: "B", value: "task" },
        { name: "C", value: "task" },
        { name: "PORT", value: "8080" },
      ],
      override: [{ name: "C", value: "override" }],
      secrets: { D: "secret" },
      sandbox: { PORT: "41000" },
    });
    assert.deepEqual(environment, {
      A: "image",
      B: "task",
      URL: "http://x?a=b",
      C: "override",
      D: "secret",
      PORT: "41000",
    });
  });
});

describe("secrets of containers", () => {
  const arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:database-AbCdEf";
  const cases: [string, ReturnType<typeof parseSecretReference>][] = [
    [arn, { secret: arn }],
    [`${arn}:password::`, { secret: arn, jsonKey: "password" }],
    [`${arn}:password:AWSPREVIOUS:`, { secret: arn, jsonKey: "password", stage: "AWSPREVIOUS" }],
    [`${arn}:::v1`, { secret: arn, version: "v1" }],
  ];
  for (const [reference, expected] of cases) {
    it(`reads ${reference.slice(arn.length) || "a plain ARN"}`, () =>
      assert.deepEqual(parseSecretReference(reference), expected));
  }
  it("takes members of JSON secrets, and names the one that is missing", () => {
    assert.equal(jsonMember('{"a":"x","n":5}', "a", "s"), "x");
    assert.equal(jsonMember('{"a":"x","n":5}', "n", "s"), "5");
    assert.throws(() => jsonMember('{"a":"x"}', "b", "s"), /did not contain json key b/);
    assert.throws(() => jsonMember("plain", "b", "s"), /not JSON/);
  });
});

describe("Fargate sizes", () => {
  const cases: [string | undefined, string | undefined, RegExp | undefined][] = [
    ["256", "512", undefined],
    ["256", "2048", undefined],
    ["256", "3072", /No Fargate configuration exists .* 512, 1024, 2048 MiB/],
    [".5 vCPU", "1 GB", undefined],
    ["1024", "512", /No Fargate configuration/],
    ["4096", "30720", undefined],
    ["16384", "122880", undefined],
    ["300", "512", /Invalid 'cpu' setting/],
    ["256", undefined, /'cpu' and 'memory' be defined/],
  ];
  for (const [cpu, memory, expected] of cases) {
    it(`${cpu} with ${memory}: ${expected === undefined ? "runs" : "refused"}`, () => {
      const error = fargateSizeError(cpu, memory);
      if (expected === undefined) assert.equal(error, undefined);
      else assert.match(error ?? "", expected);
    });
  }
  it("reads both ways of writing sizes", () => {
    assert.equal(cpuUnits("2 vCPU"), 2048);
    assert.equal(memoryMiB("0.5GB"), 512);
  });
});

describe("pages of a list", () => {
  it("follow each other to the end", () => {
    const first = page([1, 2, 3], 2, undefined);
    assert.deepEqual(first, { items: [1, 2], nextToken: "2" });
    assert.deepEqual(page([1, 2, 3], 2, first.nextToken), { items: [3] });
    assert.throws(() => page([1], 1, "nonsense"), /Invalid token/);
  });
});
