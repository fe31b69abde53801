import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import * as grpc from "@grpc/grpc-js";
import type plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import service from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";

/** As the official CLI starts a plugin: the executable with the engine's address; it prints its port. */
const start = (pkg: string, env: Record<string, string>) =>
  spawn(`sandbox/provider/plugins/${pkg}/pulumi-resource-${pkg}`, ["--logtostderr", "127.0.0.1:1"], {
    env: { PATH: process.env["PATH"], ...env },
  });

describe("a stand-in as a plugin process", function () {
  this.timeout(30_000);
  for (const pkg of ["aws", "awsx", "docker"]) {
    it(`${pkg} prints its port and answers with the real plugin's version`, async () => {
      const child = start(pkg, { AWS_ENDPOINT_URL: "http://127.0.0.1:1" });
      try {
        const [port] = (await once(createInterface(child.stdout), "line")) as [string];
        assert.match(port, /^\d+$/);
        const client = new service.ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
        const info = await new Promise<plugin.PluginInfo>((resolve, reject) => {
          client.getPluginInfo(new empty.Empty(), (error, answer) => (error ? reject(error) : resolve(answer)));
        });
        assert.match(info.getVersion(), /^\d+\.\d+\.\d+$/);
        client.close();
      } finally {
        child.kill();
        await once(child, "exit");
      }
    });
  }

  it("does not start without an endpoint on this machine, and says why in one line", async () => {
    const child = start("aws", { AWS_ENDPOINT_URL: "https://sts.amazonaws.com" });
    let text = "";
    child.stderr.on("data", (part: Buffer) => {
      text += part.toString();
    });
    const [code] = (await once(child, "close")) as [number];
    assert.equal(code, 1);
    assert.match(text, /^AWS_ENDPOINT_URL: "https:\/\/sts.amazonaws.com" is not on this machine.*\n$/);
  });
});
