import assert from "node:assert/strict";
import fc from "fast-check";
import { certificatesOf, strictTransportSecurity } from "../../programs/domain.ts";

const own = { name: "app.example.com", zoneId: "Z0123456", shared: [] };
const bases = (config: { names: string[]; redirects: string[] }) =>
  certificatesOf({ ...own, ...config }).map(({ names }) => names.join(" "));

describe("names of an environment", () => {
  it("have a certificate each; a host and the wildcard below it share one", () => {
    assert.deepEqual(bases({ names: [], redirects: [] }), ["app.example.com"]);
    assert.deepEqual(bases({ names: ["shop.example.com"], redirects: ["www.example.com"] }), [
      "app.example.com",
      "shop.example.com",
      "www.example.com",
    ]);
    assert.deepEqual(bases({ names: ["*.example.com"], redirects: ["example.com"] }), [
      "app.example.com",
      "example.com *.example.com",
    ]);
    assert.deepEqual(bases({ names: ["*.example.com"], redirects: [] }), ["app.example.com", "*.example.com"]);
    assert.deepEqual(bases({ names: ["*.app.example.com"], redirects: [] }), ["app.example.com *.app.example.com"]);
  });

  it("are proven for another environment as well where they are shared", () => {
    const shared = ["www.example.com", "*.www.example.com", "*.eu.example.com"];
    const certificates = certificatesOf({ ...own, names: ["shop.example.com"], redirects: [], shared });
    assert.deepEqual(
      certificates.map(({ names, shared }) => [names.join(" "), shared]),
      [
        ["app.example.com", false],
        ["shop.example.com", false],
        ["www.example.com *.www.example.com", true],
        ["*.eu.example.com", true],
      ],
    );
  });

  it("are each in one certificate, and each certificate is proven by one record of its own", () => {
    const host = fc.constantFrom("app", "www", "shop", "a.b").map((label) => `${label}.example.com`);
    const name = fc.oneof(
      host,
      host.map((one) => `*.${one}`),
      fc.constantFrom("example.com", "*.example.com"),
    );
    fc.assert(
      fc.property(fc.uniqueArray(name), (all) => {
        const names = all.filter((one) => one !== own.name);
        const certificates = certificatesOf({ ...own, names, redirects: [] });
        assert.equal(certificates[0].names[0], own.name);
        assert.deepEqual(certificates.flatMap((one) => one.names).sort(), [own.name, ...names].sort());
        const records = certificates.map(({ base }) => base);
        assert.deepEqual([...new Set(records)], records);
        for (const { base, names: covered } of certificates)
          assert.ok(covered.every((one) => one === base || one === `*.${base}`));
      }),
    );
  });

  it("say to browsers what the configuration says, and take it back by an age of none", () => {
    const hsts = { maxAgeSeconds: 300, includeSubdomains: false, preload: false };
    assert.equal(strictTransportSecurity(hsts), "max-age=300");
    assert.equal(strictTransportSecurity({ ...hsts, maxAgeSeconds: 0 }), "max-age=0");
    assert.equal(
      strictTransportSecurity({ maxAgeSeconds: 31_536_000, includeSubdomains: true, preload: true }),
      "max-age=31536000; includeSubDomains; preload",
    );
  });
});
