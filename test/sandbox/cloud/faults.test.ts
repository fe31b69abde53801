import assert from "node:assert/strict";
import { createFaults, parseFaults } from "../../../sandbox/cloud/faults.ts";

describe("faults", () => {
  it("hit the nth matching call only", () => {
    const faults = createFaults();
    faults.add(parseFaults([{ service: "ecs", operation: "*", nth: [2, 3], effect: "throttle" }]));
    const hits = ["a", "b", "c", "d"].map((operation) => faults.on("ecs", operation).length);
    assert.deepEqual(hits, [0, 1, 1, 0]);
    assert.equal(faults.on("rds", "a").length, 0);
  });

  it("hit with their probability", () => {
    const draws = [0.1, 0.6];
    const faults = createFaults(() => draws.shift() ?? 1);
    faults.add(parseFaults([{ service: "*", operation: "X", probability: 0.5, effect: { delay: 3 } }]));
    assert.deepEqual(faults.on("s", "X")[0]?.effect, { delay: 3 });
    assert.equal(faults.on("s", "X").length, 0);
  });

  it("hit calls by their body, and tell which once they have taken effect", () => {
    const faults = createFaults();
    faults.add(parseFaults([{ service: "ecs", operation: "UpdateService", body: 'service":"web-', effect: "hang" }]));
    assert.equal(faults.wantsBody("ecs", "UpdateService"), true);
    assert.equal(faults.wantsBody("ecs", "ListClusters"), false);
    assert.equal(faults.on("ecs", "UpdateService", '{"service":"api-blue"}').length, 0);
    const body = '{"service":"web-blue"}';
    const [strike] = faults.on("ecs", "UpdateService", body);
    assert.deepEqual(faults.list()[0]?.hits, []);
    strike?.struck();
    assert.deepEqual(faults.list()[0]?.hits, [{ service: "ecs", operation: "UpdateService", body }]);
  });

  it("are all gone once cleared", () => {
    const faults = createFaults();
    faults.add(parseFaults([{ service: "*", operation: "*", effect: "hang" }]));
    faults.clear();
    assert.deepEqual(faults.on("s", "o"), []);
  });

  it("are refused when their form is wrong, naming the field", () => {
    assert.throws(() => parseFaults([{ service: "*", operation: "*", effect: "explode" }]), /effect/);
    assert.throws(() => parseFaults([{ service: "*", operation: "*", effect: "hang", probability: 2 }]), /probability/);
    assert.throws(() => parseFaults([{ service: "*", operation: "*", effect: "hang", when: 1 }]), /when/);
    assert.throws(() => parseFaults([{ service: "*", operation: "*", effect: "hang", body: "(" }]), /body/);
  });
});
