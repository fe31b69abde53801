import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { Ports } from "../../../../sandbox/cloud/alb/ports.ts";

const blockOf = (port: number) => Math.floor(port / 200);

describe("ports of the machine", () => {
  const open: (Ports | Server)[] = [];
  afterEach(() => {
    for (const each of open.splice(0)) each.close();
  });
  const ports = () => {
    const made = new Ports(false);
    open.push(made);
    return made;
  };

  it("are of blocks no other cloud takes ports of, before anything listens on them", async () => {
    const clouds = [ports(), ports(), ports()];
    const taken = await Promise.all(clouds.map((cloud) => Promise.all(Array.from({ length: 20 }, () => cloud.take()))));
    const used = taken.map((each) => new Set(each.map(blockOf)));
    const all = used.flatMap((each) => [...each]);
    assert.equal(new Set(all).size, 3, "each cloud has a block");
    assert.equal(new Set(taken.flat()).size, 60);
  });

  it("are of one block more when a block is used up", async () => {
    const cloud = ports();
    const taken: number[] = [];
    for (let i = 0; i < 250; i++) taken.push(await cloud.take());
    assert.equal(new Set(taken).size, 250);
    assert.equal(new Set(taken.map(blockOf)).size, 2);
  });

  it("are not those another program listens on", async () => {
    const cloud = ports();
    const next = (await cloud.take()) + 1;
    const server = createServer();
    open.push(server);
    await once(server.listen(next, "127.0.0.1"), "listening");
    assert.equal(await cloud.take(), next + 1);
  });

  it("are taken again as late as possible once they are released", async () => {
    const cloud = ports();
    const first = await cloud.take();
    cloud.release(first);
    const next = await Promise.all(Array.from({ length: 100 }, () => cloud.take()));
    assert.ok(!next.includes(first));
  });

  it("are left to others at the end", async () => {
    const cloud = ports();
    const block = blockOf(await cloud.take());
    cloud.close();
    const claim = createServer();
    open.push(claim);
    await once(claim.listen(block * 200, "127.0.0.1"), "listening");
    assert.notEqual(blockOf(await cloud.take()), block);
  });
});
