import assert from "node:assert/strict";
import type { RedirectActionConfig } from "@aws-sdk/client-elastic-load-balancing-v2";
import { redirectUrl } from "../../../../sandbox/cloud/alb/answers.ts";
import { forwardedHeaders, returnedHeaders, traceId } from "../../../../sandbox/cloud/alb/headers.ts";

describe("redirects", () => {
  const facts = { protocol: "HTTP", host: "example.com", port: 80, path: "/a/b", query: "x=1" } as const;
  const cases: [string, Omit<RedirectActionConfig, "StatusCode">, string][] = [
    ["to HTTPS", { Protocol: "HTTPS", Port: "443" }, "https://example.com/a/b?x=1"],
    ["to another port", { Port: "8443", Protocol: "HTTPS" }, "https://example.com:8443/a/b?x=1"],
    [
      "to another host and path",
      { Host: "www.#{host}", Path: "/new/#{path}", Query: "" },
      "http://www.example.com/new/a/b",
    ],
  ];
  for (const [name, config, expected] of cases) {
    it(name, () => assert.equal(redirectUrl({ ...config, StatusCode: "HTTP_301" }, facts), expected));
  }

  it("leads to the port of this machine that stands for a listener's", () => {
    const url = redirectUrl({ StatusCode: "HTTP_301", Protocol: "HTTPS", Port: "443" }, facts, (protocol, port) =>
      protocol === "HTTPS" && port === "443" ? "40123" : port,
    );
    assert.equal(url, "https://example.com:40123/a/b?x=1");
  });
});

describe("headers", () => {
  const hop = { clientIp: "192.0.2.7", protocol: "https", port: 443 } as const;
  const pairs = (flat: string[]) =>
    Object.fromEntries(flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1]]] : [])));

  it("drops what concerns one connection and adds what the target must know", () => {
    const raw = [
      "Host",
      "example.com",
      "Connection",
      "keep-alive, X-Hop",
      "X-Hop",
      "1",
      "Transfer-Encoding",
      "chunked",
      "X-Own",
      "2",
    ];
    const received = { host: "example.com", connection: "keep-alive, X-Hop", "x-hop": "1", "x-own": "2" };
    const { "X-Amzn-Trace-Id": trace, ...others } = pairs(forwardedHeaders(raw, received, hop, 0));
    assert.deepEqual(others, {
      Host: "example.com",
      "X-Own": "2",
      "X-Forwarded-For": "192.0.2.7",
      "X-Forwarded-Proto": "https",
      "X-Forwarded-Port": "443",
    });
    assert.match(trace ?? "", /^Root=1-00000000-[0-9a-f]{24}$/);
  });

  it("appends to the addresses and replaces a forged protocol", () => {
    const raw = ["X-Forwarded-For", "203.0.113.1", "x-forwarded-proto", "gopher"];
    const seen = pairs(forwardedHeaders(raw, { "x-forwarded-for": "203.0.113.1" }, hop, 0));
    assert.equal(seen["X-Forwarded-For"], "203.0.113.1, 192.0.2.7");
    assert.equal(seen["X-Forwarded-Proto"], "https");
    assert.equal(seen["x-forwarded-proto"], undefined);
  });

  it("keeps a trace's root", () => {
    assert.match(
      traceId("Root=1-5759e988-bd862e3fe1be46a994272793", 0),
      /^Self=1-00000000-[0-9a-f]{24};Root=1-5759e988-bd862e3fe1be46a994272793$/,
    );
    assert.match(traceId("Sampled=1", 0), /^Sampled=1;Root=1-/);
  });

  it("returns the target's headers without those of its connection", () => {
    const headers = returnedHeaders({
      connection: "keep-alive",
      "keep-alive": "timeout=5",
      "set-cookie": ["a=1", "b=2"],
      "x-version": "v1",
    });
    assert.deepEqual(headers, { "set-cookie": ["a=1", "b=2"], "x-version": "v1" });
  });
});
