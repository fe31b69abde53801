import assert from "node:assert/strict";
import { type Deserializer, deserializeOnce } from "../../policies/deserialize-once.ts";

describe("reading properties once", () => {
  it("answers what reading answers, the same object again, and nothing kept where secrets are told apart", () => {
    let times = 0;
    const module: Deserializer = {
      deserializeProperties: (message, proxySecrets) => {
        times += 1;
        return { message, proxySecrets };
      },
    };
    deserializeOnce(module);
    const [one, other] = [{ name: "one" }, { name: "other" }];
    const read = module.deserializeProperties(one, false);
    assert.deepEqual(read, { message: one, proxySecrets: false });
    assert.equal(module.deserializeProperties(one, false), read);
    assert.notEqual(module.deserializeProperties(other, false), read);
    assert.equal(times, 2);
    assert.notEqual(module.deserializeProperties(one, true), module.deserializeProperties(one, true));
    assert.equal(times, 4);
  });
});
