import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { temporaryFolder } from "./temporary.ts";

const disk = "/dev/vda / ext4 rw,relatime 0 0";
const memory = (options: string, kind = "tmpfs") => `${disk}\n${kind} /dev/shm ${kind} ${options} 0 0\n`;
const gigabytes = (count: number) => () => count * 2 ** 30;

describe("the temporary files of suites", () => {
  it("are in memory where that has room", () =>
    assert.equal(temporaryFolder({ mounts: memory("rw,nosuid,nodev"), free: gigabytes(4) }), "/dev/shm"));

  for (const [why, mounts, free] of [
    ["where there is little room, as in a container", memory("rw,nosuid,nodev"), gigabytes(0.0625)],
    ["where no program may be run", memory("rw,nosuid,nodev,noexec"), gigabytes(8)],
    ["where nothing may be written", memory("ro"), gigabytes(8)],
    ["where another file system is mounted there last", memory("rw") + memory("rw", "ext4"), gigabytes(8)],
    ["where there is no such folder", disk, gigabytes(8)],
    ["on a system that tells of no mounts", "", gigabytes(8)],
  ] as const)
    it(`are where the system has them ${why}`, () => assert.equal(temporaryFolder({ mounts, free }), tmpdir()));

  it("are where one says", () =>
    assert.equal(temporaryFolder({ mounts: memory("rw"), free: gigabytes(8), given: "/elsewhere" }), "/elsewhere"));
});
