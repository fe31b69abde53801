import assert from "node:assert/strict";
import { liveRoutes, routeChanges, routeLine } from "../../../automation/guard/routes.ts";
import { live } from "./fixtures.ts";

describe("who answered a path until now", () => {
  const web = { service: "web", path: "/", priority: 900 };
  const api = { service: "api", path: "/api", priority: 100 };

  it("is told of paths that change hands only", () => {
    assert.deepEqual(routeChanges([web, api], [api, web]), []);
    const docs = { service: "docs", path: "/docs", priority: 50 };
    assert.deepEqual(routeChanges([web, api], [web, api, docs]), [{ service: "docs", path: "/docs", until: "web" }]);
    assert.deepEqual(routeChanges([web, api], [{ service: "backend", path: "/api" }]).map(routeLine), [
      "/api: api until now",
    ]);
    assert.deepEqual(routeChanges([api], [docs]).map(routeLine), ["/docs: nobody until now"]);
  });

  it("is by priority, or by the longest path where priorities are not known", () => {
    const early = { service: "early", path: "/", priority: 1 };
    assert.equal(routeChanges([early, api], [api])[0]?.until, "early");
    const unknown = [{ service: "web", path: "/" }, api];
    assert.deepEqual(routeChanges(unknown, [api]), []);
  });

  it("takes a path by whole segments", () => {
    assert.equal(routeChanges([api, web], [{ service: "docs", path: "/apidocs" }])[0]?.until, "web");
  });

  it("counts services that have a release", () => {
    const services = { web: { path: "/" }, docs: { path: "/docs" } };
    assert.deepEqual(
      liveRoutes(services, live).map(({ service }) => service),
      ["web"],
    );
  });
});
