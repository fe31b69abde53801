import assert from "node:assert/strict";
import { chromiumHere } from "./browser.ts";

const of =
  (...there: readonly string[]) =>
  (path: string) =>
    there.includes(path);

describe("the browser of the console's suites", () => {
  it("is Debian's where there are several, and none where there is none", () => {
    assert.equal(chromiumHere("", of("/usr/bin/google-chrome", "/usr/bin/chromium")), "/usr/bin/chromium");
    assert.equal(chromiumHere("", of("/usr/bin/google-chrome")), "/usr/bin/google-chrome");
    assert.equal(chromiumHere("", of()), undefined);
  });

  it("is the one that is named, and no other where that is not there", () => {
    assert.equal(chromiumHere("/opt/chromium", of("/opt/chromium", "/usr/bin/chromium")), "/opt/chromium");
    assert.throws(() => chromiumHere("/opt/chromium", of("/usr/bin/chromium")), /there is no \/opt\/chromium/);
  });
});
