import assert from "node:assert/strict";
import fc from "fast-check";
import { urlOf } from "../../automation/deploy/act/proof.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { isRequestPath } from "../../programs/request-path.ts";

const paths = [
  "/",
  "/api",
  "/api/notes",
  "/a.b/c-d_e~f",
  "/a/",
  "/x?y=1&z=a/b?c",
  "/x?next=//host",
  "/%C3%A9",
  "/a:b@c",
  "/.well-known/x",
  "/...",
];

/** Each leads a client elsewhere, or is read one way here and another way there. */
const others = [
  ...[
    "",
    "api",
    "?x",
    "//host/x",
    "///host",
    "/\\host",
    "/\\\\host",
    "\\\\host",
    "\\/host",
    "/a//b",
    "/..//host",
    "/../x",
    "/./x",
    "/a/..",
    "/a/.",
  ],
  ...[
    "/%2e",
    "/%2E%2e/x",
    "/.%2e/x",
    "/%2e./x",
    "/%2f%2fhost",
    "/%5chost",
    "/a%00",
    "/%0d%0aHost:x",
    "/%",
    "/%2",
    "/%zz",
  ],
  ...[
    "http://host/x",
    "https:host",
    "HTTP://host",
    "javascript:x",
    "/\t/host",
    "/\n/host",
    "\t//host",
    " //host",
    "/ x",
    "/x ",
    "/x\n",
    "/x\0",
    "/x#y",
  ],
  ...["/é", "／／host", "/\u2028", "/\ufeff", "@host", "/x?a b", "/x?a#b", "/x?a\\b", "/x?a\nb"],
];

describe("a request's path", () => {
  for (const path of paths) it(`${path} is one`, () => assert.equal(isRequestPath(path), true));
  for (const path of others) it(`${JSON.stringify(path)} is none`, () => assert.equal(isRequestPath(path), false));

  it("is asked for at the environment's own origin, as it was written, whatever the path", () => {
    const pieces = [
      "/",
      "\\",
      "//",
      ".",
      "..",
      "%2e",
      "%2F",
      "%5c",
      "?",
      "#",
      "@",
      ":",
      "host",
      "http:",
      "\t",
      "\n",
      "\r",
      " ",
      "\0",
      "é",
      "a",
    ];
    const path = fc.oneof(
      fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((parts) => parts.join("")),
      fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((parts) => `/${parts.join("")}`),
      fc.string({ unit: "binary" }),
      fc.webUrl(),
      fc.webPath(),
    );
    const base = fc.constantFrom("https://app.example.com", "http://app.example.com:8080/");
    let asked = 0;
    fc.assert(
      fc.property(base, path, (url, text) => {
        try {
          const built = new URL(urlOf({ url }, text));
          asked += 1;
          return built.origin === new URL(url).origin && built.href === `${new URL(url).origin}${text}`;
        } catch (error) {
          return error instanceof SwitchyardError && error.code === "invalid-config";
        }
      }),
      { numRuns: 5000 },
    );
    assert.ok(asked > 100, `only ${asked} were paths`);
  });
});
