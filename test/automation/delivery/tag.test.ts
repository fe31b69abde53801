import assert from "node:assert/strict";
import * as fc from "fast-check";
import { gitTag, releaseOf } from "../../../automation/delivery/tag.ts";
import { SwitchyardError } from "../../../programs/errors.ts";

const services = ["web", "api"];

describe("a git tag", () => {
  it("is the one that is given, or the one the workflow runs for", () => {
    assert.equal(gitTag("v1", undefined), "v1");
    assert.equal(gitTag("v2", "refs/tags/v1"), "v2");
    assert.equal(gitTag(undefined, "refs/tags/api/v1.2.3"), "api/v1.2.3");
    for (const ref of [undefined, "", "refs/heads/main", "refs/tags/", "v1"])
      assert.throws(() => gitTag(undefined, ref), /nothing says which tag/);
  });

  for (const [name, version, service] of [
    ["v1.4.0", "v1.4.0", undefined],
    ["v1.4.0-rc.1", "v1.4.0-rc.1", undefined],
    [`v${"1".repeat(127)}`, `v${"1".repeat(127)}`, undefined],
    ["api/v1.2.3", "api-v1.2.3", "api"],
    ["web/2026.11.28", "web-2026.11.28", "web"],
  ] as const)
    it(`${name.slice(0, 20)} releases ${service ?? "everything"}`, () => {
      assert.deepEqual(releaseOf(name, services), { version, ...(service && { service }) });
    });

  for (const [name, said] of [
    ["v1.2.0+build.7", /such as v1\.2\.0-build\.7/],
    ["v1@x", /such as v1-x/],
    [`v${"1".repeat(200)}`, /is not an image tag/],
    ["v1/hotfix", /Tag the commit as hotfix, or as <service>\/<version> with one of web, api/],
    ["docs/v1", /one of web, api/],
    ["api/v1/x", /names no service and version/],
    ["api/", /is not an image tag/],
    ["/v1", /names no service/],
    ["", /is not an image tag/],
    ["__proto__/v1", /names no service/],
    ["api/v1 --disrupt database", /is not an image tag/],
    [`api/v${"1".repeat(126)}`, /is not an image tag/],
    ["v1\nv2", /is not an image tag/],
  ] as const)
    it(`${JSON.stringify(name).slice(0, 30)} is refused`, () => {
      assert.throws(() => releaseOf(name, services), said);
    });

  it("releases a version that registries take, or is refused; nothing else comes of any text", () => {
    const part = fc.oneof(fc.constantFrom(...services, "v1.2.3", "-x", ".", ".."), fc.string({ maxLength: 140 }));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
        try {
          const { version, service } = releaseOf(parts.join("/"), services);
          assert.match(version, /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/);
          assert.ok(service === undefined || services.includes(service));
        } catch (error) {
          assert.ok(error instanceof SwitchyardError && error.code === "invalid-flag", String(error));
        }
      }),
    );
  });
});
