import assert from "node:assert/strict";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { unpackOnce } from "../../policies/unpack-once.ts";

describe("unpacking properties once", () => {
  it("answers what unpacking answers, and the same object again", () => {
    let times = 0;
    class Counted extends struct.Struct {
      override toJavaScript() {
        times += 1;
        return super.toJavaScript();
      }
    }
    unpackOnce(Counted);
    const properties = { name: "database", ports: [5432], tags: { team: "data", none: null }, on: true };
    const [one, other] = [new Counted(), new Counted()];
    for (const [key, value] of Object.entries(properties))
      one.getFieldsMap().set(key, struct.Value.fromJavaScript(value));
    assert.deepEqual(one.toJavaScript(), properties);
    assert.equal(one.toJavaScript(), one.toJavaScript());
    assert.deepEqual(other.toJavaScript(), {});
    assert.equal(times, 2);
  });
});
